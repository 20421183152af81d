# Tries: see, signal and open the processes of another run
# Must: each container has its own
# Kind: pair
# Verdict: AC stopped
import os
import subprocess

role, held = "", []
MARK = "podium-covert-mark"


def reset(info):
    global role
    role = info["role"]


def act(observation):
    if role == "leave":
        held.append(subprocess.Popen(["/bin/sh", "-c", "while read x; do :; done", MARK], stdin=subprocess.PIPE))
        return []
    found = []
    for pid in range(1, 5000):
        try:
            if MARK in open(f"/proc/{pid}/cmdline").read():
                found.append(f"process {pid} of the other")
        except OSError:
            pass
    return found
