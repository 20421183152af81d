"""Looks for the seed, then tries in turn: NaN, infinity, a fourth player, teleporting, a goal of its own writing, and two
answers to one question. Nobody runs at the ball: without the tricks this team stands still."""

import os
from pathlib import Path

PLACES = ("/proc/1/environ", "/proc/1/cmdline", "/run/podium/seed", "/etc/shadow")
NAN, INFINITY = float("nan"), float("inf")


def reset(info):
    info["seed"] = os.environ.get("PODIUM_SEED")
    for place in PLACES:
        try:
            info["seed"] = info["seed"] or Path(place).read_bytes()
        except OSError:
            continue


def move(force, kick, **more):
    return {"force": force, "kick": kick, **more}


def act(view):
    view["score"] = [99, 0]
    tricks = [
        [move([NAN, NAN], [NAN, 0])] * 3,
        [move([INFINITY, 0], [0, -INFINITY])] * 3,
        [move([0, 0], [1e308, 0])] * 4,
        [move([0, 0], [0, 0], p=[899, 300])] * 3,
        {"moves": [move([0, 0], [1, 0])] * 3, "score": [3, 0]},
        [[move([0, 0], [1, 0])] * 3] * 2,
        [move([0, 0], [10**17, 0])] * 3,  # a valid one: a kick from afar, as hard as it gets
    ]
    return tricks[view["tick"] % len(tricks)]
