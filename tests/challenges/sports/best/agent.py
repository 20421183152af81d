"""The authors' own best: predicts the ball, gives the jobs anew every tick, shoots where nobody stands, passes, and
keeps its goal where the ball will come."""

import math
from itertools import pairwise

RADIUS, BALL, REACH = 18.0, 10.0, 36.0
TOP, ACCEL, DRAG, BALL_DRAG, KICK, LIMIT = 200.0, 500.0, 2.5, 0.6, 380.0, 600.0
HORIZON, STEP = 30, 0.1
LOW, HIGH = 212.0, 388.0  # of a goal, for the middle of a ball


def act(view):
    ball, mine, theirs = view["ball"], view["me"], view["opponents"]
    path = predict(ball["p"], ball["v"])
    keeper = min(range(3), key=lambda i: math.dist(mine[i]["p"], (20.0, 300.0)) + (0 if i == 0 else 60))
    meets = [meet(player, path) for player in mine]
    danger = min(meet(player, path)[0] for player in theirs)
    first = min((i for i in range(3) if i != keeper), key=lambda i: meets[i][0])
    soon = path[5]
    at_our_goal = soon[0] < 90 and abs(soon[1] - 300) < 150
    is_first = path[0][0] < 260 and meets[keeper][0] < min(danger, meets[first][0]) - 0.1
    moves = []
    for i, player in enumerate(mine):
        if i == first or (i == keeper and (at_our_goal or is_first)):
            force = press(player, meets[i][1])
        elif i == keeper:
            force = run(player, guard(path, ball))
        else:
            force = run(player, support(ball, danger, meets[first][0]))
        moves.append({"force": force, "kick": [0, 0]})
    for i, player in enumerate(mine):
        if math.dist(player["p"], ball["p"]) <= REACH:
            moves[i]["kick"] = choose_kick(ball, mine, theirs, i)
            break
    return moves


def predict(p, v):
    """Where the middle of the ball will be, every tenth of a second; bounces off the walls, stops in a goal."""
    (x, y), (vx, vy), path = p, v, []
    for _ in range(HORIZON):
        path.append((x, y))
        x, y = x + vx * STEP, y + vy * STEP
        vx, vy = vx * (1 - BALL_DRAG * STEP), vy * (1 - BALL_DRAG * STEP)
        if y < BALL or y > 600 - BALL:
            y, vy = 2 * (BALL if y < BALL else 600 - BALL) - y, -0.8 * vy
        if (x < BALL or x > 900 - BALL) and not LOW < y < HIGH:
            x, vx = 2 * (BALL if x < BALL else 900 - BALL) - x, -0.8 * vx
        x = max(-30.0, min(930.0, x))
    return path


def meet(player, path):
    """(seconds, place) where a player first reaches the ball."""
    (x, y), (vx, vy) = player["p"], player["v"]
    for k, (bx, by) in enumerate(path):
        t = k * STEP
        # where he drifts without doing anything, and how far he gets by running
        slide = (1 - math.exp(-DRAG * t)) / DRAG
        away = math.hypot(bx - x - vx * slide, by - y - vy * slide)
        if away - 26 <= TOP * (t - slide):
            return t, (bx, by)
    return HORIZON * STEP + math.dist((x, y), path[-1]) / TOP, path[-1]


def guard(path, ball):
    """On the line from the goal to the ball, and where a shot will cross."""
    for (ax, ay), (bx, by) in pairwise(path):
        if bx < 34 <= ax and abs(by - 300) < 130:
            share = (ax - 34) / (ax - bx)
            return (30.0, max(205.0, min(395.0, ay + share * (by - ay))))
    bx, by = ball["p"]
    out = 34.0 + 0.05 * max(0.0, bx - 100)
    share = out / max(bx, out + 1)
    return (out, 300 + (by - 300) * min(0.8, 2.2 * share + 0.12))


def support(ball, danger, ours):
    """A field player without the ball: ahead of it when we have it, behind it when they do."""
    bx, by = ball["p"]
    if ours < danger:
        side = -1 if by > 300 else 1
        return (min(760.0, bx + 150), 300 + side * 110)
    return (max(90.0, bx - 190), 300 + 0.55 * (by - 300))


def press(player, place):
    """To the ball from behind, as seen from their goal."""
    gx, gy = unit(905 - place[0], 300 - place[1])
    x, y = player["p"]
    bx, by = place
    if x > bx - 4 and math.dist(player["p"], place) < 80 and bx > 60:
        side = 1 if y >= by else -1
        return run(player, (bx - 42, by + side * 36), 6)
    back = 22 if math.dist(player["p"], place) < 90 else 10
    return run(player, (bx - back * gx, by - back * gy), 8)


def choose_kick(ball, mine, theirs, kicker):
    """The best of shots, passes and clearances, by how sure they are to get there."""
    (bx, by), (vx, vy) = ball["p"], ball["v"]
    px, py = mine[kicker]["p"]
    best, best_value = [0, 0], 0.12
    for target, worth in targets(ball, mine, theirs, kicker):
        dx, dy = unit(target[0] - bx, target[1] - by)
        if (bx - px) * dx + (by - py) * dy < 4:  # it would hit our own man
            continue
        # what to add so that the ball goes there and not where it is rolling
        kx, ky = dx * LIMIT - vx, dy * LIMIT - vy
        kx, ky = unit(kx, ky)
        nx, ny = vx + KICK * kx, vy + KICK * ky
        speed = math.hypot(nx, ny)
        if speed < 150:
            continue
        off = (nx * dx + ny * dy) / speed
        if off < 0.97:
            continue
        value = worth * free(bx, by, nx, ny, math.dist((bx, by), target), theirs)
        if value > best_value:
            best, best_value = [kx, ky], value
    return best


def targets(ball, mine, theirs, kicker):
    bx, by = ball["p"]
    for y in range(220, 381, 20):
        reach = math.dist((bx, by), (905, y))
        yield (905.0, float(y)), max(0.0, 1.0 - reach / 700)
    for wall in (BALL, 600 - BALL):  # off the side wall
        for y in (240, 300, 360):
            mirrored = 2 * wall - y
            reach = math.dist((bx, by), (905, mirrored))
            yield (905.0, float(mirrored)), 0.6 * max(0.0, 1.0 - reach / 600)
    for i, mate in enumerate(mine):
        if i != kicker and mate["p"][0] > bx + 40:
            x, y = mate["p"][0] + 0.5 * mate["v"][0] + 15, mate["p"][1] + 0.5 * mate["v"][1]
            yield (x, y), 0.35 + 0.25 * x / 900
    for angle in range(-75, 76, 15):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        yield (bx + 260 * c, by + 260 * s), 0.2 + 0.15 * c


def free(bx, by, vx, vy, distance, theirs):
    """1 where no opponent can be in the way, towards 0 where one surely is."""
    speed, sure = math.hypot(vx, vy), 1.0
    ux, uy = vx / speed, vy / speed
    for man in theirs:
        worst = 1.0
        for k in range(1, 13):
            s = distance * k / 12
            left = 1 - BALL_DRAG * s / speed
            if left <= 0.15:
                return 0.0 if distance > 300 else 0.3 * sure
            t = -math.log(left) / BALL_DRAG
            x, y = bx + ux * s, by + uy * s
            if y < BALL:
                y = 2 * BALL - y
            elif y > 600 - BALL:
                y = 2 * (600 - BALL) - y
            slide = (1 - math.exp(-DRAG * t)) / DRAG
            gap = math.dist((man["p"][0] + man["v"][0] * slide, man["p"][1] + man["v"][1] * slide), (x, y))
            margin = gap - 30 - 0.8 * TOP * (t - slide)
            worst = min(worst, max(0.02, min(1.0, 0.5 + margin / 60)))
        sure *= worst
    return sure


def run(player, target, gain=4):
    (x, y), (vx, vy) = player["p"], player["v"]
    dx, dy = target[0] - x, target[1] - y
    length = math.hypot(dx, dy)
    speed = min(TOP, gain * length)
    ux, uy = unit(dx, dy)
    return [
        (DRAG * vx + (speed * ux - vx) / 0.1) / ACCEL,
        (DRAG * vy + (speed * uy - vy) / 0.1) / ACCEL,
    ]


def unit(x, y):
    length = math.hypot(x, y)
    return (x / length, y / length) if length > 1e-9 else (0.0, 0.0)
