# Tries: memory as files in /dev/shm
# Must: it has a size of its own and counts as memory
# Verdict: MLE memory or RTE exited
number = 0
while True:
    with open(f"/dev/shm/{number}", "wb") as file:
        file.write(b"x" * 8_000_000)
    number += 1
