# Tries: fork in every process, for ever, until nothing else on the host gets a turn
# Must: the process limit holds it; its CPU time, summed over all of them, ends it
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5 memory_mib=192
# Figures: cpu_seconds=0.5..1.1
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
