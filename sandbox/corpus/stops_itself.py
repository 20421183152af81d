# Tries: be stopped, so that it uses no time
# Must: the wall clock runs on
# Verdict: TLE wall_time
# Limits: wall_seconds=1.2
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
