"""The starter kit: pure pursuit along the route, IDM behind whoever is in the way, slow in bends.

Everything arrives in the frame of your own car: x metres ahead, y metres to the right. `act` is called five times a
second with an observation and returns what the two pedals and the wheel shall do until the next call. It drives in its
lane, keeps its distance, brakes for bends and for cars about to cross its way. It never overtakes and passes nothing
but what stands still: that is where to begin.
"""

import math

BRAKE, THROTTLE, LOCK = 6.0, 4.0, 0.6  # what -1 and 1 mean: m/s², m/s², rad
WHEELBASE = 5.0
GRIP = 3.5  # m/s² sideways; the tyres hold 7
PACE = 0.7   # of the speed limit
JAM_GAP = 5.0  # metres to keep behind a standing car, bumper to bumper
TIME_GAP = 1.8  # seconds to keep behind a moving one
COMFORT = 3.0  # m/s², the braking that IDM plans with
HORIZON = 3.0  # seconds to look ahead for crossing cars

lane_width = 4.0
lanes = (0, 0)  # to the left and to the right of the route
offset = 0.0  # metres to the right of the route at which to drive: to pass what stands in the way


def reset(info):
    """Called once, before the first observation, with what holds for the whole run."""
    global lane_width, lanes, offset
    lane_width, lanes, offset = info["lane_width"], (info["lanes_left"], info["lanes_right"]), 0.0


def act(observation):
    global offset
    route, speed = observation["route"], observation["speed"]
    cars = [place(car, route) for car in observation["vehicles"]]
    offset = choose_offset(cars, offset)
    wanted = min(PACE * observation["limit"], bend_speed(route))
    acceleration = idm(speed, wanted, leader(cars, speed, offset))
    return {"accel": pedal(acceleration), "steer": steering(route, speed, offset)}


def place(car, route):
    """Where a car is along the route: metres ahead, metres to its right, its speed along and across it."""
    x, y = car["xy"]
    nearest = min(range(len(route)), key=lambda i: math.hypot(x - route[i][0], y - route[i][1]))
    piece = min(max(nearest, 1), len(route) - 1)
    (px, py), (qx, qy) = route[piece - 1], route[piece]
    heading = math.atan2(qy - py, qx - px)
    c, s = math.cos(heading), math.sin(heading)
    turned = car["heading"] - heading
    return {
        "ahead": 3.0 * piece + (x - px) * c + (y - py) * s,  # the route's first point lies 3 m ahead
        "right": (y - py) * c - (x - px) * s,
        "along": car["speed"] * math.cos(turned),
        "across": car["speed"] * math.sin(turned),
        "speed": car["speed"],
    }


def choose_offset(cars, now):
    """Leave the lane only for what stands in it, if the lane beside is free; come back when it is passed."""

    def blocked(at, start, end, standing):
        return any(
            start < car["ahead"] < end and abs(car["right"] - at) < 2.6 and (car["speed"] < 0.5 or not standing)
            for car in cars
        )

    if now != 0.0:
        return now if blocked(0.0, -12, 30, standing=False) else 0.0
    if blocked(0.0, 0, 40, standing=True):
        for count, side in ((lanes[0], -lane_width), (lanes[1], lane_width)):
            if count and not blocked(side, -15, 25, standing=False):
                return side
    return 0.0


def bend_speed(route):
    """The speed at which the sharpest bend ahead asks for no more than GRIP, if braking starts now at COMFORT."""
    slowest = math.inf
    for i in range(1, len(route) - 1):
        (ax, ay), (bx, by), (cx, cy) = route[i - 1], route[i], route[i + 1]
        turn = math.atan2(cy - by, cx - bx) - math.atan2(by - ay, bx - ax)
        turn = abs((turn + math.pi) % (2 * math.pi) - math.pi)
        if turn > 1e-3:
            in_bend = GRIP * 3.0 / turn
            slowest = min(slowest, math.sqrt(in_bend + 2 * COMFORT * max(0.0, 3.0 * i - 3.0)))
    return slowest


def leader(cars, speed, at):
    """(gap, speed) of the next car in the way: in the lane, or crossing it when we would be there."""
    found = None
    for car in cars:
        if car["ahead"] <= 2.0:
            continue
        in_the_way = abs(car["right"] - at) < 1.9
        if not in_the_way and abs(car["across"]) > 1.0:
            until = (at - car["right"]) / car["across"]
            in_the_way = 0 < until < HORIZON and car["ahead"] < 12 + speed * HORIZON
        gap = car["ahead"] - 5.0
        if in_the_way and (found is None or gap < found[0]):
            found = (gap, max(0.0, car["along"]))
    return found


def idm(speed, wanted, ahead):
    """Intelligent Driver Model: m/s²."""
    acceleration = THROTTLE * (1 - (speed / max(wanted, 0.1)) ** 4)
    if ahead is not None:
        gap, its_speed = ahead
        desired = JAM_GAP + speed * TIME_GAP + speed * (speed - its_speed) / (2 * math.sqrt(THROTTLE * COMFORT))
        acceleration -= THROTTLE * (max(desired, JAM_GAP) / max(gap, 0.5)) ** 2
    return acceleration


def pedal(acceleration):
    """m/s² to -1..1."""
    return max(-1.0, min(1.0, acceleration / (THROTTLE if acceleration >= 0 else BRAKE)))


def steering(route, speed, at):
    """Pure pursuit: the arc from here through a point of the route, as a wheel angle, to -1..1."""
    ahead = min(len(route) - 1, max(1, round((3.0 + 0.5 * speed) / 3.0)))
    (px, py), (x, y) = route[ahead - 1], route[ahead]
    heading = math.atan2(y - py, x - px)
    x, y = x - at * math.sin(heading), y + at * math.cos(heading)
    curvature = 2 * y / (x * x + y * y)
    return max(-1.0, min(1.0, math.atan(WHEELBASE * curvature) / LOCK))
