"""Comes down at the first call."""


def act(observation):
    raise RuntimeError(observation["call"])
