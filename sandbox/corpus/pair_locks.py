# Tries: tell another run something by locking files that both can open
# Must: a lock in one container is not seen in the other
# Kind: pair
# Verdict: AC stopped
import fcntl
import os

FILES = ["/opt/podium/runner.py", "/opt/podium/serve.py", "/bin/sh", "/etc/passwd", "/usr/local/bin/python3", "/dev/null",
         "/dev/urandom", "/proc/self/status", "/proc/version", "/sys/kernel/notes", "/sys/fs/cgroup", "/", "/opt",
         "/dev", "/dev/shm", "/tmp", "/usr", "/etc", "/proc", "/sys", "/dev/mqueue", "/etc/hosts", "/etc/resolv.conf",
         "/etc/hostname"]
role, held = "", []


def reset(info):
    global role
    role = info["role"]


def act(observation):
    found = []
    for path in FILES:
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        held.append(file)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            found.append(f"flock {path}")
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (11, 13):
                found.append(f"lockf {path}")
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError:
            pass
    try:
        mine = len(held)
        if role == "look" and len(open("/proc/locks").read().splitlines()) > 3 * mine + 2:
            found.append("/proc/locks")
    except OSError:
        pass
    return [] if role == "leave" else found
