# Tries: use up all inodes with empty files, folders and links
# Must: they run out inside before the host notices
# Verdict: AC exited
# Says: ran out
import errno
import os

made = 0
try:
    while made < 100_000:
        name = f"/tmp/{made}"
        (lambda: open(name, "w").close(), lambda: os.mkdir(name), lambda: os.symlink("x", name))[made % 3]()
        made += 1
    print("HOLE", made)
except OSError as error:
    print("ran out" if error.errno == errno.ENOSPC and made < 256 else f"HOLE {error} after {made}")
