# Tries: leave a process behind that goes on writing to its output
# Must: nobody waits for the output of what was left
# Verdict: AC exited
# Says: done
# Figures: wall_seconds=..1.5
import os
import time

print("done", flush=True)
if os.fork() == 0:
    os.setsid()
    while True:
        os.write(1, b"still here\n")
        time.sleep(0.05)
