# Tries: more CPU time than allowed, in threads that share it
# Must: it is summed up, and they get no more than their share of a core
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Figures: cpu_seconds=0.5..0.9 wall_seconds=0.4..
import hashlib
import threading

block = b"x" * (1 << 20)


def work():
    while True:
        hashlib.sha256(block)


for _ in range(6):
    threading.Thread(target=work).start()
