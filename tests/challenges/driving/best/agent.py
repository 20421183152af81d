"""The authors' best driver: the measure of how much room the contest leaves above its sound sample.

Theory of operation. Every tick it tries some forty plans (a lateral offset from the route, an acceleration held for a
moment) against where everybody will be if they keep on. A plan is safe if, followed by hard braking, the car touches
nobody while it still rolls: who stands is never at fault. Of the safe plans it takes the one that gets it farthest,
judged by the speed that each lane allows. In bends the tyres decide.
"""

import itertools
import math

BRAKE, THROTTLE, LOCK = 6.0, 4.0, 0.6
WHEELBASE, LENGTH, WIDTH = 5.0, 5.0, 2.0
GRIP, PLANNED_BRAKE = 6.6, 5.0
STEP, STEPS = 0.2, 20
HOLD = 0.4
PASSING = 9.0
PASSING_ON_MOTORWAY = 6.0
EXPECTED_BRAKE = 5.0
MID_CHANGE = 2.0
DRIFT_SECONDS = 0.5
TOP_ON_MOTORWAY = 18.0
ACCELERATIONS = (4.0, 2.0, 0.5, -1.0, -3.0, -6.0)


class State:
    """What is remembered between ticks."""

    width = 4.0
    offsets = (0.0,)
    target = 0.0
    discipline = ""


def reset(info):
    State.width, State.target, State.discipline = info["lane_width"], 0.0, info["discipline"]
    lanes = range(-info["lanes_left"], info["lanes_right"] + 1)
    State.offsets = tuple(State.width * lane for lane in lanes)


def act(observation):
    path = Path(observation["route"])
    speed, limit = observation["speed"], observation["limit"]
    if State.discipline == "avoid":
        limit = min(limit, TOP_ON_MOTORWAY)
    here, offset = path.project(0.0, 0.0)
    cars = [Other(car, path) for car in observation["vehicles"]]
    State.target = choose(cars, here, offset, speed, limit)
    best, best_worth = (-BRAKE, State.target), -math.inf
    centre = State.width * round(offset / State.width)
    for target in dict.fromkeys((State.target, centre)):
        for wanted in ACCELERATIONS:
            acceleration = wanted
            after = max(0.0, speed + acceleration * HOLD)
            allowed = min(limit, path.bend_speed(here, target))
            if after > allowed + 0.3 and acceleration > -2.0:
                acceleration = max(-BRAKE, (allowed - speed) / HOLD)
            contact = rollout(path, here, offset, speed, target, acceleration, cars)
            worth = acceleration + (0.5 if target == State.target else 0.0)
            if contact is not None:
                worth = -200.0 + 20.0 * contact - acceleration
            if worth > best_worth:
                best, best_worth = (acceleration, target), worth
    acceleration, target = best
    allowed = min(
        limit, path.bend_speed(here, target), path.bend_speed(here, offset), passing_speed(cars, here, offset)
    )
    curvature = pursuit(path, here, offset, speed, target)
    allowed = min(allowed, math.sqrt(GRIP / max(abs(curvature), 1e-6)))
    acceleration = min(acceleration, (allowed - speed) / STEP)
    return {"accel": pedal(acceleration), "steer": wheel(curvature)}


def passing_speed(cars, here, offset):
    """Not too much faster than whoever we are about to pass: they may pull out."""
    slowest, more = math.inf, PASSING_ON_MOTORWAY if State.discipline == "avoid" else PASSING
    for car in cars:
        gap = car.along - here
        side = abs(car.right - offset)
        if car.ours and 3.0 < gap < 30.0 and 1.9 < side < 1.4 * State.width and car.forward > 1.0:
            slowest = min(slowest, car.forward + more + 0.4 * max(0.0, gap - 8.0))
    return slowest


class Path:
    """The route in the car's frame, with what lies behind it drawn straight on."""

    def __init__(self, points):
        (ax, ay), (bx, by) = points[0], points[1]
        back = [(ax - (bx - ax) * i, ay - (by - ay) * i) for i in range(12, 0, -1)]
        self.points = back + [tuple(p) for p in points]
        self.headings = [math.atan2(q[1] - p[1], q[0] - p[0]) for p, q in itertools.pairwise(self.points)]
        self.first = -3.0 * 12

    def project(self, x, y):
        """(metres along, metres to the right)."""
        best, found = math.inf, (0.0, 0.0)
        for i, ((ax, ay), h) in enumerate(zip(self.points, self.headings, strict=False)):
            c, s = math.cos(h), math.sin(h)
            along = (x - ax) * c + (y - ay) * s
            right = (y - ay) * c - (x - ax) * s
            excess = max(0.0, -along, along - 3.0)
            distance = math.hypot(excess, right)
            if distance < best:
                best, found = distance, (3.0 * i + min(3.0, max(0.0, along)), right)
        return found

    def at(self, along, right):
        i = min(max(int(along / 3.0), 0), len(self.headings) - 1)
        (x, y), h = self.points[i], self.headings[i]
        rest = along - 3.0 * i
        return x + rest * math.cos(h) - right * math.sin(h), y + rest * math.sin(h) + right * math.cos(h), h

    def bend_speed(self, here, offset):
        slowest = math.inf
        start = max(1, int(here / 3.0))
        for i in range(start, len(self.headings)):
            turn = (self.headings[i] - self.headings[i - 1] + math.pi) % (2 * math.pi) - math.pi
            curvature = turn / 3.0
            curvature = abs(curvature) / max(0.2, 1 - curvature * offset)
            if curvature > 1e-3:
                room = max(0.0, 3.0 * i - here - 4.0)
                slowest = min(slowest, math.sqrt(GRIP / curvature + 2 * PLANNED_BRAKE * room))
        return slowest


class Other:
    """A car and where it will be: along the route if it drives that way, else straight on."""

    def __init__(self, car, path):
        x, y = car["xy"]
        self.along, self.right = path.project(x, y)
        turned = car["heading"] - path.headings[min(int(self.along / 3.0), len(path.headings) - 1)]
        turned = (turned + math.pi) % (2 * math.pi) - math.pi
        self.speed = car["speed"]
        self.forward, self.across = self.speed * math.cos(turned), self.speed * math.sin(turned)
        self.ours = abs(turned) < 0.6 and abs(self.right) < 12
        self.way = []
        for k in range(STEPS + 1):
            t = STEP * k
            if self.ours:
                if x > 7.0 or State.discipline != "avoid":  # who is ahead may brake, who is beside or behind goes on
                    t = travelled(self.speed, EXPECTED_BRAKE, t) / max(self.speed, 0.1)
                drift = self.right + self.across * min(t, DRIFT_SECONDS)
                self.way.append(path.at(self.along + self.forward * t, drift))
            else:
                h = car["heading"]
                self.way.append((x + self.speed * t * math.cos(h), y + self.speed * t * math.sin(h), h))


def travelled(speed, brake, seconds):
    """Metres, braking until standing."""
    seconds = min(seconds, speed / brake)
    return speed * seconds - 0.5 * brake * seconds * seconds


def choose(cars, here, offset, speed, limit):
    """The lane that lets us go fastest for the next seconds, with some loyalty to the present one."""
    best, best_worth = State.target, -math.inf
    for lane in State.offsets:
        worth = limit
        for car in cars:
            gap = car.along - here - LENGTH
            side = min(abs(car.right - lane), abs(car.right + car.across - lane))
            if gap < -LENGTH or side > 2.4 or not (car.ours or car.speed < 6.0):
                continue
            worth = min(worth, max(0.0, car.forward) + max(0.0, gap - 6.0) / 3.0)
        worth -= 0.25 * abs(lane - offset) / State.width + 0.02 * abs(lane)
        if lane == State.target:
            worth += 0.8 if abs(lane - offset) < 0.6 else MID_CHANGE
        if worth > best_worth:
            best, best_worth = lane, worth
    return best


def rollout(path, here, offset, speed, target, acceleration, cars):
    """When (s) the plan first touches somebody while it still rolls; None if never."""
    along, right, v = here, offset, speed
    for k in range(1, STEPS + 1):
        t = STEP * k
        a = acceleration if t <= HOLD + 1e-9 else -PLANNED_BRAKE
        v = max(0.0, v + a * STEP)
        along += v * STEP
        rate = min(2.0, 0.25 * v) * STEP
        right += max(-rate, min(rate, target - right))
        if v <= 0.05:
            return None
        x, y, h = path.at(along, right)
        changing = abs(right - State.width * round(right / State.width)) > 0.7
        for car in cars:
            u, w, g = car.way[k]
            if abs(u - x) > 8 or abs(w - y) > 8:
                continue
            if touches(x, y, h, u, w, g, 0.5 if not changing else 1.2) and (changing or ahead(x, y, h, u, w)):
                return t
    return None


def ahead(x, y, h, u, w):
    """Whether the other is not behind us: only then may it be our fault."""
    return (u - x) * math.cos(h) + (w - y) * math.sin(h) > -1.0


def touches(x, y, h, u, w, g, margin):
    """Whether two bodies overlap, each taken as three discs along its length."""
    reach = WIDTH / 2 * 1.1
    c, s, d, r = math.cos(h), math.sin(h), math.cos(g), math.sin(g)
    for i in (-1.6, 0.0, 1.6 + margin):
        for j in (-1.6, 0.0, 1.6):
            if math.hypot(x + i * c - u - j * d, y + i * s - w - j * r) < 2 * reach + 0.15:
                return True
    return False


def pedal(acceleration):
    return max(-1.0, min(1.0, acceleration / (THROTTLE if acceleration >= 0 else BRAKE)))


def pursuit(path, here, offset, speed, target):
    """The curvature (1/m) of pure pursuit of the offset path; sideways no faster than the rollout assumes."""
    look = 3.5 + 0.45 * speed
    step = min(2.2, 0.28 * speed) * (look / max(speed, 1.0))
    aim = offset + max(-step, min(step, target - offset))
    x, y, _ = path.at(here + look, aim)
    return 2 * y / (x * x + y * y)


def wheel(curvature):
    """-1..1."""
    return max(-1.0, min(1.0, math.atan(WHEELBASE * curvature) / LOCK))
