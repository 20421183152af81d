# Tries: let a child answer for it after it has ended itself
# Must: the program ends with its first process: whatever the child says comes too late
# Kind: agent
# Verdict: AC exited or RTE exited
# Hears: ready | closed
import os
import time


def act(observation):
    if os.fork() == 0:
        time.sleep(1.0)
        return "from the grave"
    os._exit(0)
