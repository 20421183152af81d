"""Everything that one does to a submission, from the upload to the receipt (DESIGN, promises 1 and 2).

The order in `take_in` is what promise 1 rests on: the file is received, checked, synced and only then named in a row;
the row is committed before anybody is told; the queue learns last, by id, and may fail to.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from judge import catalogue, contests, ledger, standings
from judge.db import Database
from judge.entries import Handed, checked, track_of
from judge.errors import Conflict, NotAllowed, NotFound, QuotaUsed
from judge.models import Contest, Enrolment, Judgement, Membership, Phase, QuotaUse, Standing, Submission, Team, User
from judge.pitches import pitch_of
from judge.states import JudgementState, PhaseState, SubmissionState, check_move
from judge.storage import Storage

BODY_SECONDS = 120
"""An upload counts as received when its headers arrived, if its body ends within this time."""
FILENAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a team holds against us: this content, at this time, under this id."""

    submission: Submission
    judgement_id: int
    contest: Contest
    phase: Phase
    team: Team
    again: bool = False
    """The same form was sent before: this is the first receipt once more."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What came over the wire. `received_at`: when the request's headers arrived; `track`: for which discipline, where
    a contest has several; `summary` and `links`: what was written beside a deck."""

    filename: str
    received_at: datetime
    form_token: str | None = None
    track: str = ""
    summary: str = ""
    links: tuple[str, ...] = ()


def take_in(
    db: Database,
    storage: Storage,
    *,
    user: User,
    contest_slug: str,
    phase_slug: str,
    stream: IO[bytes],
    upload: Upload,
    clock: Callable[[], datetime],
) -> Receipt:
    """An upload, to the committed row. The caller gives the judgement's id to the queue.

    Raises Refusal with a public sentence for whatever is wrong with the upload, its time or its sender, and StorageFull
    where there is no room; nothing is half-written in either case.
    """
    with db.read() as session:
        place = find_place(session, user=user, contest_slug=contest_slug, phase_slug=phase_slug)
        if earlier := _sent_before(session, place, upload.form_token):
            return earlier
        check_open(place.phase, now=upload.received_at)
        quota = quota_left(session, **place.rows(), now=upload.received_at)
        if not quota.open:
            raise quota.refusal()
    about = catalogue.about(place.contest.challenge)
    upload = replace(upload, track=track_of(about, upload.track))
    pitch = pitch_of(about, summary=upload.summary, links=upload.links)
    path = storage.receive(stream, most_bytes=about.entry_mib << 20)
    try:
        toolchain = checked(path, filename=upload.filename, about=about)
        if clock() - upload.received_at > timedelta(seconds=BODY_SECONDS):
            upload = replace(upload, received_at=clock())
        kept = storage.keep(path)
    finally:
        path.unlink(missing_ok=True)
    with db.write() as session:
        entry = Handed(kept, toolchain, pitch)
        return create(session, user=user, place=place, upload=upload, entry=entry, now=clock())


@dataclass(frozen=True, slots=True)
class Place:
    """Where an upload goes: a phase of a contest, and the team with which its sender is in it."""

    contest: Contest
    phase: Phase
    enrolment: Enrolment
    team: Team

    def rows(self) -> dict[str, Any]:
        """For `quota_left`."""
        return {"contest": self.contest, "phase": self.phase, "enrolment": self.enrolment}


def find_place(session: Session, *, user: User, contest_slug: str, phase_slug: str) -> Place:
    """Raises NotFound for an unknown contest or phase, NotAllowed for somebody who is not in it."""
    row = session.exec(
        select(Contest, Phase, Enrolment, Team)
        .join(Phase, col(Phase.contest_id) == Contest.id)
        .join(Enrolment, col(Enrolment.contest_id) == Contest.id)
        .join(Team, col(Team.id) == Enrolment.team_id)
        .join(Membership, col(Membership.team_id) == Team.id)
        .where(
            Contest.slug == contest_slug,
            Contest.state != PhaseState.DRAFT,
            Phase.slug == phase_slug,
            Phase.state != PhaseState.DRAFT,
            Membership.user_id == user.id,
        )
    ).first()
    if row is None:
        contests.phase_by_slug(session, contests.by_slug(session, contest_slug), phase_slug)
        raise NotAllowed("not-enrolled")
    return Place(*row)


def create(session: Session, *, user: User, place: Place, upload: Upload, entry: Handed, now: datetime) -> Receipt:
    """The rows of an upload whose file is kept: submission, quota slot and first judgement. What may have changed while
    the body came is asked again, under a lock on the team's enrolment. Raises Refusal."""
    row = session.exec(
        select(Phase, Enrolment)
        .join(Enrolment, col(Enrolment.contest_id) == Phase.contest_id)
        .join(Membership, col(Membership.team_id) == Enrolment.team_id)
        .where(Phase.id == place.phase.id, Enrolment.id == place.enrolment.id, Membership.user_id == user.id)
        .with_for_update(of=Enrolment, key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotAllowed("not-enrolled")
    phase, enrolment = row
    check_open(phase, now=upload.received_at)
    quota = quota_left(session, enrolment=enrolment, phase=phase, contest=place.contest, now=upload.received_at)
    if not quota.open:
        if earlier := _sent_before(session, place, upload.form_token):
            return earlier
        raise quota.refusal()
    submission = Submission(
        public_id=secrets.token_urlsafe(12),
        enrolment_id=_id(enrolment),
        phase_id=_id(phase),
        user_id=_id(user),
        sha256=entry.kept.sha256,
        size_bytes=entry.kept.size_bytes,
        filename=_shown_filename(upload.filename),
        toolchain=entry.toolchain,
        track=upload.track,
        pitch=entry.pitch.to_json() if entry.pitch else None,
        received_at=upload.received_at,
        acknowledged_at=now,
        form_token=upload.form_token,
    )
    try:
        with session.begin_nested():
            session.add(submission)
            session.flush()
            session.add(quota.slot(_id(submission)))
    except IntegrityError:
        if earlier := _sent_before(session, place, upload.form_token):
            return earlier
        raise Conflict("upload-collided") from None
    judgement = Judgement(
        submission_id=_id(submission), phase_id=_id(phase), enrolment_id=_id(enrolment), queued_at=now
    )
    session.add(judgement)
    session.flush()
    ledger.mark(
        session,
        action="submitted",
        subject=f"submission-{submission.id}",
        actor=user,
        now=now,
        facts={"sha256": entry.kept.sha256},
    )
    return Receipt(submission, _id(judgement), place.contest, phase, place.team)


def _sent_before(session: Session, place: Place, form_token: str | None) -> Receipt | None:
    """The receipt of the same form, where it was sent before; perhaps in another phase of the contest."""
    if form_token is None:
        return None
    row = session.exec(
        select(Submission, Phase)
        .join(Phase, col(Phase.id) == Submission.phase_id)
        .where(Submission.enrolment_id == place.enrolment.id, Submission.form_token == form_token)
    ).first()
    if row is None:
        return None
    submission, phase = row
    judgement = current_judgement(session, submission)
    return Receipt(submission, _id(judgement), place.contest, phase, place.team, again=True)


def _shown_filename(filename: str) -> str:
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in name if letter.isprintable())[-FILENAME_LENGTH:] or "entry"


def _id(row: Submission | Phase | Enrolment | User | Judgement) -> int:
    assert row.id is not None
    return row.id


# ---------------------------------------------------------------------------------------------------------------------
# When one may upload


def check_open(phase: Phase, *, now: datetime) -> None:
    """Raises Conflict where a phase takes no uploads at this time, and says which of the reasons it is."""
    if phase.meets == "all":
        raise Conflict("phase-invited")
    if phase.state == PhaseState.PAUSED:
        raise Conflict("phase-paused")
    if phase.state.over or now >= phase.ends_at:
        raise Conflict("phase-over", ended=phase.ends_at.isoformat())
    if now < phase.starts_at or phase.state == PhaseState.DRAFT:
        raise Conflict("phase-not-yet", starts=phase.starts_at.isoformat())


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left to a team in a phase. `next_at`: when the next slot opens, None where none will."""

    used_today: int
    used_total: int
    per_day: int
    total: int
    next_at: datetime | None
    day: str
    slots_today: int
    slots_total: int
    enrolment_id: int
    phase_id: int

    @property
    def open(self) -> bool:
        return self.used_today < self.per_day and self.used_total < self.total

    def refusal(self) -> QuotaUsed:
        if self.used_total >= self.total:
            return QuotaUsed("quota-total", most=self.total)
        if self.next_at is None:
            return QuotaUsed("quota-last-day", most=self.per_day)
        return QuotaUsed("quota-day", most=self.per_day, next=self.next_at.isoformat())

    def slot(self, submission_id: int) -> QuotaUse:
        return QuotaUse(
            enrolment_id=self.enrolment_id,
            phase_id=self.phase_id,
            day=self.day,
            n=self.slots_today + 1,
            serial=self.slots_total + 1,
            submission_id=submission_id,
        )


def quota_left(session: Session, *, enrolment: Enrolment, phase: Phase, contest: Contest, now: datetime) -> Quota:
    """Days are in the contest's time zone; a refunded use counts for nothing."""
    local = now.astimezone(ZoneInfo(contest.timezone))
    rows = session.exec(
        select(QuotaUse.day, QuotaUse.refunded_at).where(
            QuotaUse.enrolment_id == enrolment.id, QuotaUse.phase_id == phase.id
        )
    ).all()
    day = local.date().isoformat()
    used_total = sum(refunded is None for _, refunded in rows)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    further = used_total < phase.quota_total and midnight < phase.ends_at
    return Quota(
        used_today=sum(used == day and refunded is None for used, refunded in rows),
        used_total=used_total,
        per_day=phase.quota_per_day,
        total=phase.quota_total,
        next_at=midnight if further else None,
        day=day,
        slots_today=sum(used == day for used, _ in rows),
        slots_total=len(rows),
        enrolment_id=_id(enrolment),
        phase_id=_id(phase),
    )


def refund(session: Session, *, submission_id: int, most: int, now: datetime) -> bool:
    """Give the slot back, at most `most` times for a team in a phase; whether it was."""
    use = session.exec(select(QuotaUse).where(QuotaUse.submission_id == submission_id)).one()
    refunded = session.exec(
        select(func.count())
        .select_from(QuotaUse)
        .where(
            QuotaUse.enrolment_id == use.enrolment_id,
            QuotaUse.phase_id == use.phase_id,
            col(QuotaUse.refunded_at).is_not(None),
        )
    ).one()
    if use.refunded_at is not None or refunded >= most:
        return False
    use.refunded_at = now
    session.add(use)
    session.flush()
    ledger.mark(session, action="refunded", subject=f"submission-{submission_id}", now=now)
    return True


# ---------------------------------------------------------------------------------------------------------------------
# Looking at one


def own(session: Session, *, user: User, public_id: str) -> Submission:
    """A submission of a team of this user. Raises NotFound for anybody else's, whether it exists or not."""
    submission = session.exec(
        select(Submission)
        .join(Enrolment)
        .join(Membership, col(Membership.team_id) == Enrolment.team_id)
        .where(Submission.public_id == public_id, Membership.user_id == user.id)
    ).first()
    if submission is None:
        raise NotFound("submission-unknown")
    return submission


def current_judgement(session: Session, submission: Submission) -> Judgement:
    return session.exec(
        select(Judgement).where(
            Judgement.submission_id == submission.id,
            Judgement.phase_id == submission.phase_id,
            col(Judgement.current),
        )
    ).one()


def of_enrolment(session: Session, *, enrolment: Enrolment, phase: Phase) -> list[tuple[Submission, Judgement]]:
    """A team's submissions in a phase with their current judgements, newest first."""
    rows = session.exec(
        select(Submission, Judgement)
        .join(Judgement, col(Judgement.submission_id) == Submission.id)
        .where(
            Submission.enrolment_id == enrolment.id,
            Submission.phase_id == phase.id,
            Judgement.phase_id == phase.id,
            col(Judgement.current),
        )
        .order_by(col(Submission.id).desc())
    )
    return [(submission, judgement) for submission, judgement in rows]


def ahead_of(session: Session, judgement: Judgement) -> int:
    """How many queued judgements are before this one."""
    return session.exec(
        select(func.count())
        .select_from(Judgement)
        .where(
            Judgement.state == JudgementState.QUEUED,
            (col(Judgement.queued_at) < judgement.queued_at)
            | ((col(Judgement.queued_at) == judgement.queued_at) & (col(Judgement.id) < (judgement.id or 0))),
        )
    ).one()


def withdraw(session: Session, *, submission: Submission, user: User, now: datetime) -> list[Phase]:
    """Take an entry out of the ranking and off its boards, also in a final to which it was invited; the phases that it
    is in. Raises Conflict where it is out or the phase is over."""
    phase = session.get_one(Phase, submission.phase_id)
    if phase.state.over:
        raise Conflict("phase-over", ended=phase.ends_at.isoformat())
    submission.state = check_move(submission.state, SubmissionState.WITHDRAWN)
    session.add(submission)
    session.flush()
    ledger.mark(session, action="withdrawn", subject=f"submission-{submission.id}", actor=user, now=now)
    mine = select(Judgement.phase_id).where(Judgement.submission_id == submission.id)
    phases = list(session.exec(select(Phase).where(col(Phase.id).in_(mine)).order_by(col(Phase.id))))
    for each in phases:
        tracks = select(Standing.track).where(
            Standing.phase_id == each.id, Standing.enrolment_id == submission.enrolment_id
        )
        for track in sorted({submission.track, *session.exec(tracks).all()}):
            standings.follow(session, phase=each, track=track, enrolment_id=submission.enrolment_id, now=now)
    return phases
