# Tries: a gigabyte at once, touched afterwards
# Must: asking is not using, using is: killed at the limit
# Verdict: MLE memory or RTE exited
block = bytearray(1 << 30)
for page in range(0, len(block), 4096):
    block[page] = 1
