# Tries: tell the kernel to kill somebody else first when memory runs out, then run it out
# Must: a score below what it has is refused, and it is killed all the same
# Verdict: MLE memory
try:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    print("HOLE its own score was lowered")
except OSError:
    pass
held = []
while True:
    held.append(b"x" * 1_000_000)
