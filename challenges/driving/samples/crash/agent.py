"""Drives for two seconds, then reads past the end of a list."""

import math


def act(observation):
    x, y = observation["route"][1]
    nearest = observation["vehicles"][int(observation["t"] / 2.0) * 99]
    gap = nearest["xy"][0]
    return {"accel": 0.2 if gap > 0 else 0.0, "steer": max(-1.0, min(1.0, math.atan2(y, x)))}
