# Tries: find any socket in the file system, and talk to whatever listens
# Must: there is none
# Verdict: AC exited
# Says: no socket
import os
import socket
import stat

for folder, folders, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        folders.clear()
        continue
    for name in [*names, *folders]:
        path = os.path.join(folder, name)
        try:
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                print("HOLE", path)
                socket.socket(socket.AF_UNIX).connect(path)
                print("HOLE connected to", path)
        except OSError:
            pass
print("no socket")
