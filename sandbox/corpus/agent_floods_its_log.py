# Tries: flood its log while it answers
# Must: too much output ends it in the middle
# Kind: agent
# Verdict: OLE output
# Hears: ready | 1 | closed
import time


def act(observation):
    if observation == 2:
        while True:
            print("x" * 10_000)
    return observation
