# Tries: talk to another run by abstract sockets, by the loopback and by System V and POSIX queues
# Must: each container has its own of all of these
# Kind: pair
# Verdict: AC stopped
import ctypes
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
KEY = 0x706F6469
role, held = "", []


def reset(info):
    global role
    role = info["role"]


def act(observation):
    if role == "leave":
        for family, address in ((socket.AF_UNIX, "\0podium-covert"), (socket.AF_INET, ("127.0.0.1", 47_011))):
            sock = socket.socket(family)
            sock.bind(address)
            sock.listen()
            held.append(sock)
        libc.shmget(KEY, 4096, 0o1666)
        libc.semget(KEY, 1, 0o1666)
        libc.msgget(KEY, 0o1666)
        return []
    found = []
    for family, address in ((socket.AF_UNIX, "\0podium-covert"), (socket.AF_INET, ("127.0.0.1", 47_011))):
        try:
            socket.socket(family).connect(address)
            found.append(f"connected to {address!r}")
        except OSError:
            pass
    if "podium-covert" in open("/proc/net/unix").read():
        found.append("/proc/net/unix names the other's socket")
    for name, get in (("segment", libc.shmget), ("semaphore", libc.semget), ("queue", libc.msgget)):
        if get(KEY, *((0,) if name != "queue" else ()), 0) >= 0:
            found.append(f"the other's {name}")
    return found
