# Tries: hide from a kill of the process group by giving every child a session of its own, then spin
# Must: CPU time is counted over all of them, and all are ended with it
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..1.1
import os
import time

for _ in range(6):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
time.sleep(60)
