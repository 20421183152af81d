"""The house players: what an entry meets in its qualification. Trusted code in this process, and yet they see what any
team sees and answer what any team answers. From easy to hard: `still`, `pack`, `roles`, `team`.

None of them remembers anything: a move is a pure function of the view."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from challenges.base import Json
from challenges.sports import pitch

Vector = tuple[float, float]
_NONE: Vector = (0.0, 0.0)
_TOUCH = pitch.PLAYER_RADIUS + pitch.BALL_RADIUS
_TOP_SPEED = pitch.PLAYER_ACCEL / pitch.PLAYER_DRAG
_MIDDLE = pitch.WIDTH / 2
_GOAL: Vector = (pitch.LENGTH, _MIDDLE)
_AHEAD_TICKS = 25


def still(view: Json) -> Json:
    """Nobody moves."""
    return [_move(_NONE, _NONE) for _ in view["me"]]


def pack(view: Json) -> Json:
    """All three run at the ball and kick it straight ahead."""
    ball = view["ball"]["p"]
    return [_move(_towards(player["p"], ball), (1.0, 0.0)) for player in view["me"]]


def roles(view: Json) -> Json:
    """One in goal, one behind, one in front, each in his own part of the pitch; they look at where the ball is."""
    ball = view["ball"]["p"]
    keeper, back, striker = view["me"]
    return [
        _attack(keeper, ball) if ball[0] < 150 else _hold(keeper, (32.0, _MIDDLE + 0.4 * (ball[1] - _MIDDLE)), ball),
        _attack(back, ball) if ball[0] < 450 else _hold(back, (250.0, _MIDDLE + 0.5 * (ball[1] - _MIDDLE)), ball),
        _attack(striker, ball) if ball[0] > 250 else _hold(striker, (480.0, ball[1]), ball),
    ]


def team(view: Json) -> Json:
    """Who gets to the ball first attacks it, where it will be; one minds the goal, where the ball will come; the third
    stays between. Shots go to the corner that is open."""
    path = _path(view["ball"])
    players = view["me"]
    arrivals = [_arrival(player, path) for player in players]
    keeper = min(range(3), key=lambda i: (players[i]["p"][0], i))
    attacker = min((i for i in range(3) if i != keeper), key=lambda i: (arrivals[i], i))
    if path[0][0] < 140 and arrivals[keeper] <= arrivals[attacker]:
        attacker = keeper
    moves = []
    for i, player in enumerate(players):
        kick = _shot(player, view)
        if i == attacker:
            moves.append(_move(_from_behind(player, path[min(arrivals[i], len(path) - 1)]), kick))
        elif i == keeper:
            moves.append(_move(_run(player, _guard(path)), kick))
        else:
            x, y = path[0]
            moves.append(_move(_run(player, (max(120.0, x - 170.0), _MIDDLE + 0.7 * (y - _MIDDLE))), kick))
    return moves


HOUSE: Final[Mapping[str, Callable[[Json], Json]]] = {"still": still, "pack": pack, "roles": roles, "team": team}


# ---------------------------------------------------------------------------------------------------------------------
# What they know


def _move(force: Vector, kick: Vector) -> Json:
    return {"force": list(force), "kick": list(kick)}


def _towards(start: Vector, end: Vector) -> Vector:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.sqrt(dx * dx + dy * dy)
    return (dx / length, dy / length) if length > 1e-6 else _NONE


def _distance(one: Vector, other: Vector) -> float:
    dx, dy = other[0] - one[0], other[1] - one[1]
    return math.sqrt(dx * dx + dy * dy)


def _run(player: Json, target: Vector) -> Vector:
    """The force that takes him to a place and stops him there."""
    (vx, vy), away = player["v"], _distance(player["p"], target)
    ux, uy = _towards(player["p"], target)
    speed = min(_TOP_SPEED, 4.0 * away)
    return (
        (pitch.PLAYER_DRAG * vx + (speed * ux - vx) / pitch.TICK_SECONDS) / pitch.PLAYER_ACCEL,
        (pitch.PLAYER_DRAG * vy + (speed * uy - vy) / pitch.TICK_SECONDS) / pitch.PLAYER_ACCEL,
    )


def _from_behind(player: Json, ball: Vector) -> Vector:
    """The force that takes him to the ball from the side of his own goal, around it where he is in front."""
    x, y = player["p"]
    ux, uy = _towards(ball, _GOAL)
    if x > ball[0] and _distance((x, y), ball) < 100:
        return _run(player, (ball[0] - 45.0, ball[1] + (40.0 if y > ball[1] else -40.0)))
    return _run(player, (ball[0] - 0.8 * _TOUCH * ux, ball[1] - 0.8 * _TOUCH * uy))


def _away(player: Json, ball: Vector, aim: Vector) -> Vector:
    """A kick at the aim where the ball lies in front of the player; otherwise off him, if that is not backwards."""
    wanted, off_us = _towards(ball, aim), _towards(player["p"], ball)
    if wanted[0] * off_us[0] + wanted[1] * off_us[1] > 0.3:
        return wanted
    return off_us if off_us[0] > -0.2 else _NONE


def _attack(player: Json, ball: Vector) -> Json:
    return _move(_from_behind(player, ball), _away(player, ball, _GOAL))


def _hold(player: Json, place: Vector, ball: Vector) -> Json:
    return _move(_run(player, place), _away(player, ball, _GOAL))


def _path(ball: Json) -> list[Vector]:
    """Where the ball will be, tick by tick, if nobody touches it: drag and side walls, nothing more."""
    (x, y), (vx, vy) = ball["p"], ball["v"]
    path = []
    for _ in range(_AHEAD_TICKS):
        path.append((x, y))
        x, y = x + vx * pitch.TICK_SECONDS, y + vy * pitch.TICK_SECONDS
        keep = 1 - pitch.BALL_DRAG * pitch.TICK_SECONDS
        vx, vy = vx * keep, vy * keep
        if not pitch.BALL_RADIUS < y < pitch.WIDTH - pitch.BALL_RADIUS:
            y, vy = max(pitch.BALL_RADIUS, min(pitch.WIDTH - pitch.BALL_RADIUS, y)), -pitch.BOUNCE_WALL * vy
        x = max(pitch.BALL_RADIUS, min(pitch.LENGTH - pitch.BALL_RADIUS, x))
    return path


def _arrival(player: Json, path: list[Vector]) -> int:
    """The first tick at which he can be at the ball, running at nine tenths of his top speed."""
    for tick, place in enumerate(path):
        if _distance(player["p"], place) - _TOUCH <= 0.9 * _TOP_SPEED * pitch.TICK_SECONDS * tick:
            return tick
    return len(path) + int(_distance(player["p"], path[-1]))


def _guard(path: list[Vector]) -> Vector:
    """In front of the goal, where the ball will come; between the ball and the goal where it will not."""
    for x, y in path:
        if x < 60.0 and abs(y - _MIDDLE) < pitch.GOAL_WIDTH:
            return 30.0, max(_MIDDLE - 90.0, min(_MIDDLE + 90.0, y))
    return 36.0, _MIDDLE + 0.35 * (path[0][1] - _MIDDLE)


def _shot(player: Json, view: Json) -> Vector:
    """At the corner farther from the opponent who is nearest to his goal."""
    ball = view["ball"]["p"]
    last = max(view["opponents"], key=lambda opponent: opponent["p"][0])
    corner = _MIDDLE + (-0.35 if last["p"][1] > _MIDDLE else 0.35) * pitch.GOAL_WIDTH
    return _away(player, ball, (pitch.LENGTH, corner))
