# Tries: answer late, so that its answer is taken for the next one
# Must: what is late is dropped, and the next answer is the next one
# Kind: agent
# Verdict: AC stopped
# Hears: ready | expired | 2
import time


def act(observation):
    if observation == 1:
        time.sleep(0.9)
    return observation
