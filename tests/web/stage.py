"""A contest that people score, with decks and reviews, for the portal's tests."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from challenges.registry import folder
from judge import accounts, panel, reviews
from judge.catalogue import about
from judge.models import Contest, Phase, Submission, User
from judge.states import JudgementState, PhaseState
from tests.web.factories import World

DECK = (folder("startup") / "samples" / "sound" / "deck.pdf").read_bytes()
PITCH = {"summary": "A sticker that tells in time.\nNot a week later.", "links": ["https://coldchain.example/trial"]}


@dataclass
class Stage:
    world: World
    contest: Contest
    phase: Phase
    judges: list[User] = field(default_factory=list)

    def enter(self, name: str, category: str, *, user: User | None = None, **more: Any) -> Submission:
        """A deck that waits for the panel."""
        sender = user or self.world.user(name)
        enrolment = self.world.enrol(self.contest, self.world.team(sender, name), category=category)
        sha256 = self.world.storage.keep_bytes(DECK)
        facts = {"filename": "deck.pdf", "sha256": sha256, "pitch": PITCH, **more}
        entry = self.world.submission(enrolment, self.phase, sender, **facts)
        self.world.judgement(entry, state=JudgementState.AWAITING_PANEL)
        return entry

    def review(self, entry: Submission, *scores: int) -> None:
        """One judge after the other gives the same on every criterion; a worker follows."""
        while len(self.judges) < len(scores):
            self.judges.append(self.world.user(f"Judge {len(self.judges)}"))
        with self.world.db.write() as session:
            for judge, score in zip(self.judges, scores, strict=False):
                accounts.appoint(session, user=judge, role="judge", contest_id=self.contest.id, now=self.world.now)
                reviews.record(
                    session,
                    phase=self.phase,
                    submission=entry,
                    judge=judge,
                    scores=dict.fromkeys(about("startup").rubric.names, score),
                    comment="A word of the jury's own.",
                    now=self.world.now + timedelta(minutes=1),
                )
        self.tend()

    def tend(self) -> None:
        """A worker looks at what has changed."""
        with self.world.db.write() as session:
            panel.tend(session, phase_id=self.phase.id, about=about("startup"), now=self.world.now)


def stage(world: World, slug: str = "startup", **more: Any) -> Stage:
    contest = Contest(slug=slug, challenge="startup", state=PhaseState.OPEN, created_at=world.now)
    world.add(contest)
    facts = {"hidden": False, "counts": "last", "challenge_version": about("startup").version, **more}
    return Stage(world, contest, world.phase(contest, **facts))


def populate(world: World, user: User) -> tuple[dict[str, str], dict[str, str]]:
    """Pages without the language, by what they show: public ones, and those of `user`, who has sent a deck to one
    contest and is about to enter another."""
    here, secret, ahead = stage(world), stage(world, "startup-final", hidden=True), stage(world, "startup-next")
    ranking = [
        ("Brine to Bricks of the Southern Ocean", "overseas", (9, 9, 8, 9, 9)),
        ("卤水成砖", "students", (8, 7, 7, 8, 7)),
        ("두 번째 학기", "public", (7, 7, 7, 8, 7)),
        ("ChainTea", "students", (2, 3, 2, 2, 3)),
    ]
    for name, category, scores in ranking:
        here.review(here.enter(name, category), *scores)
    scored = here.enter("Haihe Cold Chain", "public", user=user)
    here.review(scored, 8, 8, 7, 8, 8)
    secret.review(secret.enter("Quiet Pumps", "public"), 5, 5, 5, 5, 5)
    waiting = secret.enter("Cold Chain Two", "public", user=user)
    public = {
        "pitches": "/contests/startup",
        "pitch board": "/contests/startup/practice/board",
        "category board": "/contests/startup/practice/board?category=students",
        "secret board": "/contests/startup-final/practice/board",
    }
    own = {
        "deck scored": f"/submissions/{scored.public_id}",
        "deck waiting": f"/submissions/{waiting.public_id}",
        "deck upload": "/contests/startup/practice/upload",
        "deck mine": "/contests/startup/mine",
        "choose category": f"/contests/{ahead.contest.slug}/mine",
    }
    return public, own
