# Tries: stop its own clocks, as it knows them, and compute on
# Must: its clocks are ours, outside
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..0.9
import resource
import signal
import time

for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)
resource.getrusage = lambda who: None
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while time.process_time() < 60:
    pass
