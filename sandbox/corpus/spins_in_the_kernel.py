# Tries: spend its time in system calls, where a clock of its own would not count it
# Must: system time is CPU time
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..0.9
import os

zero = os.open("/dev/zero", os.O_RDONLY)
while True:
    os.read(zero, 1 << 20)
