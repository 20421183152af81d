# Tries: find anything that is not its own: other entries, other programs, our settings, the socket that led here
# Must: its entry, its input, its folders, its own few processes, and an environment of ours that says nothing
# Verdict: AC exited
# Given: input
# Says: alone with what is mine
import os

expected = {"/podium": {"entry", "stdin"}, "/work": {"looks_around.py"}, "/tmp": set(), "/dev/shm": set()}
for folder, names in expected.items():
    try:
        others = set(os.listdir(folder)) - names
    except OSError:
        continue
    if others:
        print("HOLE", folder, sorted(others))
known = {"HOME", "HOSTNAME", "LANG", "PATH", "PYTHONPATH", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS",
         "OPENBLAS_NUM_THREADS", "LC_CTYPE", "PYTHONUNBUFFERED", "USER", "LOGNAME", "TMPDIR", "OLDPWD", "PWD", "SHLVL", "_"}
for name in set(os.environ) - known:
    if name.startswith(("PODIUM", "DOCKER", "AWS", "GIT", "CI")) or "KEY" in name or "PASS" in name or "://" in os.environ[name]:
        print("HOLE", name)
processes = [pid for pid in os.listdir("/proc") if pid.isdigit()]
if len(processes) > 4:
    print("HOLE", len(processes), "processes")
open_files = [os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{number}")]
if any(name.startswith(("socket:", "/podium/socket")) for name in open_files):
    print("HOLE", open_files)
print("alone with what is mine")
