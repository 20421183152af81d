# Tries: wait for the locks by which the host knows what is alive, to hold them when their owner has died
# Must: no file that can be opened inside is locked by anybody outside
# Verdict: AC exited
# Says: no lock of anybody
import fcntl
import os

for folder, _, names in os.walk("/podium"):
    for path in (folder, *(os.path.join(folder, name) for name in names)):
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno == 11:
                print("HOLE", path, "is locked from outside")
print("no lock of anybody")
