# Tries: rewrite, delete and replace its input and the entry that was handed over
# Must: the hand-over can only be read
# Verdict: AC exited
# Given: 42
# Says: 42 unchanged
import os
import sys

for path in ("/podium/stdin", "/podium/entry"):
    for change in (
        lambda: os.unlink(path),
        lambda: os.rename(path, "/podium/other"),
        lambda: open(path, "w").write("13"),
        lambda: os.truncate(path, 0),
        lambda: os.symlink("/etc/passwd", "/podium/link"),
    ):
        try:
            change()
            print("HOLE", path)
        except OSError:
            pass
try:
    os.ftruncate(0, 0)
    print("HOLE its input was cut")
except OSError:
    pass
try:
    with open("/proc/self/fd/0", "r+") as file:
        file.write("13")
        print("HOLE its input was rewritten")
except OSError:
    pass
print(sys.stdin.read().strip(), "unchanged")
