"""Sends what is allowed but huge: forces and kicks of 1e308 from everywhere, ball or no ball. They count as vectors of
length 1, and a kick far from the ball as none: it plays like the house's pack, whose running it has, and no better."""

HUGE = 1e308


def act(view):
    x, y = view["ball"]["p"]
    moves = []
    for player in view["me"]:
        px, py = player["p"]
        scale = HUGE / max(1.0, abs(x - px), abs(y - py))
        moves.append({"force": [(x - px) * scale, (y - py) * scale], "kick": [HUGE, 0]})
    return moves
