# Tries: compute for ever
# Must: stopped near its CPU limit, long before the wall clock
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..0.9
while True:
    pass
