# Tries: flood both streams from many processes at once
# Must: the same cap for all of them together
# Verdict: OLE output
# Figures: stdout_bytes=..65536 stderr_bytes=..65536
import os

for _ in range(6):
    if os.fork() == 0:
        break
while True:
    os.write(1, b"x" * 60_000)
    os.write(2, b"y" * 60_000)
