# Tries: kill and stop everything that it can see, init and its parent first
# Must: the end is its own doing: never a fault of ours, and nothing of it is left
# Verdict: AC exited or RTE signalled or RTE exited
# Figures: wall_seconds=..2.5
import os
import signal

for pid in (1, os.getppid(), -1, *(int(p) for p in os.listdir("/proc") if p.isdigit())):
    for number in (signal.SIGTERM, signal.SIGABRT, signal.SIGKILL):
        if pid != os.getpid():
            try:
                os.kill(pid, number)
            except OSError:
                pass
