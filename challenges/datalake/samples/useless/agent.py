"""Looks at no row: everybody buys as often as people did in the train file."""

share = 0.5


def reset(info):
    global share
    labels = info["train"]["labels"]
    share = sum(labels) / len(labels)


def act(message):
    return {"p": [share] * len(message["rows"])}
