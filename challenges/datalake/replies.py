"""What an answer may look like, and what becomes of one that does not.

late, no JSON, wrong keys, wrong length, no chance   the run ends there and has no score
gone                                                 the run has no score
late, invalid or gone at the hello                   the run has no score

A list of predictions is judged whole or not at all: an area under a curve says nothing where a part of the rows was
never predicted. The sentences name the batch and the rule that was broken and nothing that the entry chose: what a team
reads about a hidden run must not carry what its entry saw there.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from challenges.base import Answer, Fault, Gone, Invalid, Json, Late, Message, Reply

KEY = "p"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What was wrong with an answer."""

    fault: Fault
    code: str
    params: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def message(self) -> Message:
        return Message(self.code, self.params)


def read(answer: Answer, *, rows: int, batch: int) -> list[float] | Flaw:
    """The predictions of a batch of `rows` rows, the `batch`-th from 1; or what is wrong with them."""
    match answer:
        case Late():
            return Flaw(Fault.LATE, "late", {"batch": batch})
        case Gone():
            return Flaw(Fault.GONE, "gone", {"batch": batch})
        case Invalid(message=message):
            return Flaw(Fault.INVALID, "unreadable", {"batch": batch, "why": message.code})
        case Reply(value=value):
            return _predictions(value, rows, batch)


def _predictions(value: Json, rows: int, batch: int) -> list[float] | Flaw:
    if not isinstance(value, dict) or set(value) != {KEY}:
        return Flaw(Fault.INVALID, "wrong_keys", {"batch": batch})
    chances = value[KEY]
    if not isinstance(chances, list):
        return Flaw(Fault.INVALID, "no_list", {"batch": batch})
    if len(chances) != rows:
        return Flaw(Fault.INVALID, "wrong_length", {"batch": batch, "rows": rows})
    wrong = next((code for code in map(_wrong, chances) if code), None)
    if wrong is not None:
        return Flaw(Fault.INVALID, wrong, {"batch": batch})
    return [float(chance) for chance in chances]


def _wrong(chance: Json) -> str | None:
    """The code of what is wrong with one prediction."""
    if isinstance(chance, bool) or not isinstance(chance, int | float):
        return "no_number"
    if isinstance(chance, float) and not math.isfinite(chance):
        return "not_finite"
    return None if 0 <= chance <= 1 else "no_chance"


def greeting_fault(answer: Answer) -> Flaw | None:
    """What is wrong with an answer to the hello; whatever a reply says there is fine."""
    if isinstance(answer, Reply):
        return None
    fault = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}[type(answer)]
    return Flaw(fault, f"hello_{fault}")
