# Tries: a number of a thousand digits, which takes a parser its time
# Must: numbers are short
# Kind: agent
# Verdict: AC stopped
# Hears: ready | malformed:number_too_long | malformed:not_finite


class Written(float):
    def __repr__(self):
        return "1e999"


def act(observation):
    return 10**900 if observation == 1 else float("inf")
