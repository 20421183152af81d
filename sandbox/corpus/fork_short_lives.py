# Tries: spend CPU time in children that are gone before anybody looks
# Must: the time of the dead counts too
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..1.1
import os
import time

while True:
    child = os.fork()
    if child == 0:
        until = time.process_time() + 0.01
        while time.process_time() < until:
            pass
        os._exit(0)
    os.waitpid(child, 0)
