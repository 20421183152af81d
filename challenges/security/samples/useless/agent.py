"""Does what takes no thought: returns images as they came, sees a 7 everywhere, finds every flow equally suspicious."""

act = None


def reset(info):
    global act
    act = {"attack": attack, "defence": defence, "detect": detect}[info["track"]]


def attack(message):
    return {"image": message["image"]}


def defence(message):
    return {"label": 7}


def detect(message):
    return {"p": [0.5] * len(message["flows"])}
