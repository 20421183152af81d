import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.industry.scoring import instance_score, ratio


@pytest.mark.parametrize(
    ("reference", "makespan", "score"),
    [(1000, 1000, 100), (1000, 900, 100), (700, 1000, 0), (500, 1000, 0), (850, 1000, 50), (780, 1000, 80 / 3)],
)
def test_a_score_is_the_formula_of_the_statement(reference, makespan, score):
    assert instance_score(reference, makespan) == pytest.approx(score)


@given(reference=st.integers(1, 10**6), makespan=st.integers(1, 10**6), longer=st.integers(1, 10**5))
def test_a_longer_schedule_never_scores_more(reference, makespan, longer):
    assert 0 <= instance_score(reference, makespan + longer) <= instance_score(reference, makespan) <= 100
    assert ratio(reference, makespan + longer) < ratio(reference, makespan)
