# Tries: stop whoever watches it from inside, then compute for ever
# Must: it is watched from outside
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..0.9
import os
import signal

for pid in (1, os.getppid()):
    try:
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        pass
while True:
    pass
