import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.base import Case
from challenges.industry.instances import MODULUS, SIZES, Stream, instance, taillard
from tests.challenges.industry.published import CHECKSUMS, TA01

seeds = st.integers(1, MODULUS - 1)


def test_the_first_published_instance_comes_out_number_by_number():
    assert taillard(840612802, 398197754, jobs=15, machines=15) == TA01


@pytest.mark.parametrize("name", CHECKSUMS)
def test_published_seeds_give_the_published_instances(name):
    jobs, machines, time_seed, machine_seed, checksum = CHECKSUMS[name]
    made = taillard(time_seed, machine_seed, jobs=jobs, machines=machines)
    matrices = [[[operation[part] for operation in job] for job in made] for part in (0, 1)]
    assert hashlib.sha256(json.dumps(matrices).encode()).hexdigest() == checksum


def test_the_small_example_of_the_paper_comes_out():
    """Taillard's first 4 x 4 instance (open shop seeds), as its readers print it with machines from 1."""
    made = taillard(1166510396, 164000672, jobs=4, machines=4)
    assert [[duration for _, duration in job] for job in made] == [
        [54, 34, 61, 2],
        [9, 15, 89, 70],
        [38, 19, 28, 87],
        [95, 34, 7, 29],
    ]
    assert [[machine + 1 for machine, _ in job] for job in made] == [
        [3, 1, 4, 2],
        [4, 1, 2, 3],
        [1, 2, 3, 4],
        [1, 3, 2, 4],
    ]


def test_the_stream_is_lehmers_generator_with_its_published_check():
    """Park and Miller (Communications of the ACM 31 (1988) 1195): from 1, the 10,000th state is 1043618065."""
    stream = Stream(1)
    for _ in range(10_000):
        stream.uniform(0, 1)
    assert stream._state == 1043618065


@given(time_seed=seeds, machine_seed=seeds, jobs=st.integers(1, 12), machines=st.integers(1, 12))
def test_every_job_visits_every_machine_once_for_1_to_99(time_seed, machine_seed, jobs, machines):
    made = taillard(time_seed, machine_seed, jobs=jobs, machines=machines)
    assert len(made) == jobs
    for job in made:
        assert sorted(machine for machine, _ in job) == list(range(machines))
        assert all(1 <= duration <= 99 for _, duration in job)


@given(seed=seeds)
def test_the_two_seeds_do_not_touch_each_other(seed):
    one, other = taillard(seed, 1, jobs=3, machines=5), taillard(seed, 2, jobs=3, machines=5)
    assert [[d for _, d in job] for job in one] == [[d for _, d in job] for job in other]
    one, other = taillard(1, seed, jobs=3, machines=5), taillard(2, seed, jobs=3, machines=5)
    assert [[m for m, _ in job] for job in one] == [[m for m, _ in job] for job in other]


@pytest.mark.parametrize("seed", [0, -1, MODULUS, 2**40])
def test_a_seed_with_which_the_generator_stands_still_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        taillard(seed, 1, jobs=2, machines=2)


def test_cases_with_other_seeds_have_other_instances():
    size = SIZES[0]
    one, other = (instance(Case("x", bytes([i]) * 32, group=size.name)) for i in (1, 2))
    assert len(one) == size.jobs
    assert len(one[0]) == size.machines
    assert one != other
