"""What tests need to have happened before: people, teams, contests, uploads. Through the domain's own doors."""

import io
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from challenges.base import Case, Message, SeatOutcome
from judge import accounts, contests, judgements, results, submissions
from judge.contests import PhasePlan
from judge.cores import Cores
from judge.db import Database
from judge.judgements import Claim
from judge.kit import Kit
from judge.models import Contest, Enrolment, Judgement, Phase, Submission, Team, User
from judge.referee import Nursery
from judge.results import Circumstances, PlayedRun
from judge.scoring import Judged, Score, SeatRecord
from judge.settings import Settings
from judge.states import PhaseState
from judge.storage import Storage
from judge.submissions import Receipt, Upload
from sandbox.fake import STOPPED
from sandbox.interface import Sandbox
from sandbox.types import Verdict

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
GOOD = b"def act(observation):\n    return observation['say']\n"
HERE = Circumstances(image="", challenge_version="1", cpu_model="an abacus", engine="fake")


def after(**span: float) -> datetime:
    return NOW + timedelta(**span)


def packed(agent: bytes = GOOD) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("agent.py", (1980, 1, 1, 0, 0, 0)), agent)
    return buffer.getvalue()


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class World:
    """A database, a storage and hands to fill them."""

    db: Database
    storage: Storage
    settings: Settings
    clock: Clock = field(default_factory=Clock)
    _names: int = 100

    def name(self, stem: str) -> str:
        self._names += 1
        return f"{stem} {self._names}"

    def user(self, name: str | None = None, **facts: Any) -> User:
        shown = name or self.name("Person")
        row = User(
            email=f"{accounts.slugify(shown, fallback='x')}@example.org",
            name=shown,
            password_hash="no password",
            created_at=NOW,
            **facts,
        )
        return self.add(row)

    def add(self, row: Any) -> Any:
        with self.db.write() as session:
            session.add(row)
        return row

    def get(self, kind: Any, row_id: int | None) -> Any:
        with self.db.read() as session:
            return session.get_one(kind, row_id)

    def all(self, query: Any) -> list[Any]:
        with self.db.read() as session:
            return list(session.exec(query))

    def team(self, captain: User, *others: User, name: str | None = None) -> Team:
        with self.db.write() as session:
            team = accounts.make_team(session, user=captain, name=name or self.name("Team"), now=NOW)
            for user in others:
                token = accounts.invite(session, user=captain, team=team, now=NOW)
                accounts.accept_invitation(session, user=user, token=token, now=NOW)
        return team

    def contest(
        self,
        slug: str = "echo",
        *,
        challenge: str = "echo",
        timezone: str = "UTC",
        state: PhaseState = PhaseState.OPEN,
        **plan: Any,
    ) -> tuple[Contest, Phase]:
        """With one phase, open since an hour for a month, unless told otherwise."""
        facts = {
            "slug": "practice",
            "starts_at": after(hours=-1),
            "ends_at": after(days=30),
            "cases": 2,
            "quota_per_day": 3,
            **plan,
        }
        with self.db.write() as session:
            contest = contests.create(
                session, challenge=challenge, slug=slug, phases=[PhasePlan(**facts)], now=NOW, timezone=timezone
            )
            (phase,) = contests.phases_of(session, contest)
            if state != PhaseState.DRAFT:
                contests.move_phase(session, phase, PhaseState.OPEN, now=NOW)
                contest.state = PhaseState.OPEN
                phase.challenge_version = "1"
                session.add_all([contest, phase])
        if state not in {PhaseState.DRAFT, PhaseState.OPEN}:
            self.move(phase, state)
        return contest, phase

    def contest_of(self, phase: Phase) -> Contest:
        return self.get(Contest, phase.contest_id)

    def move(self, phase: Phase, state: PhaseState, *, now: datetime = NOW) -> Phase:
        with self.db.write() as session:
            row = session.get_one(Phase, phase.id)
            contests.move_phase(session, row, state, now=now)
        phase.state, phase.freeze_at = row.state, row.freeze_at
        return row

    def enrolled(
        self, contest: Contest, *, name: str | None = None, category: str = ""
    ) -> tuple[User, Team, Enrolment]:
        """Somebody with a team that is in."""
        user = self.user()
        team = self.team(user, name=name)
        with self.db.write() as session:
            row = contests.enrol(
                session, contest=contest, user=user, team_slug=team.slug, terms=True, category=category, now=NOW
            )
        return user, team, row

    def upload(
        self,
        user: User,
        content: bytes | None = None,
        *,
        at: datetime | None = None,
        contest: str = "echo",
        phase: str = "practice",
        token: str | None = None,
        track: str = "",
        filename: str = "entry.zip",
        clock: Callable[[], datetime] | None = None,
        storage: Storage | None = None,
        summary: str = "",
        links: tuple[str, ...] = (),
    ) -> Receipt:
        moment = at or self.clock.now
        return submissions.take_in(
            self.db,
            storage or self.storage,
            user=user,
            contest_slug=contest,
            phase_slug=phase,
            stream=io.BytesIO(packed() if content is None else content),
            upload=Upload(filename, moment, token, track, summary, links),
            clock=clock or (lambda: moment),
        )

    def claim(self, judgement_id: int, *, worker: str = "w", now: datetime = NOW) -> Claim | None:
        with self.db.write() as session:
            return judgements.claim(session, judgement_id=judgement_id, worker=worker, settings=self.settings, now=now)

    def judge(
        self,
        receipt: Receipt,
        *,
        score: float | None = 50.0,
        now: datetime | None = None,
        verdict: Verdict = Verdict.RTE,
        ties: tuple[float, ...] = (),
        final: float | None = None,
        interval: tuple[float, float] | None = None,
        final_interval: tuple[float, float] | None = None,
        final_ties: tuple[float, ...] | None = None,
        claim: Claim | None = None,
    ) -> Judgement:
        """Claim and record what a worker would have: `score` None is a failure with that verdict."""
        moment = now or receipt.submission.received_at
        mine = claim or self.claim(receipt.judgement_id, now=moment)
        assert mine is not None
        decides = score if final is None else final
        played = [played_run("echo-1", score), played_run("showcase", score, showcase=True)]
        judged = (
            Judged(verdict, Message("ended-rte", {}), {})
            if score is None
            else Judged(Verdict.AC, None, {"": Score(score, decides, interval, {}, ties, final_interval, final_ties)})
        )
        files = [results.store_files(self.storage, run) for run in played]
        with self.db.write() as session:
            results.record(
                session, claim=mine, played=played, files=files, judged=judged, circumstances=HERE, now=moment
            )
        return self.get(Judgement, receipt.judgement_id)

    def judgement(self, receipt: Receipt) -> Judgement:
        return self.get(Judgement, receipt.judgement_id)

    def submission(self, receipt: Receipt) -> Submission:
        return self.get(Submission, receipt.submission.id)


def played_run(name: str, score: float | None = 1.0, *, showcase: bool = False, **outcome: Any) -> PlayedRun:
    case = Case(name, b"\0" * 32, showcase=showcase)
    record = SeatRecord(case, "player", SeatOutcome(score, {"right": 1.0}, **outcome), replace(STOPPED, stdout=name))
    return PlayedRun({"player": record}, {"player": b'{"reply":"1"}\n'}, None)


def populate(world: World) -> None:
    """Noise: other people, another contest, entries in every state, so that a query that asks too much is found out."""
    contest, _ = world.contest("noise")
    for number, fate in enumerate(("scored", "running", "queued", "failed")):
        user, _, _ = world.enrolled(contest, name=f"Noise {number}")
        receipt = world.upload(user, contest="noise", at=after(minutes=-30), token="the same token")
        if fate == "running":
            world.claim(receipt.judgement_id, worker="noise", now=after(days=2))
        elif fate != "queued":
            world.judge(receipt, score=99.0 if fate == "scored" else None)


NOISE = 4


def settings_in(folder: Path, **values: str) -> Settings:
    return Settings.from_environment(
        {
            "PODIUM_DATA": str(folder / "data"),
            "PODIUM_RUN": str(folder / "run"),
            "PODIUM_CORES": "2",
            "PODIUM_WORKERS": "2",
            "PODIUM_MIN_FREE_MIB": "1",
            **values,
        }
    )


def kit_of(
    world: World, nursery: Nursery, folder: Path, *, queue: Any, sandbox: Sandbox, clock: Callable[[], datetime]
) -> Kit:
    """What a worker would work with here, on two cores."""
    stop = threading.Event()
    cores = Cores(folder / "cores", 2, stop=stop)
    return Kit(world.settings, world.db, world.storage, queue, sandbox, nursery, cores, "w", stop, clock)
