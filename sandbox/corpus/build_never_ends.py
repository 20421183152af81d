# Tries: build for ever
# Must: CPU time ends a build too
# Kind: build
# Verdict: CE cpu_time
# Limits: cpu_seconds=0.5
while True:
    pass
