"""Plays for five seconds, then asks for a fourth player."""


def act(view):
    x, y = view["ball"]["p"]
    count = 3 if view["tick"] < 50 else 4
    moves = []
    for i in range(count):
        px, py = view["me"][i]["p"]
        moves.append({"force": [x - px, y - py], "kick": [1, 0]})
    return moves
