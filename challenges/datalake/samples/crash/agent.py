"""Adds up a row's numbers and has not thought of those that are missing."""

FIRST_NUMBER = 3


def act(message):
    return {"p": [min(1.0, abs(sum(map(float, row[FIRST_NUMBER:]))) / 10_000) for row in message["rows"]]}
