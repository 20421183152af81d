# Tries: be traced by init, which keeps a dead process in sight of nobody, and be stopped
# Must: tracing is refused; the wall clock ends it, and it does not outlive its container
# Verdict: TLE wall_time
# Limits: wall_seconds=1.2
import ctypes
import os

ctypes.CDLL(None).ptrace(0, 0, 0, 0)
os.kill(os.getpid(), 19)
