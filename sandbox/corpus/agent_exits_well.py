# Tries: leave in the middle with exit code 0, as if all were done
# Must: heard as closed; its end is told as it was, and the referee calls it a broken protocol
# Kind: agent
# Verdict: AC exited
# Hears: ready | closed
import os


def act(observation):
    os._exit(0)
