# Tries: fill the folder that it is in
# Must: the folder has a size; writing beyond fails, and what was written counts as memory
# Verdict: RTE exited or MLE memory
# Figures: memory_mib=..76
number = 0
while True:
    with open(f"full-{number}", "wb") as file:
        file.write(b"x" * 1_000_000)
    number += 1
