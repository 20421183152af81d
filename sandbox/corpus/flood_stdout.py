# Tries: print for ever
# Must: stopped at the cap, and not a byte more is kept
# Verdict: OLE output
# Figures: stdout_bytes=65536..65536
import sys

while True:
    sys.stdout.write("x" * 10_000 + "\n")
