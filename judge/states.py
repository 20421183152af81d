"""The states of everything that has one, and the legal moves between them. Pure; the database repeats the words in
CHECK constraints."""

from enum import StrEnum
from typing import TypeVar

from judge.errors import Conflict


class JudgementState(StrEnum):
    """Of a judgement, and of a meeting, which is `scored` when it was played."""

    QUEUED = "queued"
    RUNNING = "running"
    SCORED = "scored"
    FAILED = "failed"
    AWAITING_PANEL = "awaiting_panel"
    PLATFORM_FAILED = "platform_failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing will change any more without a person's hand."""
        return self not in (JudgementState.QUEUED, JudgementState.RUNNING, JudgementState.AWAITING_PANEL)

    @property
    def settled(self) -> bool:
        """Whether no machine is, or will be, at work on it: asking again soon is of no use."""
        return self.final or self is JudgementState.AWAITING_PANEL


class SubmissionState(StrEnum):
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    DISQUALIFIED = "disqualified"


class PhaseState(StrEnum):
    """Of a contest and of a phase."""

    DRAFT = "draft"
    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"
    REVEALED = "revealed"
    PAUSED = "paused"

    @property
    def accepts_uploads(self) -> bool:
        return self in (PhaseState.OPEN, PhaseState.FROZEN)

    @property
    def over(self) -> bool:
        return self in (PhaseState.CLOSED, PhaseState.REVEALED)


_J, _S, _P = JudgementState, SubmissionState, PhaseState

JUDGEMENT_MOVES = frozenset(
    {
        (_J.QUEUED, _J.RUNNING),
        (_J.QUEUED, _J.CANCELLED),
        (_J.RUNNING, _J.SCORED),
        (_J.RUNNING, _J.FAILED),
        (_J.RUNNING, _J.AWAITING_PANEL),
        (_J.RUNNING, _J.PLATFORM_FAILED),
        (_J.RUNNING, _J.CANCELLED),
        (_J.RUNNING, _J.QUEUED),  # by the sweeper alone
        (_J.AWAITING_PANEL, _J.SCORED),
        (_J.AWAITING_PANEL, _J.CANCELLED),
    }
)
SUBMISSION_MOVES = frozenset(
    {
        (_S.ACTIVE, _S.WITHDRAWN),
        (_S.ACTIVE, _S.DISQUALIFIED),
        (_S.WITHDRAWN, _S.ACTIVE),
        (_S.WITHDRAWN, _S.DISQUALIFIED),
        (_S.DISQUALIFIED, _S.ACTIVE),
    }
)
PHASE_MOVES = frozenset(
    {
        (_P.DRAFT, _P.OPEN),
        (_P.OPEN, _P.FROZEN),
        (_P.OPEN, _P.CLOSED),
        (_P.OPEN, _P.PAUSED),
        (_P.PAUSED, _P.OPEN),
        (_P.PAUSED, _P.FROZEN),
        (_P.PAUSED, _P.CLOSED),
        (_P.FROZEN, _P.OPEN),
        (_P.FROZEN, _P.CLOSED),
        (_P.FROZEN, _P.PAUSED),
        (_P.CLOSED, _P.REVEALED),
        (_P.CLOSED, _P.OPEN),  # an extension; never once the seed is revealed
    }
)

S = TypeVar("S", JudgementState, SubmissionState, PhaseState)

_MOVES = {JudgementState: JUDGEMENT_MOVES, SubmissionState: SUBMISSION_MOVES, PhaseState: PHASE_MOVES}


def check_move(old: S, new: S) -> S:
    """`new`, if the move is legal. Raises Conflict otherwise."""
    if (old, new) not in _MOVES[type(old)]:
        raise Conflict("illegal-move", old=old.value, new=new.value)
    return new
