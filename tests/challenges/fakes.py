"""Players for tests, in this process: no sandbox, no clock."""

import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from challenges.base import Answer, Clock, Gone, Json, Message, Player, Players, Reply


class Scripted:
    """Answers the hello with `greeting`, then each message with what `answer(message)` gives (an Answer, or a value
    that becomes a Reply). Keeps what it was told."""

    def __init__(self, answer: Callable[[Json], Any], greeting: Answer | None = None) -> None:
        self._answer = answer
        self._greeting = greeting or Reply(None)
        self.told: list[Json] = []
        self.hellos: list[Json] = []

    def hello(self, info: Json) -> Answer:
        self.hellos.append(json.loads(json.dumps(info, allow_nan=False)))
        return self._greeting

    def ask(self, message: Json) -> Answer:
        self.told.append(json.loads(json.dumps(message, allow_nan=False)))
        got = self._answer(message)
        return got if isinstance(got, Answer) else Reply(got)

    def fresh(self) -> "Scripted":
        return Scripted(self._answer, self._greeting)


class Lingering:
    """Answers as `inner` does, by a clock of its own: always at the last moment that the seat's clock allows. `spent`
    gets the seconds of every exchange of every process, and `around_process` for each of these."""

    def __init__(self, inner: Player, clock: Clock, spent: list[float], *, around_process: float) -> None:
        self._inner, self._clock, self._spent, self._around = inner, clock, spent, around_process
        self._left_seconds = clock.reserve_seconds
        spent.append(around_process)

    def hello(self, info: Json) -> Answer:
        self._spent.append(self._clock.startup_seconds)
        return self._inner.hello(info)

    def ask(self, message: Json) -> Answer:
        self._spent.append(self._left_seconds + self._clock.per_message_seconds)
        self._left_seconds = 0.0
        return self._inner.ask(message)

    def fresh(self) -> "Lingering":
        return Lingering(self._inner.fresh(), self._clock, self._spent, around_process=self._around)


class Entry:
    """An entry's folder served as the runner in a container would: `reset` at the hello, `act` for every message,
    what raises ends the program, what is no JSON is Invalid."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._module: Any = None
        self._gone = False

    def _serve(self, call: Callable[[], Any]) -> Answer:
        if self._gone:
            return Gone()
        try:
            value = call()
        except Exception:  # noqa: BLE001  (whatever an entry raises ends its program)
            self._gone = True
            return Gone()
        try:
            return Reply(json.loads(json.dumps(value)))
        except (TypeError, ValueError):
            return _invalid()

    def hello(self, info: Json) -> Answer:
        return self._serve(lambda: self._start(json.loads(json.dumps(info))))

    def _start(self, info: Json) -> None:
        spec = importlib.util.spec_from_file_location(f"entry_{id(self)}", self._folder / "agent.py")
        assert spec is not None
        assert spec.loader is not None
        self._module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._module)
        if hasattr(self._module, "reset"):
            self._module.reset(info)

    def ask(self, message: Json) -> Answer:
        return self._serve(lambda: self._module.act(json.loads(json.dumps(message))))

    def fresh(self) -> "Entry":
        return Entry(self._folder)


def _invalid() -> Answer:
    from challenges.base import Invalid

    return Invalid(Message("not_json"))


def seats(**players: Any) -> Players:
    """The players of a run, by seat."""

    def ask_all(messages: Mapping[str, Json]) -> Mapping[str, Answer]:
        return {seat: players[seat].ask(message) for seat, message in messages.items()}

    return Players(players, ask_all)


def cycle(values: Iterable[Any]) -> Callable[[Json], Any]:
    """Answers from a list, the last one for ever."""
    left = list(values)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]
