# Tries: do nothing, for a minute
# Must: the wall clock ends it, soon after the limit
# Verdict: TLE wall_time
# Limits: wall_seconds=1.2
# Figures: wall_seconds=1.2..1.9 cpu_seconds=..0.5
import time

time.sleep(60)
