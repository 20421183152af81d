"""Players: the live program in a seat as a challenge sees it, on the seat's chess clock, and the same from a stored
transcript (DESIGN, promise 5: same replies, same score, byte for byte).

A transcript is one JSON object a line, in the order of the answers: `{"reply": text}` with the line as it came,
`{"late": true}`, `{"invalid": {"code", "params"}}`, `{"gone": true}`, and `{"fresh": true}` where a new process began.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from challenges.base import Answer, Clock, Gone, Invalid, Json, Late, Message, Player, Players, Reply
from sandbox import wire

TRANSCRIPT_BYTES = 32 << 20
"""So much a seat may say in a run, over all its processes: it is held in memory, and kept. No honest entry of any
contest comes near; each reply has its own bound."""


class Transcript:
    """What a seat answered, as it came."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._left_bytes = TRANSCRIPT_BYTES

    def takes(self, answer: wire.Reply) -> bool:
        """Whether there is room for an answer, which then counts."""
        if isinstance(answer, wire.Answered):
            self._left_bytes -= len(answer.raw)
        return self._left_bytes >= 0

    def add(self, answer: wire.Reply) -> None:
        match answer:
            case wire.Answered(raw=raw):
                self._write({"reply": raw.decode()})
            case wire.Malformed(code=code, params=params):
                self._write({"invalid": {"code": code, "params": dict(params)}})
            case wire.Expired():
                self._write({"late": True})
            case wire.Closed():
                self._write({"gone": True})

    def fresh(self) -> None:
        self._write({"fresh": True})

    def _write(self, line: Json) -> None:
        self._lines.append(json.dumps(line, separators=(",", ":")))

    def text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)


def _invalid(code: str, params: Mapping[str, int]) -> Invalid:
    return Invalid(Message(f"reply-{code.replace('_', '-')}", dict(params)))


def _as_answer(answer: wire.Reply) -> Answer:
    match answer:
        case wire.Answered(value=value):
            return Reply(value)
        case wire.Malformed(code=code, params=params):
            return _invalid(code, params)
        case wire.Expired():
            return Late()
        case wire.Closed():
            return Gone()


class LivePlayer:
    """On a channel to a running program. `another` opens a new process of the same entry and gives its channel."""

    def __init__(
        self, channel: wire.Channel, clock: Clock, transcript: Transcript, *, another: Callable[[], wire.Channel]
    ) -> None:
        self._channel, self._clock, self._transcript, self._another = channel, clock, transcript, another
        self._left_seconds = clock.reserve_seconds

    def hello(self, info: Json) -> Answer:
        return self._exchange(info, self._clock.startup_seconds)[0]

    def ask(self, message: Json) -> Answer:
        self._left_seconds += self._clock.per_message_seconds
        answer, seconds = self._exchange(message, self._left_seconds)
        self._left_seconds = max(0.0, self._left_seconds - seconds)
        return answer

    def fresh(self) -> Player:
        self._channel.close()
        self._transcript.fresh()
        return LivePlayer(self._another(), self._clock, self._transcript, another=self._another)

    def _exchange(self, message: Json, timeout_seconds: float) -> tuple[Answer, float]:
        began = time.monotonic()
        answer = self._channel.exchange(message, timeout_seconds)
        seconds = time.monotonic() - began
        if not self._transcript.takes(answer):
            answer = wire.Malformed("too_much", {"bytes": TRANSCRIPT_BYTES})
            self._channel.close()
        self._transcript.add(answer)
        return _as_answer(answer), seconds


@dataclass(frozen=True, slots=True)
class ReplayPlayer:
    """Answers from a transcript; past its end the program is gone."""

    lines: Iterator[Json]
    max_depth: int

    @classmethod
    def of(cls, transcript: str, clock: Clock) -> Self:
        return cls((json.loads(line) for line in transcript.split("\n") if line), clock.reply_depth)

    def hello(self, info: Json) -> Answer:  # noqa: ARG002 - the answer is known
        return self._next()

    def ask(self, message: Json) -> Answer:  # noqa: ARG002
        return self._next()

    def fresh(self) -> Player:
        next(self.lines, None)
        return self

    def _next(self) -> Answer:
        match next(self.lines, {"gone": True}):
            case {"reply": str(text)}:
                return _as_answer(wire.parse(text.encode(), max_depth=self.max_depth))
            case {"invalid": {"code": code, "params": params}}:
                return _invalid(code, params)
            case {"late": True}:
                return Late()
            case _:
                return Gone()


def seated(players: Mapping[str, Player]) -> Players:
    """Players with `ask_all`: every seat is asked about the same moment, one after the other, so that none pays for
    another's thinking with its clock."""

    def ask_all(messages: Mapping[str, Json]) -> Mapping[str, Answer]:
        return {seat: players[seat].ask(message) for seat, message in messages.items()}

    return Players(players, ask_all)
