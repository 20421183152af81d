# Tries: write the runner's lines to every descriptor that it was left, and to those of its parent
# Must: nothing is left to it but its three streams, and what it says there is data
# Verdict: RTE exited
# Figures: cpu_seconds=..1.0
import os

line = b'{"started": true}\n{"exit_code": 0, "cpu_seconds": 0.0, "signal": null}\n'
open_ones = [int(name) for name in os.listdir("/proc/self/fd")]
for number in range(3, 1024):
    try:
        target = os.readlink(f"/proc/self/fd/{number}")
        if "socket" in target or "pipe" in target:
            print("HOLE descriptor", number, "is", target)
        os.write(number, line)
    except OSError:
        pass
for process in filter(str.isdigit, os.listdir("/proc")):
    if int(process) == os.getpid():
        continue
    for number in range(16):
        try:
            file = os.open(f"/proc/{process}/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
            if os.readlink(f"/proc/{process}/fd/{number}") not in {os.readlink(f"/proc/self/fd/{n}") for n in (0, 1, 2)}:
                print("HOLE descriptor", number, "of", process, os.readlink(f"/proc/{process}/fd/{number}"))
            os.close(file)
        except OSError:
            pass
os._exit(3)
