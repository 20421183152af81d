# Tries: leave scheduled work behind: cron, at, shell start-up files, Python's start-up files
# Must: its folders go with it, and nobody else's can be written
# Verdict: AC exited
import os
import site

for path in ("/etc/cron.d/x", "/var/spool/cron/x", "/etc/profile.d/x.sh", "/work/.profile", "/work/.bashrc",
             "/work/sitecustomize.py", "/work/usercustomize.py", f"{site.getusersitepackages()}/x.pth",
             "/usr/local/lib/python3/sitecustomize.py", "/opt/packages/sitecustomize.py", "/etc/ld.so.preload"):
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("raise SystemExit(7)")
        if not path.startswith("/work/"):
            print("HOLE", path)
    except OSError:
        pass
