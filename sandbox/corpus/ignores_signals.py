# Tries: ignore every signal that can be ignored
# Must: it is not asked
# Verdict: TLE wall_time
# Limits: wall_seconds=1.2
# Figures: wall_seconds=1.2..1.9
import signal
import time

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    time.sleep(60)
