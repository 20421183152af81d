# Tries: outrun a kill by being another process all the time: each forks and exits at once
# Must: the program has ended when its first process has; the rest is killed and takes nothing with it
# Verdict: AC exited
# Figures: wall_seconds=..2.5
import os

if os.fork() == 0:
    while True:
        try:
            if os.fork():
                os._exit(0)
        except OSError:
            pass
