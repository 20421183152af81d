"""A day of meetings in this process: a contest that only tests know, a worker's jobs, a stand-in sandbox, and a queue
that plays itself."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from judge import jobs, leaderboard, submissions
from judge.kit import Kit
from judge.models import Contest, Meeting, Phase, Run, Submission, User
from judge.states import JudgementState, PhaseState
from sandbox.errors import EngineFailed
from sandbox.fake import Quit, Script
from tests.judge.world import NOW, World, after, packed


def _says(offset: int) -> Script:
    return Script(act=lambda message: message["call"] + offset)


def _flees(message: Any) -> Any:
    raise Quit


KINDS = {
    b"exact": _says(0),
    b"near": _says(3),
    b"far": _says(9),
    b"flees": Script(act=_flees),
    b"broken": dataclasses.replace(_says(0), close_error=EngineFailed("the engine fell over")),
    b"ram": Script(act=lambda _: [91, 82, 73]),
    b"sling": Script(act=lambda _: [1, 2, 93]),
    b"wall": Script(act=lambda message: message["number"] % 10 if message["number"] < 55 else 0),
    b"gate": Script(act=lambda message: message["number"] % 10),
}


def entry(kind: str, number: int = 0) -> bytes:
    return packed(f"# kind={kind} {number}\n".encode())


def script_of(program: Any) -> Script:
    content = program.entry.read_bytes()
    return next(script for kind, script in KINDS.items() if b"kind=" + kind in content)


@dataclass
class Line:
    """A queue that plays itself, in order: judgements and fields before meetings, as workers take them."""

    judged: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)
    meetings: list[int] = field(default_factory=list)
    starters: list[int] = field(default_factory=list)

    def judge(self, judgement_id: int, *, attempt: int) -> bool:
        self.judged.append(judgement_id)
        return True

    def play(self, meeting_id: int, *, attempt: int) -> bool:
        self.meetings.append(meeting_id)
        return True

    def tend_field(self, phase_id: int, *, due_at: Any) -> bool:
        self.due.append(phase_id)
        return True

    def make_starter(self, phase_id: int) -> bool:
        self.starters.append(phase_id)
        return True

    def run(self, *, most: int = 1000) -> int:
        """Until nothing waits, or so many meetings were played; how many were."""
        played = 0
        while self.judged or self.due or (self.meetings and played < most):
            if self.judged:
                jobs.judge_submission(self.judged.pop(0))
            elif self.due:
                jobs.tend_field(self.due.pop(0))
            else:
                jobs.play_meeting(self.meetings.pop(0))
                played += 1
        return played


@dataclass
class Field:
    """A contest with its phase open, a worker, and teams that send entries in."""

    world: World
    line: Line
    contest: Contest
    phase: Phase
    users: dict[str, User] = field(default_factory=dict)
    sent: int = 0

    def team(self, name: str) -> User:
        if name not in self.users:
            self.users[name], _, _ = self.world.enrolled(self.contest, name=name)
        return self.users[name]

    def send(self, name: str, kind: str, *, track: str = "", minute: int | None = None) -> Submission:
        self.sent += 1
        receipt = self.world.upload(
            self.team(name),
            entry(kind, self.sent),
            at=after(minutes=self.sent if minute is None else minute),
            contest=self.contest.slug,
            track=track,
        )
        self.line.judge(receipt.judgement_id, attempt=0)
        return receipt.submission

    def withdraw(self, submission: Submission, name: str) -> None:
        with self.world.db.write() as session:
            row = session.get_one(Submission, submission.id)
            submissions.withdraw(session, submission=row, user=self.users[name], now=self.world.clock())
        assert self.phase.id is not None
        self.line.tend_field(self.phase.id, due_at=NOW)

    def board(self, track: str = "", *, now: Any = None) -> list[leaderboard.Row]:
        with self.world.db.read() as session:
            phase = session.get_one(Phase, self.phase.id)
            found = leaderboard.snapshot(session, phase=phase, track=track, now=now or self.world.clock())
        return list(found.rows)

    def places(self, track: str = "", *, now: Any = None) -> list[str]:
        return [row.team for row in self.board(track, now=now)]

    def version(self, track: str = "", *, now: Any = None) -> str:
        with self.world.db.read() as session:
            phase = session.get_one(Phase, self.phase.id)
            return leaderboard.version(session, phase, track, now=now or self.world.clock())

    def meetings(self, *states: JudgementState) -> list[Meeting]:
        query = select(Meeting).where(Meeting.phase_id == self.phase.id).order_by(col(Meeting.id))
        return [row for row in self.world.all(query) if not states or row.state in states]

    def runs(self) -> list[Run]:
        query = select(Run).where(Run.phase_id == self.phase.id, col(Run.meeting_id).is_not(None))
        return self.world.all(query.order_by(col(Run.seq)))


def opened(world: World, worker: Kit, challenge: str, **plan: Any) -> Field:
    facts = {"counts": "last", "cases": 1, "quota_per_day": 50, "hidden": False, **plan}
    contest, phase = world.contest(challenge, challenge=challenge, state=PhaseState.DRAFT, **facts)
    jobs.open_phase(phase.id)
    return Field(world, worker.queue, world.get(Contest, contest.id), world.get(Phase, phase.id))
