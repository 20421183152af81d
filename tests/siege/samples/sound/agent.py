"""Names what few know."""


def act(observation):
    return [91, 82, 73]
