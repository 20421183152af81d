"""Rows in various states, for the portal's tests. One password hash serves everybody: hashing is slow on purpose."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlmodel import Session, func, select

from judge import accounts, hosts, standings
from judge.db import Database
from judge.models import (
    Contest,
    Enrolment,
    Judgement,
    JudgementScore,
    Membership,
    Phase,
    QuotaUse,
    Run,
    RunSeat,
    Submission,
    Team,
    User,
)
from judge.scoring import order_key
from judge.states import JudgementState, PhaseState, SubmissionState
from judge.storage import Storage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
IMAGE = "sha256:" + "a" * 64


@cache
def password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def scene(frames: int = 40) -> dict[str, Any]:
    """A short drive along a bent road, with one collision."""
    road = [[2.0 * i, 8.0 + (i / 8) ** 2] for i in range(60)]
    way = [[float(i * 2.5), 8.0 + (i * 1.25 / 8) ** 2] for i in range(frames)]
    texts = {"en": "Collision, at fault", "zh": "碰撞（有责）", "ko": "충돌(과실 있음)"}
    speeds = [8.0 + 0.1 * i for i in range(frames)]
    return {
        "version": 1,
        "title": {"en": "Dense traffic", "zh": "密集车流", "ko": "붐비는 도로"},
        "unit": "m",
        "y_axis": "down",
        "seconds_per_frame": 0.2,
        "bounds": [-10.0, -5.0, 130.0, 75.0],
        "follow": 0,
        "shapes": [
            {"kind": "line", "role": "road", "points": road, "width": 8.0},
            {"kind": "line", "role": "divider", "points": road, "width": 0.0},
            {"kind": "line", "role": "route", "points": road, "width": 0.0},
            {"kind": "line", "role": "finish", "points": [[118.0, 60.0], [118.0, 68.0]], "width": 0.6},
        ],
        "actors": [
            {"id": "ego", "kind": "box", "role": "ego", "length": 5.0, "width": 2.0},
            {"id": "traffic-1", "kind": "box", "role": "traffic", "length": 5.0, "width": 2.0},
            {"id": "obstacle-2", "kind": "box", "role": "obstacle", "length": 3.0, "width": 3.0},
        ],
        "frames": [[0, x, y, 0.2, 1, x * 0.6 + 20, y * 0.8 + 4, 0.1, 2, 60.0, 14.0, 0.0] for x, y in way],
        "series": [
            {"name": "speed", "title": {"en": "Speed", "zh": "车速", "ko": "속도"}, "unit": "m/s", "values": speeds}
        ],
        "marks": [
            {"frame": 24, "x": 60.0, "y": 14.0, "kind": "collision", "bad": True, "text": texts},
        ],
    }


@dataclass
class World:
    """A database and its files, to be filled."""

    db: Database
    storage: Storage
    now: datetime = NOW

    def add(self, *rows: Any) -> None:
        with self.db.write() as session:
            session.add_all(rows)

    def user(self, name: str = "Mei Lin", *, email: str | None = None, language: str = "en") -> User:
        user = User(
            email=email or f"{secrets.token_hex(5)}@example.org",
            name=name,
            password_hash=password_hash(),
            language=language,
            created_at=self.now,
        )
        self.add(user)
        return user

    def token(self, user: User) -> str:
        """A session, as a browser's cookie carries it."""
        with self.db.write() as session:
            return accounts.begin_session(session, user=user, now=self.now)

    def team(self, captain: User, name: str = "Haihe Commuters", *members: User) -> Team:
        with self.db.write() as session:
            team = accounts.make_team(session, user=captain, name=name, now=self.now)
            for member in members:
                session.add(Membership(team_id=team.id, user_id=member.id, captain=False, joined_at=self.now))
        return team

    def contest(
        self,
        slug: str = "driving",
        *,
        state: PhaseState = PhaseState.OPEN,
        timezone: str = "Asia/Shanghai",
        challenge: str = "driving",
        **more: Any,
    ) -> Contest:
        contest = Contest(slug=slug, challenge=challenge, timezone=timezone, state=state, created_at=self.now, **more)
        self.add(contest)
        return contest

    def phase(
        self,
        contest: Contest,
        slug: str = "practice",
        *,
        state: PhaseState = PhaseState.OPEN,
        starts: int = -2,
        ends: int = 28,
        **more: Any,
    ) -> Phase:
        """`starts` and `ends` in days from now."""
        with self.db.write() as session:
            position = session.exec(select(func.count()).select_from(Phase).where(Phase.contest_id == contest.id)).one()
            phase = Phase(
                contest_id=contest.id,
                position=position,
                slug=slug,
                state=state,
                starts_at=self.now + timedelta(days=starts),
                ends_at=self.now + timedelta(days=ends),
                **{"cases": 2, "quota_per_day": 9, "quota_total": 50, "commitment": "c0" * 32, **more},
            )
            session.add(phase)
        return phase

    def enrol(self, contest: Contest, team: Team, *, category: str = "") -> Enrolment:
        enrolment = Enrolment(contest_id=contest.id, team_id=team.id, category=category, terms_accepted_at=self.now)
        self.add(enrolment)
        return enrolment

    def submission(
        self, enrolment: Enrolment, phase: Phase, user: User, *, filename: str = "agent.zip", **more: Any
    ) -> Submission:
        with self.db.write() as session:
            submission = Submission(
                public_id=secrets.token_urlsafe(12),
                enrolment_id=enrolment.id,
                phase_id=phase.id,
                user_id=user.id,
                size_bytes=48_213,
                filename=filename,
                **{
                    "sha256": secrets.token_hex(32),
                    "received_at": self.now - timedelta(minutes=9),
                    "acknowledged_at": self.now - timedelta(minutes=9),
                    "state": SubmissionState.ACTIVE,
                    **more,
                },
            )
            session.add(submission)
            session.flush()
            used = (
                select(func.count())
                .select_from(QuotaUse)
                .where(QuotaUse.enrolment_id == enrolment.id, QuotaUse.phase_id == phase.id)
            )
            serial = session.exec(used).one() + 1
            session.add(
                QuotaUse(
                    enrolment_id=enrolment.id,
                    phase_id=phase.id,
                    day="2026-11-20",
                    n=serial,
                    serial=serial,
                    submission_id=submission.id,
                )
            )
        return submission

    def judgement(
        self, submission: Submission, *, state: JudgementState = JudgementState.QUEUED, **more: Any
    ) -> Judgement:
        begun = state != JudgementState.QUEUED
        judgement = Judgement(
            submission_id=submission.id,
            phase_id=submission.phase_id,
            enrolment_id=submission.enrolment_id,
            state=state,
            **{
                "queued_at": submission.received_at + timedelta(seconds=1),
                "attempt": 1 if begun else 0,
                "started_at": submission.received_at + timedelta(seconds=4) if begun else None,
                "finished_at": submission.received_at + timedelta(seconds=61) if state.final else None,
                **more,
            },
        )
        self.add(judgement)
        return judgement

    def scored(
        self,
        enrolment: Enrolment,
        phase: Phase,
        user: User,
        score: float,
        *,
        interval: tuple[float, float] | None = None,
        runs: bool = True,
        filename: str = "agent.zip",
    ) -> Submission:
        """A submission with its scored judgement, runs and standing."""
        submission = self.submission(enrolment, phase, user, filename=filename)
        judgement = self.judgement(submission, state=JudgementState.SCORED, verdict="AC")
        with self.db.write() as session:
            low, high = interval or (None, None)
            session.add(
                JudgementScore(
                    judgement_id=judgement.id,
                    public=score,
                    final=score + 0.5,
                    interval_low=low,
                    interval_high=high,
                    columns={"avoid": score, "race": score - 4, "urban": score + 4, "collisions": 2.0, "jerk": 1.25},
                    order_key=order_key(score, (), submission.received_at),
                    final_key=order_key(score + 0.5, (), submission.received_at),
                )
            )
            session.flush()
            standings.refresh(session, phase=phase, track="", enrolment_id=enrolment.id, now=self.now)
            if runs:
                self.runs(session, judgement, submission, score)
        return submission

    def runs(self, session: Session, judgement: Judgement, submission: Submission, score: float) -> None:
        """Two hidden cases and the showcase."""
        for name in ("avoid-1", "race-1", "showcase"):
            self.run(session, judgement, submission, name, score=score, showcase=name == "showcase")

    def run(
        self,
        session: Session,
        judgement: Judgement,
        submission: Submission,
        case: str,
        *,
        score: float,
        showcase: bool,
        kind: str = "scene",
        data: Any = None,
    ) -> None:
        view = json.dumps({"kind": kind, "data": scene() if data is None else data}, separators=(",", ":")).encode()
        run = Run(
            phase_id=judgement.phase_id,
            judgement_id=judgement.id,
            challenge_version="1",
            image=IMAGE,
            case=case,
            showcase=showcase,
            pairing=f"judgement-{judgement.id}",
            view_sha256=self.storage.keep_bytes(view),
            recorded_at=self.now,
        )
        session.add(run)
        session.flush()
        session.add(
            RunSeat(
                run_seq=run.seq,
                seat="driver",
                submission_id=submission.id,
                verdict="AC",
                score=score,
                columns={},
                log_sha256=self.storage.keep_bytes(f"log of {case}\n<script>alert(1)</script>\n".encode()),
                wall_seconds=31.2,
                cpu_seconds=7.9,
                memory_mib=143.0,
            )
        )

    def looked_at(
        self, enrolment: Enrolment, phase: Phase, user: User, views: Sequence[tuple[str, Any]], *, filename: str
    ) -> Submission:
        """A scored submission with a run for each view; what its page shows depends on what the phase hides."""
        submission = self.scored(enrolment, phase, user, 50.0, runs=False, filename=filename)
        with self.db.write() as session:
            judgement = session.exec(select(Judgement).where(Judgement.submission_id == submission.id)).one()
            for number, (kind, data) in enumerate(views, 1):
                case = f"{kind}-{number}"
                self.run(session, judgement, submission, case, score=50.0, showcase=False, kind=kind, data=data)
        return submission

    def host(self, *, isolated: bool = True, name: str = "host-1") -> None:
        with self.db.write() as session:
            hosts.seen(session, name=name, sandbox="docker", isolated=isolated, image=IMAGE, note="", now=self.now)
