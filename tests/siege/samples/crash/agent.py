"""Falls at the first number."""


def act(observation):
    raise RuntimeError(observation)
