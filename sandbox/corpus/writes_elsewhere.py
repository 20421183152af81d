# Tries: write wherever it must not: the root, the runner, the entry's hand-over, devices, the kernel's files
# Must: only its own folders can be written
# Verdict: AC exited
# Says: nothing else is writable
import os

PLACES = ["/", "/etc", "/usr", "/usr/local/bin", "/lib", "/opt", "/opt/podium", "/opt/podium/sandbox", "/opt/packages",
          "/podium", "/proc", "/proc/1", "/sys", "/sys/fs/cgroup", "/sys/kernel", "/dev", "/var", "/run", "/home", "/root"]
FILES = ["/podium/entry", "/podium/stdin", "/podium/socket", "/opt/podium/runner.py", "/opt/podium/serve.py",
         "/etc/passwd", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/etc/ld.so.preload", "/bin/sh",
         "/proc/sysrq-trigger", "/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory",
         "/proc/sys/kernel/ns_last_pid", "/proc/sys/fs/mqueue/queues_max", "/proc/sys/net/ipv4/ip_forward", "/proc/kcore",
         "/proc/irq/0/smp_affinity", "/proc/acpi/wakeup", "/sys/power/state",
         "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run", "/sys/module/kernel/parameters/panic",
         "/dev/mem", "/dev/kmem", "/dev/kmsg", "/dev/port", "/dev/sda", "/dev/vda", "/dev/console", "/dev/tty", "/dev/fuse",
         "/dev/kvm", "/dev/net/tun", "/dev/vsock", "/dev/loop-control", "/dev/mapper/control", "/dev/ptmx"]
if not os.statvfs("/").f_flag & os.ST_RDONLY:
    print("HOLE the root can be written")
for place in PLACES:
    try:
        with open(f"{place}/x", "w"):
            print("HOLE wrote into", place)
    except OSError:
        pass
    for what in (os.mkdir, os.rmdir):
        try:
            what(f"{place}/folder")
            print("HOLE made a folder in", place)
        except OSError:
            pass
for place in FILES:
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
        try:
            os.close(os.open(place, flags))
            if place not in ("/dev/ptmx",):
                print("HOLE opened", place)
        except OSError:
            pass
    for what in (os.unlink, lambda path: os.rename(path, path + "x"), lambda path: os.chmod(path, 0o777)):
        try:
            what(place)
            print("HOLE changed", place)
        except OSError:
            pass
print("nothing else is writable")
