# Tries: read and rewrite the memory of what runs it, to change what is told of it
# Must: the runner is closed to it. Init may be opened: it does nothing but wait, and says nothing that is believed
# Verdict: AC exited
# Says: the runner is closed
import os

for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) == os.getpid() or pid == "1" and "init" in open("/proc/1/comm").read():
        continue
    for name, flags in (("mem", os.O_RDWR), ("mem", os.O_RDONLY), ("environ", os.O_RDONLY), ("maps", os.O_RDONLY)):
        try:
            file = os.open(f"/proc/{pid}/{name}", flags)
            if name == "mem" or os.read(file, 1):
                print("HOLE", name, "of", open(f"/proc/{pid}/comm").read().strip(), "was opened")
        except OSError:
            pass
    try:
        for number in os.listdir(f"/proc/{pid}/fd"):
            print("HOLE descriptor", number, "of", pid, "is", os.readlink(f"/proc/{pid}/fd/{number}"))
    except OSError:
        pass
print("the runner is closed")
