# Tries: become another program again and again, for a new clock each time
# Must: what it used up before counts on
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..1.0
import os
import sys
import time

until = time.process_time() + 0.05
while time.process_time() < until:
    pass
os.execv(sys.executable, [sys.executable, "-S", *sys.argv])
