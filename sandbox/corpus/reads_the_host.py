# Tries: read what belongs to the host: its files, its engine, its other processes, its secrets
# Must: there is nothing of the sort inside
# Verdict: AC exited
# Says: nothing of the host
import os

for path in ("/etc/shadow", "/root/.ssh", "/home", "/var/lib/docker", "/run/docker.sock", "/var/run/docker.sock",
             "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/crio/crio.sock", "/run/systemd/private",
             "/run/dbus/system_bus_socket", "/run/snapd.socket", "/run/secrets", "/var/run/secrets", "/.dockerenv.sock",
             "/proc/1/root/etc/shadow", "/proc/1/cwd/../../../etc/shadow", "/boot", "/var/log", "/mnt", "/media",
             "/lib/modules", "/proc/kcore", "/proc/kallsyms/", "/proc/keys", "/proc/timer_list", "/sys/firmware/efi",
             "/sys/kernel/debug/", "/sys/kernel/security/", "/sys/fs/pstore", "/proc/vmcore", "/proc/kmsg"):
    try:
        found = os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(64)
    except OSError:
        continue
    if found:
        print("HOLE", path, str(found)[:80])
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        environment = open(f"/proc/{pid}/environ", "rb").read()
    except OSError:
        continue
    for word in (b"PODIUM_", b"SECRET", b"TOKEN", b"AWS_", b"DOCKER_HOST", b"PASSWORD"):
        if word in environment:
            print("HOLE", word.decode(), "in the environment of", pid)
if len([pid for pid in os.listdir("/proc") if pid.isdigit()]) > 6:
    print("HOLE it sees", len([pid for pid in os.listdir("/proc") if pid.isdigit()]), "processes")
if os.uname().nodename != "player":
    print("HOLE the host is called", os.uname().nodename)
print("nothing of the host")
