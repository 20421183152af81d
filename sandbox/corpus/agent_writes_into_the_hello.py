# Tries: answer before it is imported, to be a message ahead of the referee
# Must: line k is the answer to message k, whatever it says
# Kind: agent
# Verdict: AC stopped or AC exited
# Hears: "first" | ready | 1
import os
import sys


def channel():
    frame = sys._getframe()
    while "writer" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["writer"]


os.write(channel(), b'"first"\n')


def act(observation):
    return observation
