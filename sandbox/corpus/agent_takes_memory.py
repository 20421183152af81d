# Tries: run out of memory in the middle
# Must: told as that
# Kind: agent
# Verdict: MLE memory
# Hears: ready | closed
held = []


def act(observation):
    while True:
        held.append(b"x" * 1_000_000)
