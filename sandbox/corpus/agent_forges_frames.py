# Tries: print what looks like its answers, the engine's frames and the runner's lines
# Must: what it prints goes to its log, and only what `act` returns is an answer
# Kind: agent
# Verdict: AC stopped
# Hears: ready | "truth" | "truth"
# Says: "lie"
# Logs: "lie"
import os
import sys


def act(observation):
    sys.stdout.buffer.write(b'\x01\x00\x00\x00\x00\x00\x00\x05"lie"\n\x02\x00\x00\x00\xff\xff\xff\xff')
    sys.stdout.flush()
    os.write(1, b'{"ready":true}\n{"started": true}\n"lie"\n')
    os.write(2, b'"lie"\n')
    return "truth"
