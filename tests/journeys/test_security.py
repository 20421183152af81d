"""Attacks and defences of three teams, over HTTP, on real Docker: every pair meets once, a team's own never; who comes
late meets all; who leaves takes its figures along."""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import fmean
from typing import Any

import pytest

from challenges import sheet
from challenges.security.outcomes import AGAINST, UNDER
from judge.samples import pack
from tests.system import Person, System, patience, running

pytestmark = [pytest.mark.docker, pytest.mark.kills]
SAMPLES = {sample.name: sample for sample in sheet.samples("security")}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("security") / "data", PODIUM_SANDBOX="docker") as up:
        up.open_contest("security", hidden=False, cases=1)
        yield up
    assert up.process.returncode == 0, up.log.read_text()
    assert up.leftovers() == []


def board(person: Person, track: str) -> dict[str, Any]:
    """By team, its row."""
    rows = person.get(f"/api/contests/security/practice/board/{track}").json()["rows"]
    return {row["team"]: row for row in rows}


def cells(person: Person) -> dict[tuple[str, str], float]:
    """(attacking team, defending team) -> what the defence got, of every meeting that was played."""
    rows = person.get("/api/contests/security/practice/matches").json()["rows"]
    found = {}
    for row in rows:
        attack, defence = row["sides"]
        if defence["score"] is not None:
            found[attack["team"], defence["team"]] = defence["score"]
    assert len(found) == sum(row["state"] == "scored" for row in rows), "no pair meets twice"
    return found


def settled(person: Person, system: System, *, opponents: dict[tuple[str, str], int]) -> None:
    """Until the boards say that everybody has met so many, the house's own included."""

    def seen() -> dict[tuple[str, str], int]:
        return {
            (track, team): round(row["columns"]["opponents"])
            for track in ("attack", "defence")
            for team, row in board(person, track).items()
        }

    for _ in patience(240, lambda: f"{seen()} instead of {opponents}\n{system.log.read_text()[-2000:]}"):
        if seen() == opponents:
            return


def sums_hold(person: Person, gone: tuple[str, ...] = ()) -> None:
    """Every total is the mean over the house and the meetings with those who are in the field."""
    met = cells(person)
    for team, row in board(person, "attack").items():
        house = [row["columns"][name] for name in AGAINST.values()]
        theirs = [100 - cell for (attack, _), cell in met.items() if attack == team]
        assert row["score"] == pytest.approx(fmean(house + theirs), abs=1e-4)
    for team, row in board(person, "defence").items():
        house = [row["columns"][name] for name in UNDER.values()]
        theirs = [cell for (attack, defence), cell in met.items() if defence == team and attack not in gone]
        assert row["score"] == pytest.approx(fmean(house + theirs), abs=1e-4)


def test_every_pair_meets_once_a_latecomer_meets_all_and_who_withdraws_leaves_every_figure(system: System) -> None:
    with ExitStack() as stack:
        ann, bob, cyd = (stack.enter_context(Person(system.url, name)) for name in ("ann", "bob", "cyd"))
        pages = {}
        for person, sample in ((ann, "sound"), (bob, "weak")):
            person.join("security")
            for track, name in (("attack", sample), ("defence", f"{sample}-defence")):
                pages[person.name, track] = person.upload("security", pack(SAMPLES[name].path), track=track)
        system.wait_judged(4, seconds=180)
        pair = {
            (track, f"Team {name}"): house + 1
            for track, house in (("attack", 5), ("defence", 4))
            for name in ("ann", "bob")
        }
        settled(ann, system, opponents=pair)
        assert set(cells(ann)) == {("Team ann", "Team bob"), ("Team bob", "Team ann")}
        sums_hold(ann)

        cyd.join("security")
        cyd.upload("security", pack(SAMPLES["weak-defence"].path), track="defence")
        system.wait_judged(5, seconds=120)
        settled(
            ann,
            system,
            opponents=pair | {("attack", "Team ann"): 7, ("attack", "Team bob"): 7, ("defence", "Team cyd"): 6},
        )
        assert set(cells(ann)) == {
            (f"Team {a}", f"Team {d}") for a in ("ann", "bob") for d in ("ann", "bob", "cyd") if a != d
        }
        sums_hold(ann)
        assert cells(ann)["Team ann", "Team cyd"] == cells(ann)["Team ann", "Team bob"], (
            "the same bytes, the same score"
        )

        page = ann.get("/en/contests/security/practice/matches").text
        assert page.count("×</abbr>") == 2, "a team's own pairs are marked"
        number = ann.get("/api/contests/security/practice/matches").json()["rows"][0]["id"]
        assert ann.get(f"/api/contests/security/practice/matches/{number}/view").json()["kind"] == "images"

        bob.form(f"{pages['bob', 'attack']}/withdraw")
        settled(
            ann,
            system,
            opponents={
                ("attack", "Team ann"): 7,
                ("defence", "Team ann"): 4,
                ("defence", "Team bob"): 5,
                ("defence", "Team cyd"): 5,
            },
        )
        sums_hold(ann, gone=("Team bob",))
