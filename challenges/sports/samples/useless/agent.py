"""Three players who stand where they were put and look on."""


def act(view):
    return [{"force": [0, 0], "kick": [0, 0]} for _ in view["me"]]
