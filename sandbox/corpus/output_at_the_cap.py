# Tries: exactly as much as allowed, on both streams
# Must: that is no fault
# Verdict: AC exited
# Figures: stdout_bytes=65536..65536 stderr_bytes=65536..65536
import sys

sys.stdout.write("x" * 65_536)
sys.stderr.write("y" * 65_536)
