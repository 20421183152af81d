"""What a reply may look like, and what becomes of a team that answers late or wrongly.

late or invalid                  that tick its players get no force and no kick
the twentieth of either kind     the game is forfeit 0–3
gone                             the game is forfeit 0–3
late, invalid or gone at hello   the game is forfeit 0–3
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from challenges.base import Answer, Fault, Gone, Invalid, Json, Late, Message, Reply
from challenges.sports.pitch import MAX_FAULTS, TEAM

KEYS = {"force", "kick"}
_LARGEST = int(sys.float_info.max)


@dataclass(frozen=True, slots=True)
class Move:
    """What one player does in a tick; both vectors are at most 1 long."""

    force_x: float = 0.0
    force_y: float = 0.0
    kick_x: float = 0.0
    kick_y: float = 0.0

    def mirrored(self) -> "Move":
        return Move(-self.force_x, self.force_y, -self.kick_x, self.kick_y)


Moves = tuple[Move, ...]
REST: Moves = (Move(),) * TEAM


@dataclass(frozen=True, slots=True)
class Flaw:
    """What was wrong with an answer."""

    fault: Fault
    code: str
    params: Mapping[str, str | float] = field(default_factory=dict)


def read(answer: Answer) -> Moves | Flaw:
    """The moves of the three players, or what is wrong: exactly three objects with exactly the keys `force` and `kick`,
    each a list of two finite numbers (no booleans). A vector longer than 1 is cut to 1, whatever its length."""
    if isinstance(answer, Late):
        return Flaw(Fault.LATE, "late")
    if isinstance(answer, Gone):
        return Flaw(Fault.GONE, "gone")
    if isinstance(answer, Invalid):
        return Flaw(Fault.INVALID, "unreadable", {"why": answer.message.code})
    return _moves(answer.value)


def _moves(value: Json) -> Moves | Flaw:
    if not isinstance(value, list) or len(value) != TEAM:
        return Flaw(Fault.INVALID, "no_team")
    moves = []
    for number, item in enumerate(value, 1):
        if not isinstance(item, dict) or set(item) != KEYS:
            return Flaw(Fault.INVALID, "wrong_keys", {"player": number})
        vectors: list[float] = []
        for key in ("force", "kick"):
            pair = item[key]
            if not isinstance(pair, list) or len(pair) != 2 or not all(_is_number(part) for part in pair):
                return Flaw(Fault.INVALID, "no_vector", {"player": number, "key": key})
            if any(isinstance(part, float) and not math.isfinite(part) for part in pair):
                return Flaw(Fault.INVALID, "not_finite", {"player": number, "key": key})
            vectors += unit(pair[0], pair[1])
        moves.append(Move(*vectors))
    return tuple(moves)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _float(value: float) -> float:
    """An integer may be too large for a float."""
    return value if isinstance(value, float) else float(max(-_LARGEST, min(_LARGEST, value)))


def unit(x: float, y: float) -> tuple[float, float]:
    """The vector, cut to a length of 1. Finite numbers of any size will do."""
    x, y = _float(x), _float(y)
    largest = max(abs(x), abs(y))
    if largest > 1.0:
        x, y = x / largest, y / largest
    length = math.sqrt(x * x + y * y)
    return (x, y) if length <= 1.0 else (x / length, y / length)


class Patience:
    """Counts the faults of one team in one game. `forfeit` is set where the game is lost by them."""

    def __init__(self) -> None:
        self.count = 0
        self.forfeit: Fault | None = None
        self.message: Message | None = None

    def greeted(self, answer: Answer) -> None:
        """Whatever a reply says to the hello is fine."""
        if not isinstance(answer, Reply):
            self.forfeit = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}[type(answer)]
            self.message = Message(f"hello_{self.forfeit}")

    def take(self, answer: Answer, tick: int) -> Moves:
        """The moves of this tick: none where the answer is no good."""
        got = read(answer)
        if not isinstance(got, Flaw):
            return got
        self.count += 1
        if got.fault is Fault.GONE or self.count >= MAX_FAULTS:
            self.forfeit = got.fault
            self.message = Message(got.code, {**got.params, "tick": tick})
        return REST
