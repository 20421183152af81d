# Tries: end with the code that its parent uses for entries that were never started
# Must: its own exit code: it had started
# Verdict: RTE exited
import os
import sys

print('{"refused": "archive"}')
print("The entry was refused: link", file=sys.stderr, flush=True)
os._exit(120)
