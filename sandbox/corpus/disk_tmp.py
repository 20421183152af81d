# Tries: fill /tmp
# Must: the folder has a size; writing beyond fails, and what was written counts as memory
# Verdict: RTE exited or MLE memory
# Figures: memory_mib=..76
with open("/tmp/full", "wb") as file:
    while True:
        file.write(b"x" * 1_000_000)
        file.flush()
