# Tries: memory of the host's reserve of huge pages, which no memory limit counts
# Must: there is no such reserve, or it is not to be had
# Verdict: AC exited
# Says: none to be had
import mmap
import os

for name, way in (
    ("a mapping", lambda: mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)),
    ("a file", lambda: mmap.mmap(os.memfd_create("x", 4), 2 << 20)),
):
    try:
        way()[0] = 1
        print("HOLE", name)
    except (OSError, ValueError):
        pass
print("none to be had")
