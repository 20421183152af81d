import json
import os
import subprocess
import sys

import numpy as np
import pytest

from challenges.base import Reply
from challenges.sports.house import HOUSE
from challenges.sports.kickoffs import Kickoffs
from challenges.sports.match import Match
from challenges.sports.replies import Flaw, read

PROGRAM = """
import hashlib, json
from challenges.base import Phase
from challenges.sports import pitch
from challenges.sports.challenge import Sports
from challenges.sports.house import HOUSE
from tests.challenges.fakes import Scripted, seats
pitch.TICKS = 400
sports = Sports()
phase = Phase(bytes(32), 1)
materials = sports.prepare(b"", cases=1)
games = [*sports.cases(materials, phase)[2:8:2], *sports.meetings(materials, phase)]
for game in games:
    live = {seat: Scripted(HOUSE["team" if seat == "left" else "pack"]) for seat in game.seats or ("left", "right")}
    print(hashlib.sha256(json.dumps(sports.play(game, seats(**live), {}).to_json()).encode()).hexdigest())
"""


def test_two_processes_get_the_same_bytes():
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ".", "OMP_NUM_THREADS": threads},
        )
        for seed, threads in (("1", "1"), ("2", "4"))
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(set(runs[0].stdout.split())) == 4


def test_a_game_leaves_the_global_generators_as_they_were_and_does_not_read_them(meet, short):
    texts = []
    for seed in (1, 2):
        np.random.seed(seed)
        before = repr(np.random.get_state())
        texts.append(json.dumps(meet(HOUSE["team"], HOUSE["roles"]).to_json()))
        assert repr(np.random.get_state()) == before
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", HOUSE)
def test_a_house_team_answers_by_the_rules_and_remembers_nothing(name):
    match = Match(Kickoffs(b"\x44" * 32))
    match.world.kick_off(next(match.balls))
    for tick in range(300):
        views = [match.view(team, tick) for team in (0, 1)]
        answers = [HOUSE[name](view) for view in views]
        assert [HOUSE[name](view) for view in views[::-1]] == answers[::-1]
        assert all(not isinstance(read(Reply(answer)), Flaw) for answer in answers)
        moves = [match._moves(team, Reply(answer), tick) for team, answer in enumerate(answers)]
        match.tick(moves)
    assert all(patience.count == 0 for patience in match.patience.values())
