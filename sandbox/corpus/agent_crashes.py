# Tries: fail in the middle
# Must: its own crash, with its traceback in its log
# Kind: agent
# Verdict: RTE exited
# Hears: ready | closed
# Logs: ZeroDivisionError


def act(observation):
    return 1 / 0
