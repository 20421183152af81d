# Tries: run programs that it has written itself: in its folders, in /dev/shm, without a name
# Must: it may, within the same walls: same user, same limits, no new privileges
# Verdict: AC exited
# Says: ran and gained nothing
import os
import shutil
import subprocess

ask = "while read key value rest; do case $key in Uid:|CapEff:|NoNewPrivs:|Seccomp:) echo $value;; esac; done < /proc/self/status"
mine = subprocess.run(["/bin/sh", "-c", ask], capture_output=True, text=True).stdout.split()
ran = 0
for place in ("/work", "/tmp", "/dev/shm"):
    try:
        shutil.copy("/bin/sh", f"{place}/own")
        os.chmod(f"{place}/own", 0o6777)
        other = subprocess.run([f"{place}/own", "-c", ask], capture_output=True, text=True).stdout.split()
    except OSError:
        continue
    ran += 1
    if other != mine:
        print("HOLE", place, other, "instead of", mine)
nameless = os.memfd_create("own", 0)
os.write(nameless, open("/bin/sh", "rb").read())
child = os.fork()
if child == 0:
    try:
        os.execve(nameless, ["own", "-c", "exit 0"], {})
    except OSError:
        os._exit(0)
if os.waitpid(child, 0)[1]:
    print("HOLE the nameless one ended oddly")
print("ran and gained nothing" if ran >= 1 and mine[-1] == "2" else f"ran {ran}, {mine}")
