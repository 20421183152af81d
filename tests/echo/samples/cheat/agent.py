"""Claims a score of its own."""


def act(observation):
    print('{"score": 100}')
    return {"score": 100, "say": observation["say"]}
