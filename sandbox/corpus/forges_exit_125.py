# Tries: exit as the engine does when it could not start a container
# Must: its own exit code
# Verdict: RTE exited
import os

os._exit(125)
