import copy

import pytest

from challenges.industry.gantt import chart
from challenges.industry.instances import taillard
from challenges.industry.schedule import timetable
from challenges.views import MAX_BARS, BadView, validate_gantt

JOBS = [[(0, 3), (1, 2)], [(1, 2), (0, 4)]]


def drawn():
    return chart(JOBS, timetable(JOBS, [[0, 1], [1, 0]]), name="x", reference=7)


def test_a_chart_has_a_bar_for_each_operation_by_machine_and_time():
    data = drawn()
    validate_gantt(data)
    assert data["bars"] == [[0, 0, 0, 3], [1, 0, 3, 7], [1, 1, 0, 2], [0, 1, 3, 5]]
    assert (data["machines"], data["jobs"], data["makespan"], data["reference"]) == (2, 2, 7, 7)


def test_the_largest_chart_of_the_contest_is_far_below_the_cap():
    jobs = taillard(1, 2, jobs=20, machines=20)
    one_by_one = timetable(jobs, [list(range(20))] * 20)
    data = chart(jobs, one_by_one, name="20x20-1", reference=1)
    validate_gantt(data)
    assert len(str(data)) < 20_000


def test_a_chart_need_not_have_a_reference():
    validate_gantt(drawn() | {"reference": None})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("title",), "a"),
        (("machines",), 1),
        (("jobs",), True),
        (("jobs",), 1),
        (("makespan",), 8),
        (("makespan",), 7.0),
        (("reference",), -1),
        (("bars",), []),
        (("bars",), [[0, 0, 0, 1]] * (MAX_BARS + 1)),
        (("bars", 0), [0, 0, 0]),
        (("bars", 0), [0, 0, 3, 0]),
        (("bars", 0), [0, 0, 0, 4]),
        (("bars", 0, 0), -1),
        (("bars", 0, 0), False),
        (("bars", 0, 2), 0.0),
        (("bars", 2), [1, 1, 2, 4]),
        (("bars", 3), [0, 1, 2, 5]),
        (("extra",), 1),
    ],
)
def test_what_is_not_of_the_shape_is_refused(path, value):
    bad = copy.deepcopy(drawn())
    at = bad
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(BadView):
        validate_gantt(bad)
