# Tries: send its answer one byte at a time, so that each byte renews somebody's patience
# Must: the clock runs over the whole answer
# Kind: agent
# Verdict: AC stopped
# Hears: ready | expired
import os
import sys
import time


def channel():
    frame = sys._getframe()
    while "writer" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["writer"]


def act(observation):
    while True:
        os.write(channel(), b" ")
        time.sleep(0.05)
