# Tries: lock what it has into memory, so that nothing else finds room
# Must: locked memory is bounded by what it may have at all
# Verdict: MLE memory or RTE exited
import ctypes

ctypes.CDLL(None).mlockall(3)
held = []
while True:
    held.append(b"x" * 4_000_000)
