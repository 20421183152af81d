# Tries: reserve a terabyte of addresses without using any
# Must: addresses cost nothing: it may, and nothing happens
# Verdict: AC exited
# Figures: memory_mib=..48
import mmap

try:
    held = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
except (OSError, ValueError, OverflowError):
    held = None
