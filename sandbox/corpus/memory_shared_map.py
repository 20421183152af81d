# Tries: memory that no process owns: one shared mapping, filled by children that end one after the other
# Must: it is charged to the run, not to a process
# Verdict: MLE memory
import mmap
import os

shared = mmap.mmap(-1, 256 << 20)
for part in range(8):
    child = os.fork()
    if child == 0:
        for page in range(part * 32 << 20, (part + 1) * 32 << 20, 4096):
            shared[page] = 1
        os._exit(0)
    os.waitpid(child, 0)
