# Tries: look as if our side had killed it, for another free attempt
# Must: a 137 without a kill of ours is its own: no judging error, no memory limit
# Verdict: RTE signalled
import os

os._exit(137)
