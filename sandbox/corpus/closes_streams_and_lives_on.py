# Tries: look as if it had ended by closing everything it has open
# Must: the end of its output is not its end: the wall clock is
# Verdict: TLE wall_time
# Limits: wall_seconds=1.2
import os
import time

os.closerange(0, 64)
time.sleep(60)
