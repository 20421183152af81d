"""What a sheet says of people: entries that they read, categories, rubrics, recorded reviews."""

import pytest

from challenges import sheet
from challenges.errors import BrokenChallenge
from challenges.registry import folder

RUBRIC = 'criteria = [{ name = "all", weight = 100, title = { en = "All" } }]\n'
ABOUT = """
version = "1"
pairing = "none"
title = { en = "T" }
summary = { en = "S" }
score = { unit = "", digits = 2 }
limits = { entry_mib = 20 }
"""
DECK = '[entry]\nkind = "deck"\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A challenge of its own, of these files."""
    monkeypatch.setattr(sheet, "folder", lambda slug: tmp_path)

    def put(**files: str) -> None:
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_toml", ".toml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)

    return put


def test_what_nobody_plays_needs_no_seats_clocks_or_limits(write):
    write(about_toml=ABOUT + DECK, rubric_toml=RUBRIC)
    about = sheet.about("x")
    assert (about.seats, about.clocks, about.cpu_seconds, about.practice_cases) == ((), {}, 0, 1)
    assert about.entry.kind == "deck"
    assert about.rubric is not None
    assert about.rubric.names == ("all",)


def test_a_program_has_no_rubric_and_no_categories_unless_it_says_so():
    about = sheet.about("driving")
    assert (about.entry.kind, about.categories, about.rubric) == ("program", (), None)


@pytest.mark.parametrize(
    ("more", "rubric", "says"),
    [
        (DECK, "", "rubric.toml"),
        ('[entry]\nkind = "poem"\n', RUBRIC, "poem"),
        (DECK + "pagse = 20\n", RUBRIC, "pagse"),
        ('[[categories]]\nname = "a"\ntitle = {}\n' * 2 + DECK, RUBRIC, "category"),
        ('[[categories]]\nname = ""\ntitle = {}\n' + DECK, RUBRIC, "category"),
        ('[[tracks]]\nname = "a"\ntitle = {}\n[[tracks]]\nname = "b"\ntitle = {}\n' + DECK, RUBRIC, "one track"),
        (DECK, RUBRIC.replace("100", "90"), "sum to 90"),
    ],
)
def test_what_does_not_fit_together_is_said(write, more, rubric, says):
    write(about_toml=ABOUT + more, **({"rubric_toml": rubric} if rubric else {}))
    with pytest.raises(BrokenChallenge, match=says):
        sheet.about("x")


def test_a_deck_cannot_be_played(write):
    driving = (folder("driving") / "about.toml").read_text()
    write(about_toml=driving + DECK)
    with pytest.raises(BrokenChallenge, match="cannot be played"):
        sheet.about("x")


def test_recorded_reviews_name_judges_and_entries_that_there_are(write):
    row = '[sound]\nlabel = "sound"\nteam = {}\nverdict = "AC"\n'
    review = '[judges.a]\nname = "A"\n[[reviews]]\njudge = "%s"\nentry = "%s"\nscores = { all = 5 }\n'
    write(samples_toml=row)
    assert sheet.recorded("x").reviews == ()
    write(samples__reviews_toml=review % ("a", "sound"))
    assert sheet.recorded("x").reviews[0].scores == {"all": 5}
    for judge, entry in (("b", "sound"), ("a", "weak")):
        write(samples__reviews_toml=review % (judge, entry))
        with pytest.raises(BrokenChallenge, match=judge if judge == "b" else entry):
            sheet.recorded("x")
    write(samples__reviews_toml="[judges]\n")
    with pytest.raises(BrokenChallenge, match="reviews"):
        sheet.recorded("x")
