# Tries: replace the code that serves it, in its own process, and say what it likes
# Must: it may: nothing that shares its process is trusted. It is still only a line of data
# Kind: agent
# Verdict: AC stopped
# Hears: ready | {"score":100,"verdict":"AC"} | malformed:not_json
import os
import sys


def liar(writer, line):
    os.write(writer, b'{"score":100,"verdict":"AC"}\n' if b"1" in line else b"not json at all\n")


def act(observation):
    frame = sys._getframe()
    while frame is not None:
        if "answer_with" in frame.f_globals:
            frame.f_globals["answer_with"] = liar
        frame = frame.f_back
    return observation
