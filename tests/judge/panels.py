"""A contest that people score, with a worker beside it: teams hand in decks, judges review them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from challenges.registry import folder
from judge import accounts, jobs, leaderboard, reviews
from judge.catalogue import about
from judge.kit import Kit
from judge.models import Contest, Phase, Review, Submission, User
from judge.submissions import Receipt
from tests.judge.world import NOW, World, after

DECK = (folder("startup") / "samples" / "sound" / "deck.pdf").read_bytes()
CRITERIA = ("team", "market", "product", "business", "presentation")
RUBRIC = about("startup").rubric


def flat(score: float, **other: float) -> dict[str, float]:
    """The same for every criterion, but for those that are named."""
    return {**dict.fromkeys(CRITERIA, score), **other}


@dataclass
class Panel:
    """Open since an hour, for a month; in a round that shows its scores unless told otherwise."""

    world: World
    worker: Kit
    contest: Contest
    phase: Phase
    teams: dict[str, User] = field(default_factory=dict)
    judges: dict[str, User] = field(default_factory=dict)

    def enter(
        self, team: str, *, content: bytes = DECK, category: str = "public", at: datetime | None = None
    ) -> Receipt:
        """A deck of a team, looked at by the worker."""
        if team not in self.teams:
            self.teams[team], _, _ = self.world.enrolled(self.contest, name=team, category=category)
        receipt = self.world.upload(
            self.teams[team],
            content,
            contest=self.contest.slug,
            filename=f"{team}.pdf",
            at=at or NOW,
            summary=f"We are {team}.",
        )
        jobs.judge_submission(receipt.judgement_id)
        return receipt

    def judge(self, name: str) -> User:
        if name not in self.judges:
            self.judges[name] = self.world.user(name)
            with self.world.db.write() as session:
                accounts.appoint(session, user=self.judges[name], role="judge", contest_id=self.contest.id, now=NOW)
        return self.judges[name]

    def review(
        self, judge: str | User, entry: Receipt, scores: Any, *, at: datetime | None = None, **more: Any
    ) -> Review:
        """A number stands for the same on every criterion. The worker follows where it is asked to (`tend`)."""
        user = self.judge(judge) if isinstance(judge, str) else judge
        with self.world.db.write() as session:
            return reviews.record(
                session,
                phase=self.phase,
                submission=session.get_one(Submission, entry.submission.id),
                judge=user,
                scores=flat(scores) if isinstance(scores, int | float) else scores,
                now=at or after(hours=1),
                **more,
            )

    def tend(self) -> None:
        jobs.tend_field(self.phase.id or 0)

    def board(self, *, category: str | None = None, now: datetime | None = None) -> list[tuple[int, str, float]]:
        """(rank, team, score)"""
        return [(row.rank, row.team, row.score) for row in self.rows(category=category, now=now)]

    def rows(self, *, category: str | None = None, now: datetime | None = None) -> list[leaderboard.Row]:
        with self.world.db.read() as session:
            phase = session.get_one(Phase, self.phase.id)
            seen = leaderboard.snapshot(session, phase=phase, track="", now=now or after(hours=2), category=category)
        return list(seen.rows)


def opened(world: World, worker: Kit, **plan: Any) -> Panel:
    facts = {"challenge": "startup", "cases": 1, "hidden": False, "counts": "last", **plan}
    contest, phase = world.contest("startup", **facts)
    return Panel(world, worker, contest, phase)
