# Tries: memory that is the kernel's: full pipes, full sockets, names that are looked up and are not there
# Must: it is charged to the run, or the number of descriptors ends it
# Verdict: MLE memory or RTE exited or TLE cpu_time or AC exited
# Figures: memory_mib=..76
import fcntl
import os
import socket

held = []
for number in range(400):
    reader, writer = os.pipe()
    left, right = socket.socketpair()
    held += [reader, writer, left, right]
    try:
        fcntl.fcntl(writer, 1031, 1 << 20)
    except OSError:
        pass
    os.set_blocking(writer, False)
    left.setblocking(False)
    try:
        while True:
            os.write(writer, b"x" * 65536)
    except OSError:
        pass
    try:
        while True:
            left.send(b"x" * 65536)
    except OSError:
        pass
    for name in range(200):
        os.path.exists(f"/tmp/{number}-{name}")
