# Tries: memory as System V segments, which outlive the process that made them
# Must: it counts as memory, and nothing outlives the container
# Verdict: MLE memory or AC exited
# Figures: memory_mib=..76
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for _ in range(64):
    segment = libc.shmget(0, 8 << 20, 0o1666)
    if segment < 0:
        break
    at = libc.shmat(segment, None, 0)
    if at in (None, ctypes.c_void_p(-1).value):
        break
    ctypes.memset(at, 1, 8 << 20)
