"""Hears the first word only, and says it ever after."""

heard = []


def act(observation):
    heard.append(observation["say"])
    return heard[0]
