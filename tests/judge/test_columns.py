"""Which columns a board shows: those of its track, and those that are not public from the reveal on."""

import pytest

from judge import catalogue, columns
from judge.models import Phase
from judge.states import PhaseState
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


# ---------------------------------------------------------------------------------------------------------------------
# When they open


@pytest.mark.parametrize("state", PhaseState)
def test_a_hidden_column_opens_with_the_reveal_and_not_before(state: PhaseState):
    """Promise 8."""
    lake, phase = catalogue.about("datalake"), Phase(hidden=True, state=state)
    secret = {column.name for column in lake.columns if not column.public}
    assert secret
    seen = {column.name for column in columns.shown(lake, phase, "")}
    assert (seen & secret) == (secret if state == PhaseState.REVEALED else set())
    assert seen >= {column.name for column in lake.columns} - secret


@pytest.mark.parametrize("state", PhaseState)
def test_a_view_opens_with_its_case_or_with_the_columns_that_it_may_draw(state: PhaseState):
    """Promise 8."""
    phase = Phase(hidden=True, state=state)
    opened = {slug: columns.views_open(catalogue.about(slug), phase) for slug in ("echo", "datalake")}
    assert opened == {"echo": state.over, "datalake": state == PhaseState.REVEALED}


def test_a_phase_that_hides_nothing_hides_no_column():
    lake, phase = catalogue.about("datalake"), Phase(hidden=False, state=PhaseState.OPEN)
    assert columns.shown(lake, phase, "") == lake.columns
    assert columns.views_open(lake, phase)


def test_a_figure_that_is_not_on_the_sheet_is_never_shown():
    lake, phase = catalogue.about("datalake"), Phase(hidden=True, state=PhaseState.REVEALED)
    figures = {"low": 1.0, "private": 2.0, "log_loss": 3.0}
    assert columns.only(figures, columns.shown(lake, phase, "")) == {"private": 2.0, "log_loss": 3.0}
