"""What an answer may look like, and what becomes of one that does not.

attack    late, no JSON, wrong keys or shape      the image counts as the clean one
defence   late, no JSON, no label                 the image counts as wrong
both      the 20th of these in a run              the run ends; what is left counts as clean, or as wrong
detect    late, no JSON, no probabilities          the run ends with 0 points
all       gone                                    no score in what is played alone; in a meeting all is lost
all       late, invalid or gone at a hello        the same as gone
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from challenges.base import Answer, Fault, Gone, Invalid, Json, Late, Message, Reply
from challenges.errors import InvalidEntry
from challenges.security.digits import CLASSES, PIXELS, WHITE

MAX_FAULTS: Final = 20


@dataclass(frozen=True, slots=True)
class Flaw:
    """What was wrong with an answer."""

    fault: Fault
    code: str
    params: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def message(self) -> Message:
        return Message(self.code, self.params)


@dataclass(slots=True)
class Patience:
    """Counts the faults of a run; the first one speaks for it, unless the program is gone."""

    count: int = 0
    first: Flaw | None = None
    gone: bool = False

    def add(self, flaw: Flaw) -> None:
        self.count += 1
        if flaw.fault is Fault.GONE:
            self.first, self.gone = flaw, True
        self.first = self.first or flaw

    def never_ready(self, flaw: Flaw) -> None:
        """At a hello: nothing can be asked of this program."""
        self.first, self.gone = flaw, True

    @property
    def over(self) -> bool:
        return self.gone or self.count >= MAX_FAULTS


def value_of(answer: Answer) -> Json | Flaw:
    """What was replied, not yet looked at."""
    match answer:
        case Reply(value=value):
            return value
        case Late():
            return Flaw(Fault.LATE, "late")
        case Gone():
            return Flaw(Fault.GONE, "gone")
        case Invalid(message=message):
            return Flaw(Fault.INVALID, "unreadable", {"why": message.code})


def greeting_fault(answer: Answer) -> Flaw | None:
    """What is wrong with an answer to the hello; whatever a reply says there is fine."""
    if isinstance(answer, Reply):
        return None
    fault = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}[type(answer)]
    return Flaw(fault, f"hello_{fault}")


def invalid(error: InvalidEntry) -> Flaw:
    return Flaw(Fault.INVALID, error.public.code, error.public.params)


def pixels(value: Json) -> list[int]:
    """An image as thousandths, cut to 0..1000. Raises InvalidEntry for anything but 64 finite numbers."""
    if not isinstance(value, list):
        raise InvalidEntry("image_no_list")
    if len(value) != PIXELS:
        raise InvalidEntry("image_length", given=len(value))
    return [_thousandths(number, place) for place, number in enumerate(value)]


def _thousandths(number: Json, place: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(_as_float(number)):
        raise InvalidEntry("pixel_no_number", place=place)
    return round(min(1.0, max(0.0, _as_float(number))) * WHITE)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def label(value: Json) -> int:
    """`{"label": 0..9}`. Raises InvalidEntry."""
    if not isinstance(value, dict) or set(value) != {"label"}:
        raise InvalidEntry("label_keys")
    found = value["label"]
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < CLASSES:
        raise InvalidEntry("no_label")
    return found


def probabilities(value: Json, count: int) -> list[float]:
    """`{"p": [0..1, …]}`, one for each flow. Raises InvalidEntry."""
    if not isinstance(value, dict) or set(value) != {"p"}:
        raise InvalidEntry("p_keys")
    given = value["p"]
    if not isinstance(given, list):
        raise InvalidEntry("p_no_list")
    if len(given) != count:
        raise InvalidEntry("p_length", given=len(given), flows=count)
    for place, number in enumerate(given):
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
            raise InvalidEntry("p_no_probability", place=place)
    return [float(number) for number in given]
