"""The starter kit: a keeper, a back and a striker, each with one job.

`act` is called ten times a second with what your team sees and returns what each of your three players does until the
next call: a `force` (which way to run) and a `kick` (which way to knock the ball, if it is at his feet). Both are
vectors of length 1 at most. You always attack to the right: your goal is at x = 0, theirs at x = 900; y grows downwards.

Where to begin: everybody runs to where the ball is, not to where it will be; nobody passes, nobody looks at the
opponents, and shots go at the middle of the goal whoever stands there.
"""

import math

GOAL = (900.0, 300.0)  # the middle of theirs; the pitch is 900 × 600 and the goals are 200 wide
TOP_SPEED, ACCELERATION, DRAG = 200.0, 500.0, 2.5


def act(view):
    ball = view["ball"]["p"]
    first, second, third = view["me"]
    forces = [keeper(first, ball), back(second, ball), striker(third, ball)]
    return [{"force": force, "kick": away(player, ball)} for force, player in zip(forces, view["me"])]


def keeper(player, ball):
    """Between the ball and the middle of the goal; comes out for a ball that is near."""
    if ball[0] < 130 and abs(ball[1] - 300) < 130:
        return attack(player, ball)
    return run(player, (35.0, 300 + max(-85.0, min(85.0, 0.45 * (ball[1] - 300)))))


def back(player, ball):
    """At the ball while it is in our half, otherwise behind it."""
    if ball[0] < 420:
        return attack(player, ball)
    return run(player, (0.45 * ball[0], 300 + 0.6 * (ball[1] - 300)))


def striker(player, ball):
    """At the ball everywhere but deep in our half, where the others are."""
    if ball[0] > 200:
        return attack(player, ball)
    return run(player, (430.0, ball[1]))


def attack(player, ball):
    """Get behind the ball, as seen from their goal, and run into it."""
    x, y = player["p"]
    to_goal = direction(ball, GOAL)
    if x > ball[0] - 5:  # on the wrong side: around it, not through it
        side = 1 if y > ball[1] else -1
        return run(player, (ball[0] - 45, ball[1] + 40 * side))
    return run(player, (ball[0] - 24 * to_goal[0], ball[1] - 24 * to_goal[1]))


def away(player, ball):
    """A shot at the goal where the ball lies in front of the player, otherwise a kick that moves it off him."""
    to_goal, off_us = direction(ball, GOAL), direction(player["p"], ball)
    in_front = to_goal[0] * off_us[0] + to_goal[1] * off_us[1] > 0.3
    return to_goal if in_front else [off_us[0], off_us[1]] if off_us[0] > -0.3 else [0, 0]


def run(player, target):
    """The force that brings a player to a place, fast, and lets him arrive there slowly."""
    (x, y), (vx, vy) = player["p"], player["v"]
    dx, dy = target[0] - x, target[1] - y
    speed = min(TOP_SPEED, 4 * math.hypot(dx, dy))
    ux, uy = direction((x, y), target)
    # What the drag takes, and in a tick as much of the missing speed as there is force for.
    return [
        (DRAG * vx + (speed * ux - vx) / 0.1) / ACCELERATION,
        (DRAG * vy + (speed * uy - vy) / 0.1) / ACCELERATION,
    ]


def direction(start, end):
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    return [dx / length, dy / length] if length > 1e-6 else [0.0, 0.0]
