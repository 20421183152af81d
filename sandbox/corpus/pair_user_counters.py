# Tries: use up what the kernel counts by user, for all containers that have the same one: watches, queues, pipes
# Must: what one run uses is neither seen nor missed by another
# Kind: pair
# Verdict: AC stopped
# Limits: open_files=1024
import ctypes
import fcntl
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
role, held = "", []


def reset(info):
    global role
    role = info["role"]


class Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("flags", "maxmsg", "msgsize", "curmsgs", *"abcd")]


def watches(most):
    count = 0
    while count < most and libc.inotify_init() >= 0:
        count += 1
    return count


def queues(most):
    count = 0
    while count < most:
        attributes = Attributes(0, 10, 8192, 0)
        if libc.mq_open(b"/covert%d" % count, os.O_RDWR | os.O_CREAT, 0o600, ctypes.byref(attributes)) < 0:
            break
        count += 1
    return count


def pipes(most):
    """How many pages the last of so many pipes got."""
    pages = 16
    for _ in range(most):
        try:
            reader, writer = os.pipe()
        except OSError:
            break
        held.append((reader, writer))
        try:
            pages = fcntl.fcntl(writer, 1031, 1 << 20) >> 12
        except OSError:
            pages = fcntl.fcntl(writer, 1032) >> 12
    return pages


def in_flight(most):
    """How many descriptors can be under way at once."""
    left, right = socket.socketpair()
    held.append((left, right))
    count = 0
    left.setblocking(False)
    try:
        while count < most:
            socket.send_fds(left, [b"x"], [0] * 250)
            count += 250
    except OSError:
        pass
    return count


def act(observation):
    if role == "leave":
        in_flight(4000)
        pipes(80)
        queues(64)
        watches(200)
        return []
    found = []
    if in_flight(500) < 500:
        found.append("descriptors under way are counted together")
    if pipes(1) < 256:
        found.append("pages of pipes are counted together")
    if libc.inotify_init() < 0 and ctypes.get_errno() == 24:
        found.append("watches are counted together")
    if queues(1) < 1 and ctypes.get_errno() not in (1, 38):
        found.append("message queues are counted together")
    return found
