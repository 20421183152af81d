"""Which columns a board shows: those of its track."""

import pytest

from judge import catalogue, columns
from judge.models import Phase
from tests.judge.matchday import Field, opened


@pytest.fixture
def siege(world, worker) -> Field:
    return opened(world, worker, "siege")


def names(slug: str, phase: Phase, track: str = "") -> list[str]:
    return [column.name for column in columns.shown(catalogue.about(slug), phase, track)]


def test_a_board_shows_the_columns_of_its_own_track(siege: Field):
    assert names("siege", siege.phase, "attack") == ["numbers", "breach"]
    assert names("siege", siege.phase, "defence") == ["numbers", "hold"]


def test_a_row_carries_its_own_tracks_figures_alone(siege: Field):
    siege.send("Rams", "ram", track="attack")
    siege.send("Walls", "wall", track="defence")
    siege.line.run()
    (attacked,), (defended,) = siege.board("attack"), siege.board("defence")
    assert attacked.columns == {"numbers": 6.0, "breach": 100.0}
    assert defended.columns == {"numbers": 6.0, "hold": 0.0}


def test_a_meeting_in_cross_play_shows_the_columns_of_both_tracks(siege: Field):
    about = catalogue.about("siege")
    assert [column.name for column in columns.of_meeting(about, siege.phase, "")] == ["numbers", "breach", "hold"]
    duel = catalogue.about("duel")
    assert columns.of_meeting(duel, siege.phase, "") == duel.columns
