"""Says again what it hears."""


def act(observation):
    return observation["say"]
