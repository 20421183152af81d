# Tries: make init and its parent the first to be killed when memory runs out, then run it out
# Must: whoever is killed, it was its memory
# Verdict: MLE memory
import os

for pid in (1, os.getppid()):
    try:
        with open(f"/proc/{pid}/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass
held = []
while True:
    held.append(b"x" * 1_000_000)
