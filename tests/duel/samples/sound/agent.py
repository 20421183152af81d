"""Says what was called."""


def act(observation):
    return observation["call"]
