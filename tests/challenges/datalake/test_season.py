import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest
from scipy.stats import spearmanr

from challenges.base import derive
from challenges.datalake import generator
from challenges.datalake.columns import CHANNELS, DISTRICTS, FIELDS, NAMES, NUMBERS, TARGET, schema
from challenges.datalake.dirt import START
from challenges.datalake.scoring import auc
from challenges.datalake.season import BATCH_ROWS, PUBLIC_ROWS, season

SEEDS = [derive(b"seasons", str(i)) for i in range(4)]
DIRTY = ("temperature", "price", "pressure", "inflow", "outflow", "noise", "age")


def column(rows, name):
    return [row[NAMES.index(name)] for row in rows]


def days(rows):
    start = datetime.fromisoformat(str(START))
    return [(datetime.fromisoformat(at) - start).total_seconds() / 86400 for at in column(rows, "time")]


def test_a_season_has_eight_thousand_rows_split_by_time(rows):
    assert (len(rows.train_rows), len(rows.hidden_rows), len(rows.labels)) == (4000, 4000, 4000)
    train, hidden = days(rows.train_rows), days(rows.hidden_rows)
    assert train == sorted(train)
    assert hidden == sorted(hidden)
    assert 0 <= train[0] < train[-1] < 90 <= hidden[0]
    assert hidden[PUBLIC_ROWS - 1] < 124 <= hidden[PUBLIC_ROWS]
    assert hidden[-1] < 180


def test_batches_are_all_hidden_rows_in_order(rows):
    batches = rows.batches()
    assert [len(batch) for batch in batches] == [BATCH_ROWS] * 8
    assert [row for batch in batches for row in batch] == list(rows.hidden_rows)


def test_every_field_is_of_its_kind_or_missing(rows):
    for row in [*rows.train_rows, *rows.hidden_rows]:
        assert len(row) == len(FIELDS)
        assert row[0] is not None
        for field, value in zip(FIELDS, row, strict=True):
            if value is None:
                continue
            if field.kind == "number":
                assert isinstance(value, int | float)
                assert not isinstance(value, bool)
            else:
                assert isinstance(value, str)
    assert set(rows.train_labels) == set(rows.labels.tolist()) == {0, 1}


@pytest.mark.parametrize("seed", SEEDS)
def test_about_three_in_a_hundred_values_are_missing_and_a_third_of_the_visits_end_in_a_purchase(seed):
    made = season(seed)
    values = [value for row in made.hidden_rows for value in row[1:]]
    assert 0.027 < sum(value is None for value in values) / len(values) < 0.033
    for labels in (made.train_labels, made.labels[:PUBLIC_ROWS], made.labels[PUBLIC_ROWS:]):
        assert 0.27 < np.mean(labels) < 0.39


@pytest.mark.parametrize("part", ["train_rows", "hidden_rows"])
def test_every_kind_of_dirt_that_the_statement_names_is_there_in_about_its_share(rows, part):
    these = getattr(rows, part)

    def share(name, holds):
        return np.mean([value is not None and holds(value) for value in column(these, name)])

    assert 0.04 < share("temperature", lambda t: t > 41) < 0.08
    assert 0.03 < share("price", lambda p: p > 400) < 0.07
    assert 0.03 < share("pressure", lambda p: p < 900) < 0.07
    assert 0.01 < share("age", lambda a: a in {0, 199}) < 0.03
    for sensor in ("inflow", "outflow", "noise"):
        assert 0.01 < share(sensor, lambda s: s == -999) < 0.03
    assert 0.07 < share("segment", lambda s: s not in DISTRICTS) < 0.13
    assert {word.strip().lower() for word in column(these, "segment") if word} == set(DISTRICTS)
    assert set(column(these, "channel")) == {*CHANNELS, None}


def test_what_is_not_dirty_lies_in_the_range_that_the_first_message_names(rows):
    for name, field in NUMBERS.items():
        known = [value for value in column(rows.hidden_rows, name) if value is not None]
        inside = np.mean([field.low <= value <= field.high for value in known])
        assert inside == 1 if name not in DIRTY else 0.9 < inside < 1
    assert [shown["name"] for shown in schema()] == list(NAMES)


def test_repeats_follow_their_event_in_the_train_part_alone(rows):
    def repeated(these):
        return sum(these[i] == these[i - 1] for i in range(1, len(these)))

    assert repeated(rows.train_rows) == 160
    assert repeated(rows.hidden_rows) == 0
    disagree = [
        rows.train_labels[i] != rows.train_labels[i - 1]
        for i in range(1, 4000)
        if rows.train_rows[i] == rows.train_rows[i - 1]
    ]
    assert 0.3 < np.mean(disagree) < 0.7


def test_the_file_holds_what_the_first_message_holds(rows):
    lines = list(csv.reader(io.StringIO(rows.train_csv().decode())))
    assert lines[0] == [*NAMES, TARGET]
    told = rows.train()
    for cells, row, label in zip(lines[1:], told["rows"], told["labels"], strict=True):
        assert int(cells[-1]) == label
        for cell, value, field in zip(cells[:-1], row, FIELDS, strict=True):
            read = None if cell == "" else json.loads(cell) if field.kind == "number" else cell
            assert read == value


@pytest.mark.parametrize("seed", SEEDS)
def test_neither_the_place_of_a_row_nor_its_neighbours_nor_gaps_give_its_label_away(seed):
    made = season(seed)
    place = np.arange(4000)
    nulls = np.array([sum(value is None for value in row) for row in made.hidden_rows], dtype=float)
    twins = np.array([float(a == b) for a, b in zip(days(made.hidden_rows)[1:], days(made.hidden_rows), strict=False)])
    assert abs(spearmanr(place, made.labels).statistic) < 0.08
    assert abs(auc(made.labels, nulls) - 0.5) < 0.04
    assert abs(auc(made.labels[1:], twins) - 0.5) < 0.04
    assert abs(np.corrcoef(made.labels[1:], made.labels[:-1])[0, 1]) < 0.08


@pytest.mark.parametrize("seed", SEEDS)
def test_seasons_are_about_equally_hard(seed):
    likes = generator.habits(seed)
    visits, bought = generator.part(seed, "private", 4000)
    assert 0.875 < auc(bought, generator.log_odds(seed, likes, visits)) < 0.925


def test_the_parts_are_drawn_apart(case):
    short, _ = generator.part(case.seed, "public", 10)
    long, _ = generator.part(case.seed, "public", 1500)
    train, _ = generator.part(case.seed, "train", 1500)
    assert not np.array_equal(long.numbers["noise"], train.numbers["noise"])
    assert len(short.minutes) == 10
    streams = {
        generator.stream(case.seed, f"{part} {what}").random()
        for part in ("train", "public", "private")
        for what in ("rows", "labels", "dirt")
    }
    assert len(streams) == 9


def test_seasons_of_different_seeds_share_no_row():
    one, other = season(SEEDS[0]), season(SEEDS[1])
    assert not {repr(row[3:]) for row in one.hidden_rows} & {repr(row[3:]) for row in other.hidden_rows}


PROGRAM = """
import hashlib
from challenges.datalake.challenge import Datalake
for name, content in sorted(Datalake().prepare(bytes(32), cases=1).public.items()):
    print(name, hashlib.sha256(content).hexdigest())
"""


def test_two_processes_prepare_the_same_files(datalake):
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ".", "OMP_NUM_THREADS": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert [line.split()[0] for line in runs[0].splitlines()] == ["columns.json", "train.csv"]
