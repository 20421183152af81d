"""Names what most know."""


def act(observation):
    return [1, 2, 93]
