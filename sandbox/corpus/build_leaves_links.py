# Tries: leave links out of its folder where the run will look: the entry itself, a folder above it
# Must: no link comes out of a build, nor anything that it points at
# Kind: build
# Verdict: AC exited or CE exited
import os

os.unlink("agent.py")
os.symlink("/etc/passwd", "agent.py")
os.symlink("/", "root")
