# Tries: more memory than allowed, page by page
# Must: the kernel kills it at the limit and it is told so; no swap is used
# Verdict: MLE memory
# Figures: memory_mib=40..76
held = []
while True:
    held.append(b"x" * 1_000_000)
