# Tries: fill the disk with files that have no name any more, which nobody would find
# Must: they count until they are closed
# Verdict: RTE exited or MLE memory
import os

held = []
while True:
    file = os.open("/tmp/gone", os.O_RDWR | os.O_CREAT)
    os.unlink("/tmp/gone")
    os.write(file, b"x" * 1_000_000)
    held.append(file)
