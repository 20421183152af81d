"""One example of every message that an entry and a contest exchange: recorded, so that what a starter kit shows is what
is said.

`Witness` stands between a challenge and a player and keeps the first message of each kind and shape, in the order in
which they were said. Kinds: `hello` and `message` go to the program, `ready` and `reply` come from it. Two messages
have one shape where they are objects with the same keys and the same types of values under them, or values of one type.
"""

from dataclasses import dataclass, field

from challenges.base import Answer, Json, Player, Reply


@dataclass(frozen=True, slots=True)
class Examples:
    """`told`: [kind, value] pairs."""

    told: list[tuple[str, Json]] = field(default_factory=list)
    _seen: set[tuple[str, ...]] = field(default_factory=set)

    def note(self, kind: str, value: Json) -> None:
        mark = (kind, *shape(value))
        if mark not in self._seen:
            self._seen.add(mark)
            self.told.append((kind, value))


def shape(value: Json) -> tuple[str, ...]:
    """What a message looks like from far: its type, or its keys with theirs."""
    if isinstance(value, dict):
        return tuple(f"{key}: {_kind(value[key])}" for key in sorted(value))
    return (_kind(value),)


def _kind(value: Json) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


@dataclass(frozen=True, slots=True)
class Witness:
    """A player that is listened to."""

    player: Player
    examples: Examples

    def hello(self, info: Json) -> Answer:
        self.examples.note("hello", info)
        return self._heard("ready", self.player.hello(info))

    def ask(self, message: Json) -> Answer:
        self.examples.note("message", message)
        return self._heard("reply", self.player.ask(message))

    def fresh(self) -> Player:
        return Witness(self.player.fresh(), self.examples)

    def _heard(self, kind: str, answer: Answer) -> Answer:
        if isinstance(answer, Reply):
            self.examples.note(kind, answer.value)
        return answer
