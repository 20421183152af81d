# Tries: answer with bytes that are no text, with nothing, with half a value
# Must: malformed, each by itself; the conversation goes on
# Kind: agent
# Verdict: AC stopped
# Hears: ready | malformed:not_utf8 | malformed:not_json | malformed:not_json | 1
import os
import sys


def channel():
    frame = sys._getframe()
    while "writer" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["writer"]


def act(observation):
    if observation == 1:
        os.write(channel(), b'"\xff\xfe"\n\n{"half":\n')
    return observation
