# Tries: a single line of thirty megabytes, to be held in somebody's memory
# Must: cut at the cap
# Verdict: OLE output
# Figures: stdout_bytes=65536..65536
import sys

sys.stdout.write("x" * 30_000_000)
