# Tries: one byte more than allowed, and a good end before anybody notices
# Must: too much is too much, however it ends
# Verdict: OLE output
# Figures: stderr_bytes=65536..65536
import sys

sys.stderr.write("x" * 65_537)
