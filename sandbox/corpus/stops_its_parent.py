# Tries: stop init and its parent, so that nobody can tell of its end, then end well
# Must: it has ended well, or the wall clock ends it; nothing hangs
# Verdict: AC exited or TLE wall_time
# Limits: wall_seconds=1.2
# Figures: wall_seconds=..2.0
import os
import signal

for pid in (1, os.getppid()):
    try:
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        pass
