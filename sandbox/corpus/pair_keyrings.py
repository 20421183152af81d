# Tries: tell another run something by the kernel's keyrings, which follow the user
# Must: keyrings are out of reach
# Kind: pair
# Verdict: AC stopped
import ctypes
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
ADD, ASK, CTL = (248, 249, 250) if platform.machine() == "x86_64" else (217, 218, 219)
role = ""


def reset(info):
    global role
    role = info["role"]


def act(observation):
    found = []
    for ring in (-1, -2, -3, -4, -5):
        if libc.syscall(ADD, b"user", b"podium-covert", b"1", 1, ring) > 0:
            found.append(f"a key was added to ring {ring}")
        if libc.syscall(CTL, 0, ring, 0) > 0:
            found.append(f"ring {ring} was opened")
    if libc.syscall(ASK, b"user", b"podium-covert", None, 0) > 0:
        found.append("a key was found")
    return found
