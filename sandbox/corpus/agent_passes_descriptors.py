# Tries: send descriptors along with its answer, until the referee has no more of its own
# Must: only bytes are received
# Kind: agent
# Verdict: AC stopped
# Hears: ready | "passed" | 1
import os
import socket
import stat
import sys


def channel():
    frame = sys._getframe()
    while "writer" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["writer"]


def act(observation):
    if observation == 1 and stat.S_ISSOCK(os.fstat(channel()).st_mode):
        socket.send_fds(socket.socket(fileno=os.dup(channel())), [b'"passed"\n'], [1] * 200)
    elif observation == 1:
        os.write(channel(), b'"passed"\n')
    return observation
