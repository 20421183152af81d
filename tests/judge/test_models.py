"""What the database itself holds to: times, words, and the keys that make counting twice impossible."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import select

from judge import models
from judge.models import (
    Attempt,
    Judgement,
    JudgementScore,
    LedgerBatch,
    QuotaUse,
    Run,
    RunSeat,
    SignInTry,
    Standing,
    Submission,
    UtcDateTime,
)
from judge.states import JudgementState
from tests.judge.world import NOW, World, after

KEYS = {
    "review": set(),
    "account": {("email",)},
    "account_session": {("token_sha256",)},
    "team": {("folded_name",), ("slug",)},
    "membership": {("team_id", "user_id")},
    "role": {("user_id", "contest_id", "role")},
    "link_token": {("token_sha256",)},
    "contest": {("slug",)},
    "phase": {("contest_id", "slug"), ("contest_id", "position")},
    "enrolment": {("contest_id", "team_id")},
    "submission": {("public_id",), ("enrolment_id", "form_token")},
    "quota_use": {
        ("enrolment_id", "phase_id", "day", "n"),
        ("enrolment_id", "phase_id", "serial"),
        ("submission_id",),
    },
    "judgement": {("submission_id", "phase_id", "number")},
    "attempt": {("judgement_id", "number"), ("meeting_id", "number")},
    "run": {("phase_id", "challenge_version", "image", "case_name", "pairing", "round_number"), ("meeting_id",)},
    "run_seat": {("run_seq", "seat")},
    "judgement_score": {("judgement_id", "track")},
    "standing": {("phase_id", "track", "enrolment_id", "frozen")},
    "board": {("phase_id", "track")},
    "ledger_batch": {("sha256",), ("previous_sha256",)},
    "meeting": {("phase_id", "case_name", "pairing", "round_number")},
    "worker_host": set(),
    "ledger_entry": set(),
    "sign_in_try": set(),
}


def test_the_keys_of_the_design_are_there(world):
    """Promise 2: UNIQUE keys make it impossible to store a thing twice."""
    looking = inspect(world.db.engine)
    for table in models.metadata.tables:
        found = {tuple(key["column_names"]) for key in looking.get_unique_constraints(table)}
        assert found == KEYS[table], table
    partial = {index["name"] for index in looking.get_indexes("judgement") if index["unique"]} - {
        key["name"] for key in looking.get_unique_constraints("judgement")
    }
    assert partial == {"uq_judgement_running", "uq_judgement_current"}
    assert {index["name"] for index in looking.get_indexes("review") if index["unique"]} == {"uq_review_current"}


def _again(row):
    """The same row once more, under another id."""
    key = "seq" if isinstance(row, Run) else "id"
    return type(row)(**{name: value for name, value in row.model_dump().items() if name != key})


def test_what_is_stored_once_cannot_be_stored_again(world: World):
    """Promise 2: a result is stored once."""
    for kind in (QuotaUse, Judgement, Attempt, Run, RunSeat, JudgementScore, Standing, Submission):
        row = world.all(select(kind))[0]
        with pytest.raises(IntegrityError):
            world.add(_again(row))


def test_the_ledger_cannot_fork(world: World):
    """Promise 7: two batches never follow the same one."""
    world.add(LedgerBatch(previous_sha256="a" * 64, sha256="b" * 64, sealed_at=NOW))
    with pytest.raises(IntegrityError):
        world.add(LedgerBatch(previous_sha256="a" * 64, sha256="c" * 64, sealed_at=NOW))


def test_a_team_has_one_running_and_a_submission_one_current_judgement(world: World):
    """Promise 2: the database itself refuses a second one."""
    running = world.all(select(Judgement).where(Judgement.state == JudgementState.RUNNING))[0]
    other = _again(running)
    other.number, other.current = 2, False
    with pytest.raises(IntegrityError):
        world.add(other)
    other = _again(running)
    other.number, other.state = 2, JudgementState.QUEUED
    with pytest.raises(IntegrityError):
        world.add(other)
    other = _again(running)
    other.number, other.current, other.state = 2, False, JudgementState.QUEUED
    world.add(other)


def test_a_time_comes_back_as_the_same_moment_in_utc(world: World):
    for offset in (UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-3, minutes=-30))):
        moment = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=offset)
        row = world.add(SignInTry(subject="x" * 64, at=moment))
        back = world.get(SignInTry, row.id)
        assert back.at == moment
        assert back.at.tzinfo is UTC


def test_times_compare_as_moments_whatever_zone_they_were_given_in(world: World):
    world.add(SignInTry(subject="early", at=NOW.astimezone(timezone(timedelta(hours=9)))))
    world.add(SignInTry(subject="late", at=after(seconds=1).astimezone(timezone(timedelta(hours=-9)))))
    found = world.all(select(SignInTry).where(SignInTry.at <= NOW))
    assert [row.subject for row in found] == ["early"]


def test_a_time_without_a_zone_is_refused(world: World):
    with pytest.raises(StatementError, match="without a zone"):
        world.add(SignInTry(subject="x", at=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is the point


ZONES = [ZoneInfo(name) for name in ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu")]


@given(
    moment=st.datetimes(
        min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2199, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from(ZONES),
    )
)
def test_any_moment_survives_the_type(moment):
    kind, dialect = UtcDateTime(), sqlite.dialect()
    bound = kind.process_bind_param(moment, dialect)
    assert kind.process_result_value(bound.replace(tzinfo=None), dialect).timestamp() == moment.timestamp()
    assert kind.process_bind_param(None, dialect) is kind.process_result_value(None, dialect) is None


def test_deleting_what_others_lean_on_is_refused(world: World):
    """Foreign keys hold on both databases."""
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), world.db.write() as session:
        session.delete(session.get_one(Submission, world.all(select(Submission))[0].id))
