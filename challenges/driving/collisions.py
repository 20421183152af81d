"""Whose fault a collision is.

highway-env marks both cars as crashed. nuPlan's rule (metric "no ego at-fault collisions", nuplan-devkit) says who was
to blame, from the pose and speed of both at the first contact: the first line that fits decides.

    the player stands                       not at fault
    the other stands (or is an obstacle)    at fault
    the other is behind                     not at fault   (its centre is more than 150° off the player's heading)
    the player's front edge is in it        at fault
    sideways                                at fault only while the player is not within one lane
"""

import math
from typing import Any

STOPPED_SPEED = 0.05
BEHIND_ANGLE = math.radians(150)


def at_fault(car: Any, other: Any, *, within_one_lane: bool) -> bool:
    """Whether the player is to blame. `car` and `other` have x, y, heading, speed, LENGTH and WIDTH at the contact."""
    if car.speed <= STOPPED_SPEED:
        return False
    if other.speed <= STOPPED_SPEED:
        return True
    bearing = math.atan2(other.y - car.y, other.x - car.x) - car.heading
    if abs((bearing + math.pi) % (2 * math.pi) - math.pi) > BEHIND_ANGLE:
        return False
    if front_edge_meets(car, other):
        return True
    return not within_one_lane


def front_edge_meets(car: Any, other: Any) -> bool:
    """Whether the line between the car's two front corners meets the other's body."""
    c, s = math.cos(car.heading), math.sin(car.heading)
    ends = [
        (car.x + c * car.LENGTH / 2 - s * side, car.y + s * car.LENGTH / 2 + c * side)
        for side in (-car.WIDTH / 2, car.WIDTH / 2)
    ]
    c, s = math.cos(other.heading), math.sin(other.heading)
    (ax, ay), (bx, by) = (
        ((x - other.x) * c + (y - other.y) * s, (y - other.y) * c - (x - other.x) * s) for x, y in ends
    )
    # Liang-Barsky: does the segment a-b meet the box |x| ≤ length / 2, |y| ≤ width / 2?
    enter, leave = 0.0, 1.0
    for start, delta, half in ((ax, bx - ax, other.LENGTH / 2), (ay, by - ay, other.WIDTH / 2)):
        if delta == 0.0:
            if abs(start) > half:
                return False
            continue
        near, far = sorted(((-half - start) / delta, (half - start) / delta))
        enter, leave = max(enter, near), min(leave, far)
    return enter <= leave
