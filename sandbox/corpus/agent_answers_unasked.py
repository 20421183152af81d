# Tries: answer before it is asked, a thousand times, so that the referee takes an old answer for a new one
# Must: the first line that comes is the answer to the first message, the second to the second
# Kind: agent
# Verdict: AC stopped or AC exited
# Hears: ready | "unasked 0" | "unasked 1"
import os
import sys


def channel():
    frame = sys._getframe()
    while "writer" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["writer"]


def act(observation):
    os.write(channel(), b"".join(b'"unasked %d"\n' % turn for turn in range(1000)))
    return "asked"
