"""The samples: decks that can be made again, and bands that follow from their recorded reviews by arithmetic alone."""

import tomllib
from collections import Counter
from itertools import pairwise
from statistics import fmean

import pytest

from challenges import sheet
from challenges.registry import folder
from judge.decks import complaint
from judge.normalisation import adjusted, connected
from tests.challenges import separation
from tests.challenges.startup.decks import contents, made

ABOUT = sheet.about("startup")
SAMPLES = {sample.name: sample for sample in sheet.samples("startup")}
TAKEN = [review for review in sheet.recorded("startup").reviews if not review.refused]


@pytest.fixture(scope="module")
def table():
    rows = adjusted([(one.judge, one.entry, ABOUT.rubric.total(one.scores)) for one in TAKEN], method="additive")
    return {row.entry: row for row in rows}


def test_the_decks_are_what_their_generator_writes():
    decks = made()
    assert set(decks) == set(SAMPLES)
    for name, content in decks.items():
        assert (SAMPLES[name].path / "deck.pdf").read_bytes() == content, name


def test_every_deck_but_the_broken_one_is_whole_small_and_short():
    for name, sample in SAMPLES.items():
        path = sample.path / "deck.pdf"
        found = complaint(path)
        assert (found and found.code) == ("deck-cut-off" if name == "crash" else None), name
        assert path.stat().st_size < 10_000
        assert len(contents()[name]["pages"]) <= ABOUT.entry.pages
        assert 0 < len((sample.path / "summary.txt").read_text()) <= ABOUT.entry.summary_characters


def test_the_panel_is_one_that_the_rules_would_let_judge():
    """CONTESTS: at least five judges an entry, six entries a judge, and judges that can be compared."""
    assert connected([(one.judge, one.entry, 0.0) for one in TAKEN])
    assert min(Counter(one.entry for one in TAKEN).values()) >= 5
    assert min(Counter(one.judge for one in TAKEN).values()) >= 6


def test_bands_follow_from_the_reviews_and_do_not_overlap(table):
    banded = sorted((sample for sample in SAMPLES.values() if sample.score_min is not None), key=lambda s: s.score_min)
    for sample in banded:
        assert sample.holds("AC", table[sample.name].adjusted), sample.name
    assert all(below.score_max <= above.score_min for below, above in pairwise(banded))


def test_useless_is_below_weak_and_weak_below_sound_beyond_doubt(table):
    for below, above in pairwise(("useless", "weak", "sound")):
        gap = table[above].adjusted - table[below].adjusted
        assert gap > 1.96 * (table[above].standard_error ** 2 + table[below].standard_error ** 2) ** 0.5


def test_each_step_of_the_ladder_is_one_that_its_judges_agree_on_and_the_best_beats_sound_by_a_third():
    ((_, found),) = separation.tables("startup")
    assert found.holds
    assert found.share >= separation.SHARE


def test_adjustment_means_something_here(table):
    """Raw, the cheat's deck is ahead of the weak one, since kind judges read it; adjusted it is not."""
    assert table["cheat"].raw > table["weak"].raw
    assert table["cheat"].adjusted < table["weak"].adjusted


def test_each_category_has_three_decks_that_can_be_ranked():
    ranked = Counter(sample.category for sample in SAMPLES.values() if sample.score_min is not None)
    assert ranked == {"public": 3, "students": 3, "overseas": 3}


def test_the_friend_in_the_team_is_refused_and_the_grudge_costs_less_than_it_was_meant_to(table):
    recorded = sheet.recorded("startup")
    friend = [one for one in recorded.reviews if one.judge == "insider"]
    assert {one.refused for one in friend} == {"review-own-team", "review-competes"}
    assert recorded.judges["insider"].team == "cheat"
    rival = {one.judge: ABOUT.rubric.total(one.scores) for one in TAKEN if one.entry == "rival"}
    honest = fmean(total for judge, total in rival.items() if judge != "gu")
    assert rival["gu"] == 20
    assert honest - table["rival"].adjusted < (honest - rival["gu"]) / 4


def test_the_rubric_is_the_one_of_the_statement():
    weights = {criterion.name: criterion.weight for criterion in ABOUT.rubric.criteria}
    assert weights == {"team": 20, "market": 20, "product": 25, "business": 20, "presentation": 15}
    for criterion in ABOUT.rubric.criteria:
        assert (criterion.low, criterion.high) == (0, 10)
        assert set(criterion.anchors) == {0, 2, 4, 6, 8, 10}
    for language in sheet.LANGUAGES:
        text = sheet.statement("startup", language)
        for criterion in ABOUT.rubric.criteria:
            title = criterion.title[language]
            assert f"| {title.lower() if language == 'en' else title} | {criterion.weight} |" in text
        assert all(
            category.title[language].lower() in text.lower() for category in ABOUT.categories if language != "ko"
        )
    assert tomllib.loads((folder("startup") / "rubric.toml").read_text())["ties"] == ["product"]
