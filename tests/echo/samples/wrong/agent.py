"""Has one thing to say."""


def act(observation):
    return "hello"
