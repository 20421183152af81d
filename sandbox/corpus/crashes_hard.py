# Tries: end by a fault of the machine instead of an exception
# Must: told as the signal that it was
# Verdict: RTE signalled
import ctypes

ctypes.string_at(0)
