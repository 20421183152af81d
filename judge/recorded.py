"""Reviews that ship with samples which people score: entered by demo judges, through the same door as anybody's."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from challenges import sheet
from challenges.sheet import RecordedReview
from judge import accounts, contests, reviews
from judge.db import Database
from judge.errors import Refusal
from judge.models import Enrolment, Judgement, Membership, Phase, Submission, Team, User
from judge.queue import Queue
from judge.states import JudgementState

Account = Callable[[str, str], User]
"""(a word of its own, a name) -> the demo account of that word."""


class RecordedPanel:
    """The panel of one contest's samples, in its practice phase. `entries`: sample -> submission."""

    def __init__(self, db: Database, queue: Queue, *, challenge: str, slug: str, entries: Mapping[str, int]) -> None:
        self._db, self._queue, self.slug, self._entries = db, queue, slug, entries
        self._challenge, self._recorded = challenge, sheet.recorded(challenge)
        self._done = not self._recorded.reviews
        self.complaints: list[str] = []

    def enter(self, account: Account) -> int:
        """Once the entries have been looked at: all reviews, in one transaction. How many were taken; 0 before and
        after."""
        if self._done or not self._ready():
            return 0
        judges = {
            word: account(f"{self._challenge}-judge-{word}", judge.name)
            for word, judge in self._recorded.judges.items()
        }
        now = datetime.now(UTC)
        with self._db.write() as session:
            self._seat(session, judges, now)
            contest = contests.by_slug(session, self.slug)
            phase = contests.phase_by_slug(session, contest, "practice")
            taken = sum(self._take(session, phase, judges, review, now) for review in self._recorded.reviews)
            due_at = session.exec(select(Phase.field_due_at).where(Phase.id == phase.id)).one()
        self._done = True
        if due_at is not None and phase.id is not None:
            self._queue.tend_field(phase.id, due_at=due_at)
        return taken

    def _ready(self) -> bool:
        query = select(Judgement.state).where(
            col(Judgement.submission_id).in_(self._entries.values()), col(Judgement.current)
        )
        with self._db.read() as session:
            states = session.exec(query).all()
        return not {JudgementState.QUEUED, JudgementState.RUNNING} & set(states)

    def _seat(self, session: Session, judges: Mapping[str, User], now: datetime) -> None:
        """Everybody is a judge of this contest; who sits in a sample's team joins it."""
        contest = contests.by_slug(session, self.slug)
        for word, user in judges.items():
            accounts.appoint(session, user=user, role="judge", contest_id=contest.id, now=now)
            sample = self._recorded.judges[word].team
            if not sample:
                continue
            team = session.exec(
                select(Team)
                .join(Enrolment, col(Enrolment.team_id) == Team.id)
                .join(Submission, col(Submission.enrolment_id) == Enrolment.id)
                .where(Submission.id == self._entries[sample])
            ).one()
            inside = {member.id: member for member, _ in accounts.members_of(session, team=team)}
            if user.id not in inside:
                assert team.id is not None and user.id is not None
                session.add(Membership(team_id=team.id, user_id=user.id, captain=False, joined_at=now))
                session.flush()

    def _take(
        self, session: Session, phase: Phase, judges: Mapping[str, User], review: RecordedReview, now: datetime
    ) -> bool:
        """Whether it was taken. Complains where it was refused and ought not to be, or the other way round."""
        try:
            reviews.record(
                session,
                phase=phase,
                submission=session.get_one(Submission, self._entries[review.entry]),
                judge=judges[review.judge],
                scores=review.scores,
                comment=review.comment,
                now=now,
            )
            came = ""
        except Refusal as refusal:
            came = refusal.public.code
        if came != review.refused:
            self.complaints.append(
                f"{review.judge}'s review of {review.entry}: {came or 'taken'}, not {review.refused or 'taken'}"
            )
        return not came
