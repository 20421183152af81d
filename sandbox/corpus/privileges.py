# Tries: be somebody else: other users, capabilities, setuid programs, new privileges
# Must: uid 10001 or another that is nobody's, no capability of any kind, and no way to one
# Verdict: AC exited
# Says: nobody
import os
import shutil
import stat
import subprocess


def refused(what, call):
    try:
        print("HOLE", what, call())
    except (OSError, ValueError):
        pass


if 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid(), *os.getgroups()):
    print("HOLE it is root", os.getuid(), os.getgroups())
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(status[name], 16):
        print("HOLE", name, status[name])
if status["NoNewPrivs"] != "1" or status["Seccomp"] != "2":
    print("HOLE NoNewPrivs", status["NoNewPrivs"], "Seccomp", status["Seccomp"])
refused("setuid 0", lambda: os.setuid(0))
refused("setgid 0", lambda: os.setgid(0))
refused("setgroups", lambda: os.setgroups([0]))
refused("setresuid", lambda: os.setresuid(0, 0, 0))
refused("chroot", lambda: os.chroot("/tmp"))
refused("chown to root", lambda: os.chown(__file__, 0, 0))
refused("a device", lambda: os.mknod("/tmp/device", 0o60600, os.makedev(8, 1)))
refused("uid map", lambda: os.write(os.open("/proc/self/uid_map", os.O_WRONLY), b"0 0 1"))
for folder, _, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        continue
    for name in names:
        try:
            mode = os.lstat(os.path.join(folder, name)).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            print("found", os.path.join(folder, name))
shutil.copy("/bin/sh", "/tmp/sh")
os.chmod("/tmp/sh", 0o6755)
who = subprocess.run(["/tmp/sh", "-c", "while read a b c d; do [ $a = Uid: ] && echo $c; done < /proc/self/status; true"],
                     capture_output=True, text=True).stdout.split()
if who and who[0] != str(os.getuid()):
    print("HOLE a setuid copy ran as", who)
print("nobody")
