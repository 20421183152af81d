# Tries: leave a process behind that changes what was built after it was looked at
# Must: the build ends with its first process; what it leaves is killed before anything is packed, or with its container
# Kind: build
# Verdict: AC exited
# Limits: wall_seconds=5
import os
import time

if os.fork() == 0:
    os.setsid()
    for number in range(200):
        with open("agent.py", "a") as file:
            file.write("# later\n")
        time.sleep(0.05)
