# Tries: memory as files in /dev/shm
# Must: it has a size of its own and counts as memory
# Verdict: MLE memory or AC exited
import errno

written = 0
try:
    while True:
        with open(f"/dev/shm/{written}", "wb") as file:
            file.write(b"x" * 8_000_000)
        written += 8_000_000
except OSError as error:
    print("ran out" if error.errno == errno.ENOSPC and written <= 64 << 20 else f"HOLE {error} after {written} bytes")
