"""Claims to have won."""


def act(observation):
    return {"score": 100}
