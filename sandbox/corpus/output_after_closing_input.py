# Tries: close what it reads from, and drip a byte at a time for ever
# Must: the wall clock does not wait for it
# Verdict: TLE wall_time
# Limits: wall_seconds=1.2
# Figures: wall_seconds=1.2..1.9
import os
import time

os.close(0)
while True:
    os.write(1, b".")
    time.sleep(0.01)
