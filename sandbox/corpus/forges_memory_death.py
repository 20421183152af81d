# Tries: kill itself as the kernel would for want of memory, to have a better excuse
# Must: a signal is a signal: no memory limit was met
# Verdict: RTE signalled
# Figures: memory_mib=..48
import os

os.kill(os.getpid(), 9)
