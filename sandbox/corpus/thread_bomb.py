# Tries: start threads until there are no more, and sleep in all of them
# Must: the process limit counts threads; the wall clock, or its own exception, ends it
# Verdict: TLE wall_time or RTE exited
# Limits: wall_seconds=1.2
import threading
import time

while True:
    threading.Thread(target=time.sleep, args=(60,)).start()
