# Tries: an answer nested so deep that a parser falls over it, then one that is no number
# Must: counted before it is parsed
# Kind: agent
# Verdict: AC stopped
# Hears: ready | malformed:too_deep | malformed:not_finite


def act(observation):
    if observation == 2:
        return float("nan")
    answer = 1
    for _ in range(400):
        answer = [answer]
    return answer
