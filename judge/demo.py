"""`podium demo`: the contests with their samples entered by demo teams, through the same doors as anybody's."""

import io
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise, product
from typing import Any

from sqlmodel import Session, col, select

from challenges.sheet import Sample
from judge import accounts, catalogue, contests, field, leaderboard, results, submissions
from judge.db import Database
from judge.errors import Misconfigured
from judge.models import Contest, Enrolment, Judgement, Phase, Team, User
from judge.queue import Queue
from judge.recorded import RecordedPanel
from judge.samples import packed, samples_of
from judge.settings import Settings
from judge.states import PhaseState
from judge.storage import Storage, open_storage
from judge.submissions import Upload

Say = Callable[[str], None]
OPEN_SECONDS = 120
ASK_AGAIN_SECONDS = 10
JUDGED_SECONDS = 900
DAYS = 30
LADDER = ("useless", "weak", "sound")
"""Labels of samples, from the bottom of a board to the top."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A sample on its way."""

    sample: Sample
    team: str
    submission_id: int
    email: str
    """Of the demo account that sent it."""


class Demo:
    """Works beside a running `podium up`, on its database, storage and queue."""

    def __init__(self, settings: Settings, *, image: str, say: Say, stopping: Callable[[], bool]) -> None:
        self.settings, self._image, self._say, self._stopping = settings, image, say, stopping
        self._db = Database(settings.database_url)
        self._storage: Storage = open_storage(settings)
        self._queue = Queue(settings.redis_url)
        self._panels: list[RecordedPanel] = []
        self.password = secrets.token_urlsafe(9)

    def close(self) -> None:
        self._queue.close()
        self._db.close()

    def enter_all(self, challenges: Sequence[str]) -> dict[str, list[Entered]]:
        """Open a contest of each challenge and enter its samples; by the contest's slug."""
        return {contest.slug: self._enter(contest) for contest in [self._contest(name) for name in challenges]}

    def _contest(self, challenge: str) -> Contest:
        """A contest with an open practice phase: the last demo's, where it still is, else a new one."""
        now = datetime.now(UTC)
        with self._db.write() as session:
            contest, phase = self._usable(session, challenge, now) or self._create(session, challenge, now)
        assert phase.id is not None
        began = asked = time.monotonic()
        deadline = began + OPEN_SECONDS
        if phase.state == PhaseState.DRAFT:
            self._queue.open_phase(phase.id)
        while phase.state == PhaseState.DRAFT:
            if time.monotonic() - asked > ASK_AGAIN_SECONDS:
                asked = time.monotonic()
                self._queue.open_phase(phase.id)
            self._check_waiting(deadline, f"{challenge}: no worker opened the practice phase")
            time.sleep(0.2)
            with self._db.read() as session:
                phase = session.get_one(Phase, phase.id)
        self._say(f"{contest.slug}: the practice phase is open ({time.monotonic() - began:.1f} s)")
        return contest

    def _usable(self, session: Session, challenge: str, now: datetime) -> tuple[Contest, Phase] | None:
        version = catalogue.about(challenge).version
        query = (
            select(Contest, Phase)
            .join(Phase, col(Phase.contest_id) == Contest.id)
            .where(Contest.challenge == challenge, col(Contest.slug).startswith(challenge), Phase.slug == "practice")
        )
        for contest, phase in session.exec(query.order_by(col(Contest.id).desc())):
            ready = phase.state == PhaseState.DRAFT or (
                contests.takes_uploads(phase, now=now)
                and (phase.challenge_version, phase.image) == (version, self._image)
            )
            if ready and phase.ends_at > now and room_left(session, contest, phase, now=now):
                return contest, phase
        return None

    def _create(self, session: Session, challenge: str, now: datetime) -> tuple[Contest, Phase]:
        taken = set(session.exec(select(Contest.slug)).all())
        slug = next(
            slug for slug in (challenge, *(f"{challenge}-{number}" for number in range(2, 1000))) if slug not in taken
        )
        contest = contests.create(
            session,
            challenge=challenge,
            slug=slug,
            phases=[contests.practice_plan(challenge, now=now, days=DAYS)],
            now=now,
        )
        return contest, contests.phases_of(session, contest)[0]

    def _enter(self, contest: Contest) -> list[Entered]:
        entered = [self._enter_sample(contest, sample) for sample in samples_of(contest.challenge)]
        self._say(f"{contest.slug}: {len(entered)} sample entries are in the queue")
        return entered

    def _enter_sample(self, contest: Contest, sample: Sample) -> Entered:
        now = datetime.now(UTC)
        user = self._user(contest, sample, now)
        with self._db.write() as session:
            team = self._team(session, user, sample, now)
            if contests.enrolment_of(session, contest=contest, user=user) is None:
                facts = {"team_slug": team.slug, "category": sample.category}
                contests.enrol(session, contest=contest, user=user, terms=True, now=now, **facts)
        sent = packed(catalogue.about(contest.challenge), sample)
        receipt = submissions.take_in(
            self._db,
            self._storage,
            user=user,
            contest_slug=contest.slug,
            phase_slug="practice",
            stream=io.BytesIO(sent.content),
            upload=Upload(sent.filename, now, track=sample.track, summary=sent.summary, links=sent.links),
            clock=lambda: datetime.now(UTC),
        )
        self._queue.judge(receipt.judgement_id, attempt=0)
        assert receipt.submission.id is not None
        return Entered(sample, team.name, receipt.submission.id, user.email)

    def _user(self, contest: Contest, sample: Sample, now: datetime) -> User:
        return self._account(f"{contest.challenge}-{sample.name}", sample.team["en"], now)

    def _account(self, word: str, name: str, now: datetime) -> User:
        email = f"{word}@demo.example"
        with self._db.read() as session:
            user = session.exec(select(User).where(User.email == email)).first()
        if user is None:
            return accounts.sign_up(
                self._db, email=email, name=name, password=self.password, language="en", now=now, demo=True
            )
        password_hash = accounts.hashed(self.password)
        with self._db.write() as session:
            accounts.set_password(session, user=session.get_one(User, user.id), password_hash=password_hash)
        return user

    def _team(self, session: Session, user: User, sample: Sample, now: datetime) -> Team:
        mine = accounts.teams_of(session, user=user)
        return mine[0] if mine else accounts.make_team(session, user=user, name=sample.team["en"], now=now)

    def _check_waiting(self, deadline: float, complaint: str) -> None:
        if self._stopping():
            raise KeyboardInterrupt
        if time.monotonic() > deadline:
            raise Misconfigured(f"{complaint}; the logs in {self.settings.data / 'logs'} say why")

    def wait(self, entered: dict[str, list[Entered]]) -> None:
        """Until every sample is judged, and has met whom it is to meet, telling how far it is. Raises Misconfigured
        when it takes too long."""
        deadline = time.monotonic() + JUDGED_SECONDS
        ids = [entry.submission_id for entries in entered.values() for entry in entries]
        before = ""
        self._panels = [self._panel(slug, entries) for slug, entries in entered.items()]
        while True:
            for panel in self._panels:
                if taken := panel.enter(lambda word, name: self._account(word, name, datetime.now(UTC))):
                    self._say(f"{panel.slug}: {taken} recorded reviews entered")
            with self._db.read() as session:
                done = sum(judgement.state.final for judgement in _current(session, ids).values())
                met = field.progress(session, contests=list(entered))
            far = f"judged {done} of {len(ids)}" + (
                f", played {met.played} of {met.total} matches" if met.total else ""
            )
            if far != before:
                self._say(far)
                before = far
            if done == len(ids) and met.over:
                return
            self._check_waiting(deadline, f"not all samples were judged: {far}")
            time.sleep(0.2)

    def _panel(self, slug: str, entries: list[Entered]) -> RecordedPanel:
        with self._db.read() as session:
            challenge = contests.by_slug(session, slug).challenge
        ids = {entry.sample.name: entry.submission_id for entry in entries}
        return RecordedPanel(self._db, self._queue, challenge=challenge, slug=slug, entries=ids)

    def report(self, entered: dict[str, list[Entered]]) -> tuple[dict[str, Any], list[str]]:
        """What `--json` prints below `contests`, and a sentence for every sample that did not get what it is labelled
        with."""
        with self._db.read() as session:
            boards = {slug: self._boards(session, slug) for slug in entered}
            listed = {
                slug: self._contest_report(session, slug, entries, boards[slug]) for slug, entries in entered.items()
            }
            complaints = [line for entries in entered.values() for line in _complaints(session, entries)]
        complaints += [line for slug, entries in entered.items() for line in disorder(entries, boards[slug])]
        complaints += [line for panel in self._panels for line in panel.complaints]
        return listed, complaints

    def _boards(self, session: Session, slug: str) -> dict[str, list[dict[str, Any]]]:
        """By track."""
        contest = contests.by_slug(session, slug)
        phase = contests.phase_by_slug(session, contest, "practice")
        return {track.name: board(session, phase, track.name) for track in catalogue.about(contest.challenge).tracks}

    def _contest_report(
        self, session: Session, slug: str, entries: list[Entered], boards: dict[str, list[dict[str, Any]]]
    ) -> dict[str, Any]:
        contest = contests.by_slug(session, slug)
        phase = contests.phase_by_slug(session, contest, "practice")
        about = catalogue.about(contest.challenge)
        judged = _current(session, [entry.submission_id for entry in entries])
        categories = {
            category.name: board(session, phase, about.tracks[0].name, category=category.name)
            for category in about.categories
        }
        return {
            "submitted": len(entries),
            "judged": sum(judgement.state.final for judgement in judged.values()),
            **({"matches": met.played} if (met := field.progress(session, contests=[slug])).total else {}),
            "board": next(iter(boards.values())),
            **({"boards": boards} if len(boards) > 1 else {}),
            **({"categories": categories} if categories else {}),
            "entries": [
                {
                    "sample": entry.sample.name,
                    "team": entry.team,
                    "state": judged[entry.submission_id].state.value,
                    "verdict": judged[entry.submission_id].verdict,
                }
                for entry in entries
            ],
        }


def account(entered: dict[str, list[Entered]]) -> str:
    """Of an entry that went well, to look around with."""
    entries = [entry for each in entered.values() for entry in each]
    return next((entry.email for entry in entries if entry.sample.label == "sound"), entries[0].email)


def room_left(session: Session, contest: Contest, phase: Phase, *, now: datetime) -> bool:
    """Whether every team that is in may send another entry: demos that follow each other use up their quota."""
    teams = session.exec(select(Enrolment).where(Enrolment.contest_id == contest.id)).all()
    return all(
        submissions.quota_left(session, enrolment=team, phase=phase, contest=contest, now=now).open for team in teams
    )


def _current(session: Session, submission_ids: list[int]) -> dict[int, Judgement]:
    query = select(Judgement).where(col(Judgement.submission_id).in_(submission_ids), col(Judgement.current))
    return {judgement.submission_id: judgement for judgement in session.exec(query)}


def board(session: Session, phase: Phase, track: str, *, category: str | None = None) -> list[dict[str, Any]]:
    board = leaderboard.snapshot(session, phase=phase, track=track, category=category, now=datetime.now(UTC))
    return [
        {
            "rank": row.rank,
            "team": row.team,
            "score": row.score,
            "interval": row.interval,
            "columns": row.columns,
            "entries": row.entries,
            "tied": row.tied,
        }
        for row in board.rows
    ]


def disorder(entries: Sequence[Entered], boards: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """A sentence for every two samples of a track that do not stand on its board as their labels have it: useless below
    weak below sound. Bands allow for every seed, so those of neighbours may meet; on the same cases the order holds."""
    found = []
    for track, rows in boards.items():
        scores = {row["team"]: row["score"] for row in rows}
        steps = [[one for one in entries if (one.sample.track, one.sample.label) == (track, label)] for label in LADDER]
        for low, high in (pair for lower, higher in pairwise(steps) for pair in product(lower, higher)):
            below, above = scores.get(low.team), scores.get(high.team)
            if below is None or above is None or below >= above:
                found.append(
                    f"{low.sample.name} ({low.sample.label}) is not below {high.sample.name} ({high.sample.label}) "
                    f"on the board: {below} and {above}"
                )
    return found


def _complaints(session: Session, entries: list[Entered]) -> list[str]:
    judged = _current(session, [entry.submission_id for entry in entries])
    complaints = []
    for entry in entries:
        judgement = judged[entry.submission_id]
        scores = results.scores_of(session, judgement=judgement)
        score = scores[0].public if scores else None
        if not entry.sample.holds(judgement.verdict or "", score):
            complaints.append(
                f"{entry.sample.name}: labelled {entry.sample.verdict} "
                f"{entry.sample.score_min}..{entry.sample.score_max}, got {judgement.verdict} {score}"
            )
    return complaints
