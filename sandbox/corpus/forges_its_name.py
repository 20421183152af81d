# Tries: be called init, the runner or a kernel thread when somebody lists processes
# Must: nobody goes by names
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..0.9
import ctypes

ctypes.CDLL(None).prctl(15, b"kworker/0:1", 0, 0, 0)
while True:
    pass
