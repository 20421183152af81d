# Tries: an answer of two megabytes, to be held in the referee's memory
# Must: cut at the cap, and the conversation is over
# Kind: agent
# Verdict: AC stopped or AC exited
# Hears: ready | malformed:too_long | closed


def act(observation):
    return "x" * 2_000_000
