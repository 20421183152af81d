# Tries: more memory than allowed in a child, whose death the parent does not mention: it exits with 0
# Must: a child killed for memory is seen, whatever the exit code
# Verdict: MLE memory
import os

child = os.fork()
if child == 0:
    held = []
    while True:
        held.append(b"x" * 1_000_000)
os.waitpid(child, 0)
