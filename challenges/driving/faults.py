"""What a reply may look like, and what becomes of a player that answers late or wrongly.

late or invalid, the first and the second time    the last action is repeated
the third of either kind, counted together        the episode ends there with the completion so far
gone                                              the run has no score
late, invalid or gone at the hello                the run has no score
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from challenges.base import Answer, Fault, Gone, Invalid, Late, Message, Reply

TOLERATED = 2
KEYS = {"accel", "steer"}


@dataclass(frozen=True, slots=True)
class Action:
    """Both within -1..1."""

    accel: float = 0.0
    steer: float = 0.0


@dataclass(frozen=True, slots=True)
class Flaw:
    """What was wrong with an answer."""

    fault: Fault
    code: str
    params: Mapping[str, str | float] = field(default_factory=dict)


def read(answer: Answer) -> Action | Flaw:
    """An action, or what is wrong. Exactly the keys `accel` and `steer`, both finite numbers (no booleans); beyond
    -1..1 they are clipped, like a pedal that is already down."""
    if isinstance(answer, Late):
        return Flaw(Fault.LATE, "late")
    if isinstance(answer, Gone):
        return Flaw(Fault.GONE, "gone")
    if isinstance(answer, Invalid):
        return Flaw(Fault.INVALID, "unreadable", {"why": answer.message.code})
    return _action(answer)


def _action(answer: Reply) -> Action | Flaw:
    value: Any = answer.value
    if not isinstance(value, dict) or set(value) != KEYS:
        return Flaw(Fault.INVALID, "wrong_keys")
    for key in ("accel", "steer"):
        number = value[key]
        if isinstance(number, bool) or not isinstance(number, int | float):
            return Flaw(Fault.INVALID, "no_number", {"key": key})
        if isinstance(number, float) and not math.isfinite(number):
            return Flaw(Fault.INVALID, "not_finite", {"key": key})
    return Action(*(float(max(-1, min(1, value[key]))) for key in ("accel", "steer")))


class Patience:
    """Counts the faults of one run and says what to do."""

    def __init__(self) -> None:
        self.last = Action()
        self.count = 0
        self.ended: Fault | None = None
        self.message: Message | None = None

    def take(self, answer: Answer, tick: int) -> Action:
        """The action of this tick; `ended` is set where it is the last one."""
        got = read(answer)
        if isinstance(got, Action):
            self.last = got
            return got
        self.count += 1
        if got.fault is Fault.GONE or self.count > TOLERATED:
            self.ended = got.fault
            self.message = Message(got.code, {**got.params, "tick": tick})
        return self.last


def greeting_fault(answer: Answer) -> Flaw | None:
    """What is wrong with an answer to the hello; whatever a reply says there is fine."""
    if isinstance(answer, Reply):
        return None
    fault = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}[type(answer)]
    return Flaw(fault, f"hello_{fault}")
