"""A contest in which entries meet, with qualified entries and what they played, for the portal's tests. The contests
are those that only tests know (PODIUM_CHALLENGES)."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import select

from challenges import registry
from judge import field as fields
from judge.models import Contest, Enrolment, JudgementScore, Meeting, Phase, Run, RunSeat, Submission, User
from judge.scoring import order_key
from judge.states import JudgementState, PhaseState
from tests.web.factories import IMAGE, World

TABLE = {
    "kind": "table",
    "data": {
        "title": {"en": "Calls", "zh": "数", "ko": "수"},
        "columns": [{"title": {"en": "Call", "zh": "数", "ko": "수"}, "unit": "", "digits": 0}],
        "rows": [[17]],
    },
}


@dataclass
class Ground:
    """A contest in which entries meet."""

    world: World
    slug: str
    contest: Contest
    phase: Phase
    teams: dict[str, tuple[User, Enrolment]] = field(default_factory=dict)

    @property
    def here(self) -> str:
        return f"/contests/{self.slug}/practice/matches"

    def enter(self, name: str, *, track: str = "") -> Submission:
        """A qualified entry."""
        if name not in self.teams:
            user = self.world.user(name)
            self.teams[name] = (user, self.world.enrol(self.contest, self.world.team(user, name)))
        user, enrolment = self.teams[name]
        entry = self.world.submission(enrolment, self.phase, user, filename=f"{name}.zip", track=track)
        judgement = self.world.judgement(entry, state=JudgementState.SCORED, verdict="AC")
        key = order_key(50.0, (), entry.received_at)
        score = JudgementScore(
            judgement_id=judgement.id, track=track, public=50.0, final=50.0, order_key=key, final_key=key
        )
        self.world.add(score)
        with self.world.db.write() as session:
            run = Run(
                phase_id=self.phase.id,
                judgement_id=judgement.id,
                challenge_version="1",
                image=IMAGE,
                case="house",
                pairing=f"judgement-{judgement.id}",
                recorded_at=self.world.now,
            )
            session.add(run)
            session.flush()
            session.add(RunSeat(run_seq=run.seq, seat="left", submission_id=entry.id, verdict="AC", score=50.0))
        return entry

    def meet(
        self, first: Submission, second: Submission, scores: tuple[float, float], *, at: datetime | None = None
    ) -> int:
        """The meeting's id; recorded with a view, a log of each, and figures beside the score."""
        with self.world.db.write() as session:
            pairing = f"{first.id}-{second.id}"
            case = self.phase.meeting_cases[0]["case"]
            known = select(Meeting).where(Meeting.pairing == pairing, Meeting.state == JudgementState.QUEUED)
            meeting = session.exec(known).first() or Meeting(
                phase_id=self.phase.id,
                case=case,
                pairing=pairing,
                first_id=first.id,
                second_id=second.id,
                queued_at=self.world.now,
            )
            meeting.state = JudgementState.SCORED
            session.add(meeting)
            session.flush()
            run = Run(
                phase_id=self.phase.id,
                meeting_id=meeting.id,
                challenge_version="1",
                image=IMAGE,
                case=case,
                pairing=pairing,
                round=meeting.round,
                view_sha256=self.world.storage.keep_bytes(json.dumps(TABLE).encode()),
                recorded_at=at or self.world.now,
            )
            session.add(run)
            session.flush()
            seats = registry.load(self.contest.challenge).about.seats
            for seat, entry, score in zip(seats, (first, second), scores, strict=True):
                log = self.world.storage.keep_bytes(f"printed by {entry.filename}".encode())
                session.add(
                    RunSeat(
                        run_seq=run.seq,
                        seat=seat,
                        submission_id=entry.id,
                        verdict="AC",
                        score=score,
                        columns={"near": 3 * score, "wins": score, "far": 0.0},
                        log_sha256=log,
                    )
                )
            session.flush()
            assert meeting.id is not None
            return meeting.id

    def tend(self) -> None:
        with self.world.db.write() as session:
            challenge = registry.load(self.contest.challenge)
            fields.tend(session, phase_id=self.phase.id, challenge=challenge, now=self.world.now)


def ground(world: World, slug: str, case: str, **more: Any) -> Ground:
    contest = Contest(slug=slug, challenge=slug, state=PhaseState.OPEN, created_at=world.now)
    world.add(contest)
    facts = {"hidden": False, "counts": "last", "meeting_cases": [{"case": case, "track": ""}], **more}
    return Ground(world, slug, contest, world.phase(contest, **facts))


def populate(world: World, mine: User) -> tuple[dict[str, str], dict[str, str]]:
    """A ladder with a game, a cross-play with a grid; pages without the language, by what they show: public ones, and
    those of `mine`, whose entry is on the ladder."""
    duel, siege = ground(world, "duel", "game-1"), ground(world, "siege", "siege-1")
    duel.teams["苍鹭"] = (mine, world.enrol(duel.contest, world.team(mine, "苍鹭")))
    one, other = duel.enter("Endless Falcons of the Upper Haihe Delta"), duel.enter("苍鹭")
    game = duel.meet(one, other, (1.0, 0.0))
    duel.meet(other, one, (0.5, 0.5))
    duel.tend()
    attacks = [siege.enter(name, track="attack") for name in ("Rams", "Slings", "공성추")]
    defences = [siege.enter(name, track="defence") for name in ("Walls", "Rams")]
    for number, attack in enumerate(attacks):
        for defence in defences[: 1 if number == 0 else 2]:
            siege.meet(attack, defence, (80.0 - 10 * number, 20.0 + 10 * number))
    siege.tend()
    return {
        "matches": duel.here,
        "match": f"{duel.here}/{game}",
        "ladder": "/contests/duel/practice/board",
        "grid": siege.here,
        "cross-play": "/contests/siege",
    }, {"rating": f"/submissions/{other.public_id}"}
