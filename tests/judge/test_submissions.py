"""From an upload to its receipt: what is taken, what is refused, and in which order it becomes true."""

import io
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from judge import leaderboard, submissions
from judge.db import Database
from judge.errors import BadInput, Conflict, NotAllowed, NotFound, QuotaUsed, Refusal, StorageFull, TooMuch
from judge.models import Enrolment, Judgement, Phase, QuotaUse, Submission
from judge.queue import Queue
from judge.states import JudgementState, PhaseState, SubmissionState
from judge.storage import Storage
from tests.judge.world import GOOD, NOW, World, after, packed


@pytest.fixture
def entered(world: World):
    """A contest, and somebody in it."""
    contest, phase = world.contest()
    user, team, enrolment = world.enrolled(contest)
    return contest, phase, user, team, enrolment


def theirs(world: World, enrolment: Enrolment) -> list[Submission]:
    return world.all(select(Submission).where(Submission.enrolment_id == enrolment.id))


def refusal(world: World, *args, **kwargs) -> tuple[str, dict]:
    with pytest.raises(Refusal) as refused:
        world.upload(*args, **kwargs)
    return refused.value.public.code, dict(refused.value.public.params)


# ---------------------------------------------------------------------------------------------------------------------
# Taking in


def test_a_receipt_names_what_was_taken(world: World, entered):
    """Promise 1: submission, slot and judgement are committed, the file is kept, when the receipt is given."""
    contest, phase, user, team, enrolment = entered
    receipt = world.upload(user, filename="../../my\x00 entry\u202e.zip")
    row = world.submission(receipt)
    assert (row.enrolment_id, row.phase_id, row.user_id) == (enrolment.id, phase.id, user.id)
    assert world.storage.read(row.sha256) == packed()
    assert (row.size_bytes, row.filename, row.state) == (len(packed()), "my entry.zip", SubmissionState.ACTIVE)
    assert (receipt.contest.id, receipt.phase.id, receipt.team.id) == (contest.id, phase.id, team.id)
    judgement = world.judgement(receipt)
    assert (judgement.state, judgement.attempt, judgement.current) == (JudgementState.QUEUED, 0, True)
    (slot,) = world.all(select(QuotaUse).where(QuotaUse.submission_id == row.id))
    assert (slot.day, slot.n, slot.serial, slot.refunded_at) == ("2026-05-04", 1, 1, None)
    assert len(row.public_id) >= 16
    assert list(world.storage.scratch.iterdir()) == []


class Spy(Storage):
    """Writes down what is done, and what a second look at the database sees at that moment."""

    def __init__(self, world: World, done: list[str]) -> None:
        super().__init__(world.settings.storage_url, scratch=world.settings.data / "files" / ".incoming")
        self._world, self._done = world, done

    def keep(self, path):
        kept = super().keep(path)
        rows = len(self._world.all(select(Submission).where(Submission.sha256 == kept.sha256)))
        self._done.append(f"kept, {rows - self._before} rows")
        return kept

    def receive(self, stream, *, most_bytes=None):
        self._before = len(self._world.all(select(Submission)))
        self._before = 0
        return super().receive(stream, most_bytes=most_bytes)


def test_the_file_is_kept_before_a_row_names_it_and_the_row_before_the_receipt(world: World, entered, monkeypatch):
    """Promise 1: the order that it rests on."""
    import os

    done: list[str] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), real(fd)))
    content = packed(b"def act(o):\n    return 'order'\n")
    receipt = world.upload(entered[2], content, storage=Spy(world, done))
    other = Database(world.db.url)
    with other.read() as session:
        assert session.get(Submission, receipt.submission.id) is not None
    other.close()
    assert "kept, 0 rows" in done
    assert done.index("sync") < done.index("kept, 0 rows")


def test_an_upload_is_acknowledged_while_redis_is_away(world: World, entered, tmp_path):
    """Promise 1: Redis is only a hint."""
    queue = Queue(f"unix://{tmp_path}/nobody.sock")
    receipt = world.upload(entered[2])
    assert queue.judge(receipt.judgement_id, attempt=0) is False
    queue.close()
    assert world.judgement(receipt).state == JudgementState.QUEUED


@pytest.mark.parametrize(
    ("content", "filename", "code"),
    [
        (b"", "entry.zip", "archive-empty"),
        (b"not a zip", "entry.zip", "archive-not-readable"),
        (packed(), "entry.exe", "archive-wrong-type"),
        (b"x", "", "archive-wrong-type"),
        (b"\x00" * (1 << 20) + b"x", "entry.py", "archive-too-large"),
    ],
)
def test_a_bad_archive_is_refused_and_costs_nothing(one: World, content, filename, code):
    contest, _ = one.contest()
    user, _, enrolment = one.enrolled(contest)
    assert refusal(one, user, content, filename=filename)[0] == code
    assert theirs(one, enrolment) == []
    assert list(one.storage.scratch.iterdir()) == []
    assert one.upload(user).judgement_id


def test_too_much_is_its_own_status(one: World):
    contest, _ = one.contest()
    user, _, _ = one.enrolled(contest)
    with pytest.raises(TooMuch) as refused:
        one.upload(user, b"#" * ((1 << 20) + 1), filename="entry.py")
    assert (refused.value.status, refused.value.public.params) == (413, {"largest_mib": 1})
    assert BadInput("x").status == 400


def test_a_single_file_is_an_entry_too(one: World):
    contest, _ = one.contest()
    user, _, _ = one.enrolled(contest)
    assert one.submission(one.upload(user, GOOD, filename="agent.py")).filename == "agent.py"


# ---------------------------------------------------------------------------------------------------------------------
# Who and when


def test_only_who_is_in_may_upload(world: World, entered):
    stranger = world.user()
    with pytest.raises(NotAllowed) as refused:
        world.upload(stranger)
    assert refused.value.public.code == "not-enrolled"
    with pytest.raises(NotFound):
        world.upload(entered[2], contest="nowhere")
    with pytest.raises(NotFound):
        world.upload(entered[2], phase="finale")
    with pytest.raises(NotAllowed):
        world.upload(entered[2], contest="noise")


@pytest.mark.parametrize(
    ("state", "hours", "code"),
    [
        (PhaseState.OPEN, -2, "phase-not-yet"),
        (PhaseState.OPEN, -1, None),
        (PhaseState.OPEN, 23.999, None),
        (PhaseState.OPEN, 24, "phase-over"),
        (PhaseState.FROZEN, 0, None),
        (PhaseState.PAUSED, 0, "phase-paused"),
        (PhaseState.CLOSED, 0, "phase-over"),
    ],
)
def test_a_phase_takes_uploads_in_its_time_and_says_why_not(one: World, state, hours, code):
    contest, _ = one.contest(ends_at=after(days=1), state=state)
    user, _, enrolment = one.enrolled(contest)
    if code is None:
        one.upload(user, at=after(hours=hours))
    else:
        assert refusal(one, user, at=after(hours=hours))[0] == code
    assert len(theirs(one, enrolment)) == (code is None)


def test_a_phase_that_closes_while_a_body_comes_refuses_it(one: World):
    """What was true before the body came is asked again."""
    contest, phase = one.contest()
    user, _, enrolment = one.enrolled(contest)

    class Slow(Storage):
        def keep(self, path):
            one.move(phase, PhaseState.PAUSED)
            return super().keep(path)

    slow = Slow(one.settings.storage_url, scratch=one.settings.data / "files" / ".incoming")
    assert refusal(one, user, storage=slow)[0] == "phase-paused"
    assert theirs(one, enrolment) == []


@pytest.mark.parametrize(("seconds", "received"), [(0, 0), (120, 0), (120.001, 120.001), (3600, 3600)])
def test_an_upload_counts_from_its_headers_if_its_body_ends_in_time(one: World, seconds, received):
    """Promise 6: `received_at` is when the request's headers arrived, if its body ends within 120 s."""
    contest, _ = one.contest()
    user, _, _ = one.enrolled(contest)
    receipt = one.upload(user, at=NOW, clock=lambda: after(seconds=seconds))
    row = one.submission(receipt)
    assert row.received_at == after(seconds=received)
    assert row.acknowledged_at == after(seconds=seconds)


def test_a_body_that_drags_on_past_the_end_is_late(one: World):
    """Promise 6: headers in time do not help a body that takes more than two minutes."""
    contest, _ = one.contest(ends_at=after(minutes=1))
    user, _, _ = one.enrolled(contest)
    one.upload(user, at=NOW, clock=lambda: after(seconds=119))
    assert refusal(one, user, at=NOW, clock=lambda: after(seconds=121))[0] == "phase-over"


# ---------------------------------------------------------------------------------------------------------------------
# The same form twice


def test_the_same_form_twice_is_one_submission(world: World, entered):
    """Promise 2."""
    user, enrolment = entered[2], entered[4]
    first = world.upload(user, token="t" * 32)
    again = world.upload(user, b"whatever", token="t" * 32, at=after(days=99))
    assert (first.again, again.again) == (False, True)
    assert (again.submission.id, again.judgement_id) == (first.submission.id, first.judgement_id)
    assert len(theirs(world, enrolment)) == 1
    other = world.enrolled(entered[0])[0]
    assert not world.upload(other, token="t" * 32).again


def at_once(number: int, work) -> list:
    """Several threads do it at the same moment; what each got, or was refused with."""
    barrier, got = threading.Barrier(number), []

    def run() -> None:
        barrier.wait()
        try:
            got.append(work())
        except Refusal as refused:
            got.append(refused.public.code)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_the_same_form_twice_at_once_is_one_submission(world: World, entered):
    """Promise 2: a double click."""
    receipts = at_once(4, lambda: world.upload(entered[2], token="double"))
    assert len({receipt.submission.id for receipt in receipts}) == 1
    assert sorted(receipt.again for receipt in receipts) == [False, True, True, True]
    assert len(theirs(world, entered[4])) == 1


# ---------------------------------------------------------------------------------------------------------------------
# Quota


def test_uploads_at_once_fight_for_the_last_slot_and_one_wins(world: World, entered):
    """Promise 2: a slot is used once."""
    world.upload(entered[2])
    world.upload(entered[2])
    got = at_once(4, lambda: world.upload(entered[2]))
    assert sorted(str(one) for one in got)[-3:] == ["quota-day"] * 3
    assert len(theirs(world, entered[4])) == 3


def test_uploads_at_once_all_get_in_where_there_is_room(world: World, entered):
    got = at_once(3, lambda: world.upload(entered[2]))
    assert len({receipt.submission.id for receipt in got}) == 3
    slots = world.all(select(QuotaUse).where(QuotaUse.enrolment_id == entered[4].id))
    assert sorted((slot.n, slot.serial) for slot in slots) == [(1, 1), (2, 2), (3, 3)]


def test_days_are_in_the_contests_time_zone(world: World):
    """Promise 6."""
    contest, _ = world.contest(timezone="Asia/Shanghai", quota_per_day=1)
    user, _, enrolment = world.enrolled(contest)
    before = datetime(2026, 5, 4, 15, 59, tzinfo=UTC)  # 23:59 in Tianjin
    world.upload(user, at=before)
    assert refusal(world, user, at=before) == ("quota-day", {"most": 1, "next": "2026-05-05T00:00:00+08:00"})
    world.upload(user, at=datetime(2026, 5, 4, 16, 0, tzinfo=UTC))
    days = {slot.day for slot in world.all(select(QuotaUse).where(QuotaUse.enrolment_id == enrolment.id))}
    assert days == {"2026-05-04", "2026-05-05"}


@given(
    moment=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_the_next_slot_opens_at_the_next_midnight(moment, zone):
    from judge.models import Contest

    class Empty:
        def exec(self, _):
            return self

        def all(self):
            return []

    phase = Phase(id=1, quota_per_day=1, quota_total=9, ends_at=datetime(2040, 1, 1, tzinfo=UTC))
    quota = submissions.quota_left(
        Empty(), enrolment=Enrolment(id=1), phase=phase, contest=Contest(timezone=zone), now=moment
    )
    assert quota.next_at is not None
    local = moment.astimezone(ZoneInfo(zone))
    assert quota.day == local.strftime("%Y-%m-%d")
    assert quota.next_at.utcoffset() is not None
    assert (quota.next_at.hour, quota.next_at.minute) == (0, 0)
    assert 0 < (quota.next_at.astimezone(UTC) - moment).total_seconds() <= 25 * 3600
    assert (quota.next_at.date() - local.date()).days == 1


def test_the_whole_phase_has_a_quota_too(world: World):
    contest, _ = world.contest(quota_per_day=2, quota_total=3)
    user, _, _ = world.enrolled(contest)
    for days in (0, 0, 1):
        world.upload(user, at=after(days=days))
    assert refusal(world, user, at=after(days=1)) == ("quota-total", {"most": 3})
    assert refusal(world, user, at=after(days=5)) == ("quota-total", {"most": 3})


def test_on_the_last_day_nobody_is_told_of_a_next_one(one: World):
    contest, _ = one.contest(quota_per_day=1, ends_at=after(hours=3))
    user, _, _ = one.enrolled(contest)
    one.upload(user)
    assert refusal(one, user) == ("quota-last-day", {"most": 1})


def test_a_refusal_of_quota_comes_before_the_body_is_read(one: World):
    contest, _ = one.contest(quota_per_day=1)
    user, _, _ = one.enrolled(contest)
    one.upload(user)
    with pytest.raises(QuotaUsed):
        one.upload(user, storage=None, content=packed())

    class Untouched(Storage):
        def receive(self, stream, *, most_bytes=None):
            raise AssertionError("the body was read")

    with pytest.raises(QuotaUsed):
        one.upload(user, storage=Untouched(one.settings.storage_url, scratch=one.settings.data / "files" / ".incoming"))


def test_our_fault_gives_a_slot_back_so_often_and_no_oftener(world: World, entered):
    """Promise 4: refunded a bounded number of times, and once each."""
    user, enrolment = entered[2], entered[4]
    receipts = [world.upload(user) for _ in range(3)]
    with world.db.write() as session:
        given = [
            submissions.refund(session, submission_id=receipt.submission.id, most=2, now=NOW)
            for receipt in (receipts[0], receipts[0], receipts[1], receipts[2])
        ]
    assert given == [True, False, True, False]
    world.upload(user)
    world.upload(user)
    assert refusal(world, user)[0] == "quota-day"
    slots = world.all(select(QuotaUse).where(QuotaUse.enrolment_id == enrolment.id))
    assert sorted(slot.n for slot in slots) == [1, 2, 3, 4, 5]


# ---------------------------------------------------------------------------------------------------------------------
# Full


def test_a_full_disk_refuses_before_anything_is_acknowledged(one: World, monkeypatch):
    """Promise 1: StorageFull leaves nothing half-written, and the next upload is as if it had not been."""
    import errno
    import os

    contest, _ = one.contest()
    user, _, enrolment = one.enrolled(contest)
    real = {name: getattr(os, name) for name in ("fsync", "link")}

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    for call in ("fsync", "link"):
        monkeypatch.setattr(os, call, full)
        with pytest.raises(StorageFull):
            one.upload(user)
        monkeypatch.setattr(os, call, real[call])
    assert theirs(one, enrolment) == []
    assert one.all(select(QuotaUse).where(QuotaUse.enrolment_id == enrolment.id)) == []
    assert list(one.storage.scratch.iterdir()) == []
    assert one.upload(user).submission.id


def test_a_full_database_refuses_too(one: World, monkeypatch):
    """Promise 1: "database or disk is full" is said as it is, and no row is left."""
    contest, _ = one.contest()
    user, _, enrolment = one.enrolled(contest)
    full = Database(one.db.url)

    def no_room(connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.exec_driver_sql("PRAGMA cache_size = 1")

    from sqlalchemy import event

    event.listen(full.engine, "begin", no_room)
    world = World(full, one.storage, one.settings)
    refused = None
    for number in range(200):
        try:
            world.upload(user, packed(b"#" * number + b"\ndef act(o): pass\n"), at=after(days=number // 3))
        except StorageFull as error:
            refused = error
            break
    full.close()
    assert refused is not None
    assert refused.status == 507
    rows = theirs(one, enrolment)
    slots = one.all(select(QuotaUse).where(QuotaUse.enrolment_id == enrolment.id))
    judged = one.all(select(Judgement).where(Judgement.enrolment_id == enrolment.id))
    assert len(rows) == len(slots) == len(judged) == number
    with one.db.read() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


# ---------------------------------------------------------------------------------------------------------------------
# Afterwards


def test_a_submission_of_others_is_as_unknown_as_none(world: World, entered):
    """Promise 8."""
    receipt = world.upload(entered[2])
    stranger = world.enrolled(entered[0])[0]
    with world.db.read() as session:
        assert submissions.own(session, user=entered[2], public_id=receipt.submission.public_id).id
        for public_id in (receipt.submission.public_id, "nothing"):
            with pytest.raises(NotFound):
                submissions.own(session, user=stranger, public_id=public_id)


def test_a_team_sees_its_own_newest_first(world: World, entered):
    _, phase, user, _, enrolment = entered
    receipts = [world.upload(user) for _ in range(3)]
    with world.db.read() as session:
        rows = submissions.of_enrolment(session, enrolment=enrolment, phase=phase)
    assert [row.id for row, _ in rows] == [receipt.submission.id for receipt in receipts][::-1]
    assert [judgement.id for _, judgement in rows] == [receipt.judgement_id for receipt in receipts][::-1]


def test_how_many_are_ahead(one: World):
    contest, _ = one.contest()
    receipts = [one.upload(one.enrolled(contest)[0], at=after(seconds=n // 2)) for n in range(4)]
    with one.db.read() as session:
        ahead = [submissions.ahead_of(session, one.judgement(receipt)) for receipt in receipts]
    assert ahead == [1, 2, 3, 4]  # the noise has one in the queue since half an hour


def test_a_withdrawn_entry_leaves_the_board_and_comes_out_once(world: World, entered):
    """Promise 6: a board is a function of what counts."""
    _, phase, user, _, _ = entered
    best, second = world.upload(user), world.upload(user)
    world.judge(best, score=90.0)
    world.judge(second, score=40.0, now=after(minutes=1))

    def withdraw(receipt):
        with world.db.write() as session:
            submissions.withdraw(
                session, submission=session.get_one(Submission, receipt.submission.id), user=user, now=NOW
            )

    def board():
        with world.db.read() as session:
            return [row.score for row in leaderboard.snapshot(session, phase=phase, track="", now=NOW).rows]

    assert board() == [90.0]
    withdraw(best)
    assert board() == [40.0]
    with pytest.raises(Conflict):
        withdraw(best)
    withdraw(second)
    assert board() == []


def test_nothing_is_withdrawn_once_a_phase_is_over(one: World):
    contest, phase = one.contest()
    user, _, _ = one.enrolled(contest)
    receipt = one.upload(user)
    one.move(phase, PhaseState.CLOSED)
    with pytest.raises(Conflict), one.db.write() as session:
        submissions.withdraw(session, submission=receipt.submission, user=user, now=NOW)


def test_a_stream_is_read_once_and_never_whole(one: World):
    """A large body never lies in memory."""

    class Careful(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= 1 << 20
            return super().read(size)

    path = one.storage.receive(Careful(b"x" * 3_000_000), most_bytes=10_000_000)
    assert path.stat().st_size == 3_000_000
    path.unlink()
