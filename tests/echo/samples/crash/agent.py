"""Comes down at the first word."""


def act(observation):
    raise RuntimeError(observation["say"])
