"""`podium try` of a deck: looked at as the portal and the worker would, without a sandbox."""

import hashlib
import json
import shutil

import pytest
from click.testing import CliRunner

from challenges.registry import folder
from judge import cli
from judge.catalogue import about
from judge.errors import BadInput
from judge.tryout import look_at
from tests.judge.panels import DECK

SAMPLES = folder("startup") / "samples"


@pytest.fixture(autouse=True)
def no_engine(monkeypatch):
    """Nothing is run: an engine is not asked for."""

    def asked(*_):
        raise AssertionError("the engine was asked for")

    monkeypatch.setattr(cli, "engine", asked)


def test_a_folder_or_a_file_is_looked_at_alike():
    sound = about("startup")
    one, other = look_at(sound, SAMPLES / "sound"), look_at(sound, SAMPLES / "sound" / "deck.pdf")
    assert one == other
    assert one.sha256 == hashlib.sha256(DECK).hexdigest()
    assert one.complaint is None


def test_an_unpacked_starter_kit_is_looked_at_as_it_is(tmp_path):
    shutil.copytree(SAMPLES / "sound", tmp_path / "entry")
    assert look_at(about("startup"), tmp_path).sha256 == hashlib.sha256(DECK).hexdigest()


def test_the_command_says_that_people_score_it_and_by_what():
    done = CliRunner().invoke(cli.main, ["try", "startup", str(SAMPLES / "sound")])
    assert done.exit_code == 0
    assert "People score it" in done.output
    assert "product 25" in done.output
    printed = json.loads(CliRunner().invoke(cli.main, ["try", "startup", str(SAMPLES / "sound"), "--json"]).output)
    assert (printed["verdict"], printed["state"], printed["score"]) == (None, "awaiting_panel", None)
    assert sum(printed["criteria"].values()) == 100


def test_a_broken_deck_is_judged_as_it_would_be_and_that_is_what_was_asked():
    done = CliRunner().invoke(cli.main, ["try", "startup", str(SAMPLES / "crash"), "--json"])
    assert done.exit_code == 0
    printed = json.loads(done.output)
    assert (printed["verdict"], printed["state"]) == ("PE", "failed")
    assert printed["message"]["code"] == "deck-cut-off"
    plain = CliRunner().invoke(cli.main, ["try", "startup", str(SAMPLES / "crash")]).output
    assert "cut off" in plain


def test_what_the_portal_would_refuse_is_refused(tmp_path):
    (tmp_path / "deck.pdf").write_bytes(DECK)
    with pytest.raises(BadInput) as missing:
        look_at(about("startup"), tmp_path)
    assert missing.value.public.code == "deck-folder"
    (tmp_path / "summary.txt").write_text("")
    with pytest.raises(BadInput) as empty:
        look_at(about("startup"), tmp_path)
    assert empty.value.public.code == "field-empty"
    (tmp_path / "summary.txt").write_text("We are.")
    assert look_at(about("startup"), tmp_path).complaint is None
    done = CliRunner().invoke(cli.main, ["try", "startup", str(tmp_path / "summary.txt")])
    assert done.exit_code == 1
    assert "takes a PDF" in done.output
