"""Contests, their phases and who is enrolled.

A contest is made as a draft from a challenge's sheet. Opening a phase is a worker's job (`jobs.open_phase`): only
workers can make and read seeds, and only they know the player image that the phase is pinned to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from challenges import registry, sheet
from judge import columns, ledger, standings
from judge.accounts import team_for
from judge.errors import BadInput, Conflict, NotFound
from judge.models import Contest, Enrolment, Membership, Phase, Team, User
from judge.states import PhaseState, check_move

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """What an organiser says of a phase. `cases` counts cases of each discipline; `meets` is `all` for a final in which
    all who are invited play all (see `judge.invitations`)."""

    slug: str
    starts_at: datetime
    ends_at: datetime
    cases: int
    quota_per_day: int = 10
    quota_total: int = 100
    hidden: bool = True
    counts: str = "best"
    chosen: int = 1
    freeze_at: datetime | None = None
    meets: str = "ladder"


def create(
    session: Session,
    *,
    challenge: str,
    slug: str,
    phases: Sequence[PhasePlan],
    now: datetime,
    timezone: str = "UTC",
    actor: User | None = None,
) -> Contest:
    """A draft. Raises BadInput for what does not fit together, Conflict where the slug is taken."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("timezone-unknown", timezone=timezone) from None
    if challenge not in registry.names():
        raise BadInput("challenge-unknown", challenge=challenge)
    if not _SLUG.fullmatch(slug):
        raise BadInput("slug-malformed", slug=slug)
    _check_plans(phases, challenge)
    contest = Contest(slug=slug, challenge=challenge, timezone=timezone, created_at=now)
    try:
        with session.begin_nested():
            session.add(contest)
    except IntegrityError:
        raise Conflict("contest-taken", slug=slug) from None
    assert contest.id is not None
    for position, plan in enumerate(phases):
        session.add(
            Phase(
                contest_id=contest.id,
                position=position,
                slug=plan.slug,
                starts_at=plan.starts_at,
                ends_at=plan.ends_at,
                freeze_at=plan.freeze_at,
                cases=plan.cases,
                hidden=plan.hidden,
                counts=plan.counts,
                chosen=plan.chosen,
                quota_per_day=plan.quota_per_day,
                quota_total=plan.quota_total,
                meets=plan.meets,
            )
        )
    session.flush()
    ledger.mark(session, action="contest-created", subject=f"contest-{contest.id}", actor=actor, now=now)
    return contest


def _check_plans(phases: Sequence[PhasePlan], challenge: str) -> None:
    if not phases:
        raise BadInput("phases-missing")
    pairing = sheet.about(challenge).pairing
    for plan in phases:
        if (
            not _SLUG.fullmatch(plan.slug)
            or len(plan.slug) > 40
            or sum(other.slug == plan.slug for other in phases) > 1
        ):
            raise BadInput("slug-malformed", slug=plan.slug)
        if plan.ends_at <= plan.starts_at:
            raise BadInput("phase-window", phase=plan.slug)
        if plan.freeze_at is not None and not plan.starts_at <= plan.freeze_at <= plan.ends_at:
            raise BadInput("phase-freeze", phase=plan.slug)
        if plan.meets != "ladder" and (plan.meets != "all" or pairing != "match"):
            raise BadInput("phase-meets", phase=plan.slug, meets=plan.meets)
        if plan.counts not in {"best", "last", "chosen"}:
            raise BadInput("phase-counts", phase=plan.slug, counts=plan.counts)
        if min(plan.cases, plan.quota_per_day, plan.quota_total, plan.chosen) < 1:
            raise BadInput("phase-figures", phase=plan.slug)


def plan(challenge: str, slug: str, *, starts_at: datetime, ends_at: datetime) -> PhasePlan:
    """A phase as the challenge's sheet has it: `practice` and `final` with their numbers of cases, any other with those
    of the public phase; its quota; what counts. Where entries meet, or people read them, a team decides what stands for
    it: its last one. Matches are there to be watched; practice shows what people said once enough of them have."""
    about = sheet.about(challenge)
    return PhasePlan(
        slug=slug,
        starts_at=starts_at,
        ends_at=ends_at,
        cases={"practice": about.practice_cases, "final": about.final_cases}.get(slug, about.public_cases),
        quota_per_day=about.quota_per_day,
        quota_total=about.quota_total,
        hidden=about.pairing != "match" and (about.pairing, slug) != ("none", "practice"),
        counts="chosen" if about.quota_chosen else "best" if about.pairing == "solo" else "last",
        chosen=max(1, about.quota_chosen),
    )


def practice_plan(challenge: str, *, now: datetime, days: int = 30) -> PhasePlan:
    """A practice phase that starts now."""
    return plan(challenge, "practice", starts_at=now, ends_at=now + timedelta(days=days))


def all_public(session: Session) -> list[Contest]:
    """Every contest that is not a draft, newest first."""
    query = select(Contest).where(Contest.state != PhaseState.DRAFT).order_by(col(Contest.id).desc())
    return list(session.exec(query))


def by_slug(session: Session, slug: str) -> Contest:
    """A public contest. Raises NotFound, for drafts too."""
    contest = session.exec(select(Contest).where(Contest.slug == slug, Contest.state != PhaseState.DRAFT)).first()
    if contest is None:
        raise NotFound("contest-unknown")
    return contest


def phases_of(session: Session, contest: Contest) -> list[Phase]:
    """In order."""
    return list(session.exec(select(Phase).where(Phase.contest_id == contest.id).order_by(col(Phase.position))))


def phase_by_slug(session: Session, contest: Contest, slug: str) -> Phase:
    """A phase that is not a draft. Raises NotFound."""
    phase = session.exec(
        select(Phase).where(Phase.contest_id == contest.id, Phase.slug == slug, Phase.state != PhaseState.DRAFT)
    ).first()
    if phase is None:
        raise NotFound("phase-unknown")
    return phase


def current_phase(session: Session, contest: Contest, *, now: datetime) -> Phase | None:
    """The phase to show first: the one that takes uploads now, else the last that began, else the next."""
    phases = [phase for phase in phases_of(session, contest) if phase.state != PhaseState.DRAFT]
    for phase in phases:
        if takes_uploads(phase, now=now):
            return phase
    begun = [phase for phase in phases if phase.starts_at <= now]
    if begun:
        return begun[-1]
    return phases[0] if phases else None


def takes_uploads(phase: Phase, *, now: datetime) -> bool:
    return phase.meets != "all" and phase.state.accepts_uploads and phase.starts_at <= now < phase.ends_at


def move_phase(session: Session, phase: Phase, new: PhaseState, *, now: datetime, actor: User | None = None) -> None:
    """Raises Conflict where the move is not legal, or would extend a phase whose seed is known."""
    if new == PhaseState.OPEN and phase.seed_hex is not None:
        raise Conflict("phase-revealed")
    old = phase.state
    phase.state = check_move(phase.state, new)
    if new == PhaseState.FROZEN and (phase.freeze_at is None or phase.freeze_at > now):
        phase.freeze_at = now
    if (old, new) == (PhaseState.FROZEN, PhaseState.OPEN):
        phase.freeze_at = None
    session.add(phase)
    session.flush()
    if phase.meeting_cases or columns.sheet_of(session, phase).pairing == "none":
        standings.mark_due(session, phase, now=now)
    if new == PhaseState.REVEALED:
        standings.refresh_all(session, phase=phase, now=now)
    ledger.mark(
        session,
        action="phase-moved",
        subject=f"phase-{phase.id}",
        actor=actor,
        now=now,
        facts={"old": old.value, "new": new.value},
    )


# ---------------------------------------------------------------------------------------------------------------------
# Enrolment


def enrol(
    session: Session, *, contest: Contest, user: User, team_slug: str, terms: bool, now: datetime, category: str = ""
) -> Enrolment:
    """A team of this user enters, in a category where the contest has some. Raises BadInput without its consent to the
    terms or for a category that there is not, NotFound for another's team,
    Conflict where the team is in already, a member is in with another team, or the contest is over."""
    if not terms:
        raise BadInput("terms-missing")
    if contest.state.over:
        raise Conflict("contest-over")
    categories = [known.name for known in sheet.about(contest.challenge).categories]
    if category not in (categories or [""]):
        raise BadInput("category-unknown" if category else "category-missing")
    team = team_for(session, user=user, slug=team_slug)
    session.exec(
        select(Contest.id).where(Contest.id == contest.id).with_for_update(key_share=True)
    ).one()  # one after the other
    members = select(Membership.user_id).where(Membership.team_id == team.id)
    clash = session.exec(
        select(Team.name)
        .join(Enrolment)
        .join(Membership, col(Membership.team_id) == Team.id)
        .where(Enrolment.contest_id == contest.id, col(Membership.user_id).in_(members))
    ).first()
    if clash is not None:
        raise Conflict("enrolled-already", team=clash)
    assert contest.id is not None and team.id is not None
    enrolment = Enrolment(contest_id=contest.id, team_id=team.id, category=category, terms_accepted_at=now)
    try:
        with session.begin_nested():
            session.add(enrolment)
    except IntegrityError:
        raise Conflict("enrolled-already", team=team.name) from None
    return enrolment


def enrolment_of(session: Session, *, contest: Contest, user: User) -> tuple[Enrolment, Team] | None:
    """With which team a user is in a contest."""
    row = session.exec(
        select(Enrolment, Team)
        .join(Team, col(Team.id) == Enrolment.team_id)
        .join(Membership, col(Membership.team_id) == Team.id)
        .where(Enrolment.contest_id == contest.id, Membership.user_id == user.id)
    ).first()
    return (row[0], row[1]) if row else None


def enrolled_count(session: Session, contest: Contest) -> int:
    return session.exec(select(func.count()).select_from(Enrolment).where(Enrolment.contest_id == contest.id)).one()


def keep_calendar(session: Session, *, now: datetime) -> None:
    """Freeze and close what is due."""
    going = select(Phase).where(col(Phase.state).in_([PhaseState.OPEN, PhaseState.FROZEN]))
    for phase in session.exec(going.with_for_update(key_share=True)).all():
        if phase.ends_at <= now:
            move_phase(session, phase, PhaseState.CLOSED, now=now)
        elif phase.state == PhaseState.OPEN and phase.freeze_at is not None and phase.freeze_at <= now:
            move_phase(session, phase, PhaseState.FROZEN, now=now)
