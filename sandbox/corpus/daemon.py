# Tries: leave a process behind that belongs to nobody
# Must: its own end is the end; what it leaves is killed and does not change the verdict
# Verdict: AC exited
# Says: done
# Figures: wall_seconds=..1.5
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
print("done")
