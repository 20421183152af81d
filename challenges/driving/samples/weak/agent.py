"""Follows its route at the speed limit and looks at nothing else: not at other cars, not at the bends ahead."""

import math

LOCK = 0.6  # rad, what a steer of 1 means


def act(observation):
    x, y = observation["route"][2]
    steer = math.atan2(2 * 5.0 * y, x * x + y * y) / LOCK
    accel = 0.5 * (observation["limit"] - observation["speed"])
    return {"accel": max(-1.0, min(1.0, accel)), "steer": max(-1.0, min(1.0, steer))}
