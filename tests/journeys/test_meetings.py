"""From two teams' uploads to a board of matches, over HTTP, on real Docker; and a worker that is killed in the middle
of one: each is played once all the same."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from judge.models import Meeting, Run, RunSeat
from judge.sandboxes import owner
from judge.states import JudgementState
from tests.system import ROOT, Person, System, containers, environment, packed, patience, running

pytestmark = [pytest.mark.docker, pytest.mark.kills]

PLAYER = """import time

def reset(info):
    time.sleep({seconds})

def act(observation):
    return observation["call"] + {offset}
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("meetings") / "data", PODIUM_SANDBOX="docker") as up:
        up.open_contest("duel", hidden=False, cases=1)
        yield up
    assert up.process.returncode == 0, up.log.read_text()
    assert up.leftovers() == []


def meetings_of(system: System, *states: JudgementState) -> list[Meeting]:
    db = system.database()
    try:
        with db.read() as session:
            found = list(session.exec(select(Meeting).order_by(col(Meeting.id))))
    finally:
        db.close()
    return [row for row in found if not states or row.state in states]


def records(system: System) -> list[tuple[int | None, str, int]]:
    """(meeting, seat, submission) of every stored seat of a meeting."""
    db = system.database()
    try:
        with db.read() as session:
            rows = session.exec(
                select(Run.meeting_id, RunSeat.seat, RunSeat.submission_id)
                .join(RunSeat, col(RunSeat.run_seq) == Run.seq)
                .where(col(Run.meeting_id).is_not(None))
            )
            return list(rows.all())
    finally:
        db.close()


def board(person: Person) -> list[str]:
    rows = person.get("/api/contests/duel/practice/board").json()["rows"]
    return [row["team"] for row in rows]


def test_two_teams_meet_and_a_worker_killed_in_mid_meeting_changes_nothing(system: System) -> None:
    """Promises 1 and 2."""
    with Person(system.url, "ann") as ann, Person(system.url, "bob") as bob:
        for person, offset in ((ann, 0), (bob, 5)):
            person.join("duel")
            person.upload("duel", packed(PLAYER.format(seconds=2.5, offset=offset)))
        system.wait_judged(2, seconds=90)
        for _ in patience(60, lambda: f"no meeting begins: {meetings_of(system)}"):
            if begun := meetings_of(system, JudgementState.RUNNING):
                break
        for part in [name for name in system.pids() if name.startswith("worker")]:
            system.kill(part)
        for _ in patience(90, lambda: f"{meetings_of(system)}\n{system.log.read_text()[-2000:]}"):
            found = meetings_of(system)
            if len(found) == 2 and all(row.state.final for row in found):
                break
        assert [row.state for row in found] == [JudgementState.SCORED] * 2
        assert next(row.attempt for row in found if row.id == begun[0].id) == 2
        seats = records(system)
        assert len(seats) == len(set(seats)) == 4, "two meetings, two seats, each stored once"
        assert {(row.first_id, row.second_id) for row in found} == {
            (a, b) for a in {row.first_id for row in found} for b in {row.second_id for row in found} if a != b
        }
        for _ in patience(10, lambda: f"the board says {board(ann)}"):
            if board(ann) == ["Team ann", "Team bob"]:
                break
        listed = ann.get("/api/contests/duel/practice/matches").json()
        assert listed["total"] == 2
        number = listed["rows"][0]["id"]
        assert bob.get(f"/en/contests/duel/practice/matches/{number}").status_code == 200
        assert bob.get(f"/api/contests/duel/practice/matches/{number}/view").json()["kind"] == "table"
        assert not containers(f"podium.owner={owner(system.settings)}", f"podium.meeting={begun[0].id}")


def podium(*arguments: str, folder: Path) -> dict[str, Any]:
    """What a command prints with `--json`."""
    done = subprocess.run(
        [sys.executable, "-m", "judge.cli", *arguments, "--json"],
        env=environment(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_the_demo_waits_until_everybody_has_met_and_prints_every_board(tmp_path: Path) -> None:
    printed = podium("demo", "duel", "siege", "--once", folder=tmp_path / "data")["contests"]
    duel, siege = printed["duel"], printed["siege"]
    assert (duel["submitted"], duel["judged"], duel["matches"]) == (5, 5, 6), "three qualify: three pairs, both ways"
    assert [row["team"] for row in duel["board"]] == ["Falcon", "Heron", "Snail"]
    assert sum(row["columns"]["wins"] for row in duel["board"]) <= 6
    assert siege["matches"] == 2
    assert {track: [row["team"] for row in rows] for track, rows in siege["boards"].items()} == {
        "attack": ["Ram", "Sling"],
        "defence": ["Wall"],
    }


@pytest.mark.parametrize(("sample", "track", "score"), [("wall", "defence", 66.666667), ("sound", "attack", 100.0)])
def test_trying_an_entry_plays_the_qualification_of_its_track(
    tmp_path: Path, sample: str, track: str, score: float
) -> None:
    entry = str(ROOT / "tests" / "siege" / "samples" / sample)
    printed = podium("try", "siege", entry, "--track", track, "--no-sandbox", folder=tmp_path / "data")
    assert (printed["verdict"], printed["score"]) == ("AC", score)
    assert [run["case"] for run in printed["runs"]] == [f"{track}-1"]
