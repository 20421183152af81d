# Tries: memory as files without a name
# Must: it counts as memory
# Verdict: MLE memory or RTE exited
import os

held = []
while True:
    file = os.memfd_create("x")
    os.write(file, b"x" * 8_000_000)
    held.append(file)
