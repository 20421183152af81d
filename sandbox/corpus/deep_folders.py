# Tries: folders in folders in folders, so that whoever removes them recurses too deep
# Must: inodes end it, and all of it is removed
# Verdict: AC exited
import os

try:
    while True:
        os.mkdir("d")
        os.chdir("d")
except OSError:
    pass
