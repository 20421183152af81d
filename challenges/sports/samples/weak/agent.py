"""All three run at the ball and kick it straight ahead, wherever they stand."""


def act(view):
    x, y = view["ball"]["p"]
    moves = []
    for player in view["me"]:
        px, py = player["p"]
        moves.append({"force": [x - px, y - py], "kick": [1, 0]})
    return moves
