# Tries: compute while it is imported, where it believes that no clock runs
# Must: start-up has a clock and is CPU time
# Kind: agent
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Hears: closed
while True:
    pass
