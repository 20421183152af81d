# Tries: read control groups, mounts and namespaces for the way out, and change them
# Must: what can be read names no secret; nothing can be changed
# Verdict: AC exited
# Says: nothing to be changed
import os
import re

for name in ("mounts", "mountinfo", "mountstats", "cgroup", "self/cgroup", "self/environ", "cmdline", "1/cmdline"):
    try:
        text = open(f"/proc/{name}", "rb").read() + open(f"/proc/self/{name}", "rb").read()
    except OSError:
        continue
    for secret in (rb"(?i)secret[^_]", rb"(?i)token", rb"(?i)password", rb"seed\.key", rb"session\.key"):
        found = re.search(secret, text)
        if found:
            print("HOLE", name, found[0].decode())
for folder, folders, names in os.walk("/sys/fs/cgroup"):
    for name in names:
        try:
            os.close(os.open(os.path.join(folder, name), os.O_WRONLY))
            print("HOLE", os.path.join(folder, name), "can be written")
        except OSError:
            pass
    try:
        os.mkdir(os.path.join(folder, "mine"))
        print("HOLE a group was made in", folder)
    except OSError:
        pass
for name in os.listdir("/proc/self/ns"):
    try:
        file = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
        os.setns(file, 0)
        print("HOLE entered", name)
    except (OSError, AttributeError):
        pass
for source, target in (("proc", "/tmp"), ("tmpfs", "/tmp"), ("cgroup", "/tmp"), ("overlay", "/tmp")):
    import ctypes

    if ctypes.CDLL(None).mount(source.encode(), target.encode(), source.encode(), 0, None) == 0:
        print("HOLE mounted", source)
print("nothing to be changed")
