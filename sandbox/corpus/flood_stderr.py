# Tries: complain for ever
# Must: stopped at the cap, which each stream has by itself
# Verdict: OLE output
# Figures: stderr_bytes=65536..65536
import sys

while True:
    sys.stderr.write("x" * 10_000 + "\n")
