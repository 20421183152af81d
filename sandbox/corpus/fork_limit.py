# Tries: have more processes than allowed, one sleeping child after the other
# Must: fork fails with EAGAIN at the limit, and the program can tell
# Verdict: AC exited
# Says: the limit held
import errno
import os
import time

children = []
try:
    for _ in range(64):
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        children.append(child)
    print("HOLE 64 children under a limit of 16 processes")
except OSError as error:
    print("the limit held" if error.errno == errno.EAGAIN and len(children) < 16 else f"HOLE {error} at {len(children)}")
