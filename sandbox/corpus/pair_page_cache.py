# Tries: tell another run something by which pages of a shared file of the image are in memory
# Must: the kernel does not say which pages of another's file are there
# Kind: pair
# Verdict: AC stopped
import ctypes
import mmap
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
role = ""


def reset(info):
    global role
    role = info["role"]


def act(observation):
    found = []
    for path in ("/bin/sh", "/opt/podium/runner.py"):
        file = os.open(path, os.O_RDONLY)
        size = os.fstat(file).st_size
        pages = (size + 4095) // 4096
        at = libc.mmap(None, ctypes.c_size_t(size), 1, 2, file, ctypes.c_long(0))
        states = (ctypes.c_ubyte * pages)()
        if libc.mincore(ctypes.c_void_p(at), ctypes.c_size_t(size), states) == 0 and 0 < sum(s & 1 for s in states) < pages:
            found.append(f"mincore tells pages of {path} apart")
        os.close(file)
    return [] if role == "leave" else found
