# Tries: never read, so that whoever sends waits for ever
# Must: messages have a time limit too
# Kind: agent
# Verdict: AC stopped
# Hears: expired | expired
import time

time.sleep(60)


def act(observation):
    return observation
