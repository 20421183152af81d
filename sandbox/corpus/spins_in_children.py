# Tries: more CPU time than allowed, in children of which each stays under the limit
# Must: it is summed up over all processes
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..1.1
import os

for _ in range(3):
    if os.fork() == 0:
        while True:
            pass
os.wait()
