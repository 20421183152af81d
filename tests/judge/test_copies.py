"""Which entries of two teams are shown to organisers as looking like one."""

import json
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from click.testing import CliRunner

from challenges import registry
from challenges.base import Score
from challenges.datalake.copies import packed as predictions
from judge import copies, results
from judge.cli import main
from judge.copies import Copy
from judge.models import Contest, User
from judge.samples import pack, samples_of
from judge.scoring import Judged
from judge.submissions import Receipt
from sandbox.types import Verdict
from tests.judge.world import HERE, World, after, packed, played_run

ROWS = 200


@pytest.fixture
def lake(world: World) -> Contest:
    return world.contest("lake", challenge="datalake", counts="last")[0]


def enter(
    world: World, user: User, content: bytes, piece: bytes | None = None, *, minute: int, case: str = "season-1"
) -> Receipt:
    """An entry that is judged, and left `piece` behind."""
    receipt = world.upload(user, content, at=after(minutes=minute), contest="lake")
    claim = world.claim(receipt.judgement_id, now=after(minutes=minute))
    run = played_run(case, 70.0)
    run = replace(run, artefacts={"player": piece} if piece else {})
    files = [results.store_files(world.storage, run)]
    judged = Judged(Verdict.AC, None, {"": Score(70.0, 70.0)})
    with world.db.write() as session:
        results.record(
            session,
            claim=claim,
            played=[run],
            files=files,
            judged=judged,
            circumstances=HERE,
            now=after(minutes=minute),
        )
    return receipt


def found(world: World, contest: Contest) -> list[Copy]:
    with world.db.read() as session:
        challenge = registry.load(contest.challenge)
        return copies.find(session, world.storage, contest=contest, challenge=challenge)


def teams(pairs: list[Copy]) -> list[tuple[str, str, str]]:
    return [(pair.kind, pair.first.team, pair.second.team) for pair in pairs]


def draw(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(ROWS)


def test_the_same_file_of_two_teams_is_shown_the_earlier_first(world: World, lake: Contest):
    one, other, third = (world.enrolled(lake, name=name)[0] for name in ("One", "Other", "Third"))
    enter(world, other, packed(b"same"), minute=3)
    enter(world, one, packed(b"same"), minute=1)
    enter(world, one, packed(b"same"), minute=2)
    enter(world, third, packed(b"own"), minute=0)
    (pair,) = found(world, lake)
    assert teams([pair]) == [("file", "one", "other")]
    assert pair.first.received_at == after(minutes=1)


def test_predictions_in_the_same_order_are_shown_however_they_were_bent(world: World, lake: Contest):
    one, other, third = (world.enrolled(lake, name=name)[0] for name in ("One", "Other", "Third"))
    enter(world, one, packed(b"1"), predictions(draw(1)), minute=1)
    enter(world, other, packed(b"2"), predictions(draw(1) ** 3 / 2), minute=2)
    enter(world, third, packed(b"3"), predictions(draw(2)), minute=3)
    (pair,) = found(world, lake)
    assert (teams([pair]), pair.case) == ([("alike", "one", "other")], "season-1")
    assert pair.measure > 0.9999


def test_a_teams_own_entries_and_different_cases_are_not_compared(world: World, lake: Contest):
    one, other = (world.enrolled(lake, name=name)[0] for name in ("One", "Other"))
    enter(world, one, packed(b"1"), predictions(draw(1)), minute=1)
    enter(world, one, packed(b"2"), predictions(draw(1)), minute=2)
    enter(world, other, packed(b"3"), predictions(draw(1)), minute=3, case="season-2")
    assert found(world, lake) == []


def test_what_both_have_from_the_starter_kit_is_nobodys_copy(world: World, lake: Contest):
    sound = pack(next(sample.path for sample in samples_of("datalake") if sample.name == "sound"))
    users = [world.enrolled(lake, name=name)[0] for name in ("One", "Other", "Third", "Fourth")]
    enter(world, users[0], sound, predictions(draw(1)), minute=1)
    enter(world, users[1], sound, predictions(draw(1)), minute=2)
    enter(world, users[2], packed(b"1"), predictions(draw(1) / 2), minute=3)
    enter(world, users[3], packed(b"2"), predictions(draw(1) / 3), minute=4)
    assert found(world, lake) == []


def test_a_contest_whose_runs_leave_nothing_compares_files_alone(world: World, lake: Contest):
    world.contest("echo")
    with world.db.read() as session:
        echo = registry.load("echo")
        assert copies.find(session, world.storage, contest=lake, challenge=echo) == []


def test_the_command_prints_one_document(one: World, monkeypatch: pytest.MonkeyPatch):
    lake = one.contest("lake", challenge="datalake")[0]
    for minute, name in enumerate(("One", "Other")):
        enter(one, one.enrolled(lake, name=name)[0], packed(b"same"), minute=minute)
    monkeypatch.setenv("PODIUM_DATA", str(one.settings.data))
    monkeypatch.setenv("PODIUM_RUN", str(one.settings.run))
    monkeypatch.setenv("PODIUM_DATABASE_URL", str(one.db.engine.url))
    printed = json.loads(CliRunner().invoke(main, ["copies", "lake", "--json"], catch_exceptions=False).stdout)
    assert printed["contest"] == "lake"
    (pair,) = printed["pairs"]
    assert (pair["kind"], pair["first"]["team"], pair["second"]["team"]) == ("file", "one", "other")
    assert datetime.fromisoformat(pair["first"]["received_at"]) == after()
    assert "one (" in CliRunner().invoke(main, ["copies", "lake"]).stdout
