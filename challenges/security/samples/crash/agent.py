"""Works for a while, then divides by what is left: nothing."""

seen = 0


def reset(info):
    global track
    track = info["track"]


def act(message):
    global seen
    seen += 1  # the seventh message is one too many
    share = 1 / (7 - seen)
    if track == "attack":
        return {"image": [pixel * (1 - 0.1 * share) for pixel in message["image"]]}
    if track == "defence":
        return {"label": int(10 * abs(share)) % 10}
    return {"p": [abs(share)] * len(message["flows"])}
