"""What may be known of challenges without loading a simulator, and what the command line says."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from challenges import sheet
from challenges.base import Message, Score
from challenges.errors import BrokenChallenge
from judge import catalogue, sentences
from judge.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]


def test_names_sheets_and_statements_are_there_in_three_languages():
    assert {"driving", "echo"} <= set(catalogue.names())
    assert catalogue.about("echo").seats == ("player",)
    assert len({catalogue.statement("echo", language) for language in catalogue.LANGUAGES}) == 3


def test_a_challenges_own_sentence_in_the_readers_language():
    message = Message("late", {"number": 3})
    said = [catalogue.sentence("echo", message, language) for language in catalogue.LANGUAGES]
    assert said[0] == "Message 3 was not answered in time."
    assert len(set(said)) == 3
    assert all("3" in sentence for sentence in said)
    assert catalogue.sentence("echo", Message("ended-rte"), "en") is None


def test_looking_at_a_challenge_loads_no_simulator():
    program = (
        "import sys; from judge import catalogue\n"
        "for name in catalogue.names(): catalogue.about(name), catalogue.statement(name, 'ko')\n"
        "bad = {'gymnasium', 'highway_env', 'pygame', 'docker', 'scipy'} & set(sys.modules)\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


def test_a_refusal_is_one_sentence_with_its_figures():
    assert sentences.refusal(BadInput("archive-bomb", bytes=7)) == (
        "the archive unpacks to more than an entry may hold (bytes: 7)"
    )
    assert sentences.refusal(BadInput("field-too-long", field="name", longest=8)) == (
        "field too long (field: name, longest: 8)"
    )


def test_every_rule_that_archives_name_is_among_the_sentences():
    tree = ast.parse((ROOT / "sandbox" / "archive.py").read_text())
    codes = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "BadArchive"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert len(codes) > 8
    missing = {code for code in codes if f"archive-{code.replace('_', '-')}" not in sentences._ENGLISH}
    assert missing == set()


# ---------------------------------------------------------------------------------------------------------------------
# Contests in which entries meet


def test_which_boards_follow_from_meetings():
    found = {slug: catalogue.tracks_that_meet(catalogue.about(slug)) for slug in ("echo", "duel", "siege")}
    assert found == {"echo": (), "duel": ("",), "siege": ("attack", "defence")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"seats": ["left"]},
        {"pairing": "cross", "tracks": [{"name": "left", "title": {"en": "Left"}}]},
        {"meetings": {"margin": "goals"}},
        {"meetings": {"games": 3}},
        {"columns": [{"name": "wins", "title": {"en": "Won"}, "track": "sideways"}]},
        {"quota": {"per_day": 0}},
        {"quota": {"per_day": 5, "total": 4}},
        {"quota": {"total": 30, "chosen": 31}},
        {"quota": {"per_week": 3}},
        {"columns": [{"name": "wins", "title": {"en": "Won"}}, {"name": "wins", "title": {"en": "Won again"}}]},
    ],
)
def test_a_sheet_that_is_at_odds_with_itself_is_refused(monkeypatch, wrong):
    sound = tomllib.loads((ROOT / "tests" / "duel" / "about.toml").read_text(encoding="utf-8"))
    monkeypatch.setattr(sheet, "_toml", lambda _: {**sound, **wrong})
    with pytest.raises(BrokenChallenge):
        sheet.about("duel")


def test_a_column_stands_on_its_own_tracks_board_and_one_of_no_track_on_all():
    about = catalogue.about("siege")
    on = {track: [column.name for column in about.columns_on(track)] for track in ("attack", "defence")}
    assert on == {"attack": ["numbers", "breach"], "defence": ["numbers", "hold"]}


def test_two_tracks_may_have_columns_of_one_name(monkeypatch):
    sound = tomllib.loads((ROOT / "tests" / "siege" / "about.toml").read_text(encoding="utf-8"))
    columns = [
        {"name": "worst", "title": {"en": "Least"}, "track": "attack"},
        {"name": "worst", "title": {"en": "Most"}, "track": "defence"},
    ]
    monkeypatch.setattr(sheet, "_toml", lambda _: {**sound, "columns": columns})
    about = sheet.about("siege")
    assert [about.columns_on(track)[0].title["en"] for track in ("attack", "defence")] == ["Least", "Most"]


def test_a_score_crosses_a_process_boundary():
    for score in (
        Score(1.0, 2.0, (0.5, 1.5), {"x": 3.0}, (1.0, -2.0)),
        Score(1.0, 1.0),
        Score(1.0, 2.0, final_ties=()),
    ):
        assert Score.from_json(json.loads(json.dumps(score.to_json()))) == score


def test_boards_that_follow_from_meetings_or_from_people_are_named():
    found = {slug: catalogue.tracks_that_follow(catalogue.about(slug)) for slug in ("echo", "duel", "siege", "startup")}
    assert found == {
        "echo": (),
        "duel": catalogue.tracks_that_meet(catalogue.about("duel")),
        "siege": catalogue.tracks_that_meet(catalogue.about("siege")),
        "startup": ("",),
    }
    assert catalogue.tracks_that_meet(catalogue.about("startup")) == ()
