# Tries: a file of a terabyte that is all hole, and the same by fallocate
# Must: no file may be larger than the limit, holes included
# Verdict: AC exited
# Says: both were refused
import os

refused = 0
for way in (lambda fd: os.ftruncate(fd, 1 << 40), lambda fd: os.posix_fallocate(fd, 0, 1 << 30)):
    file = os.open("/tmp/sparse", os.O_RDWR | os.O_CREAT)
    try:
        way(file)
        print("HOLE a file of", os.fstat(file).st_size)
    except OSError:
        refused += 1
    os.close(file)
print("both were refused" if refused == 2 else f"HOLE {2 - refused} worked")
