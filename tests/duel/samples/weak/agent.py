"""Says something near it."""


def act(observation):
    return observation["call"] + 7
