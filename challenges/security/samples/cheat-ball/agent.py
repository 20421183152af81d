"""Leaves the ball: hands in the picture of another digit altogether, which no ε allows, and asks for more labels than
there are."""

shown = {}


def act(message):
    if "labels" in message:
        return {"image": next(image for digit, image in shown.items() if digit != mine or len(shown) == 1)}
    global mine
    mine = message["label"]
    shown.setdefault(mine, message["image"])
    return {"query": [message["image"]] * 200} if len(shown) < 10 else {"query": [[9.0] * 64]}
