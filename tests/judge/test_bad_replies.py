"""Whatever a program writes, in every contest that is played: the run ends with a verdict and a sentence, the evaluator
never raises, and the other seat is not hurt. Real bytes on real sockets, through the same player as a worker's."""

import copy
import dataclasses
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from challenges import registry, sheet
from challenges.base import Case, Challenge, Clock, Fault, Gone, Json, Phase, Player, Reply, SeatOutcome
from judge.players import LivePlayer, Transcript, seated
from judge.scoring import SeatRecord, judged, seat_message, seat_verdict
from sandbox.fake import EXITED
from sandbox.types import Verdict
from sandbox.wire import Channel
from tests.challenges.fakes import Entry

SEED = bytes(range(32))
PLAYED = [slug for slug in registry.names() if sheet.about(slug).pairing != "none"]
HURRIED = {"startup_seconds": 0.5, "per_message_seconds": 0.02, "reserve_seconds": 0.1}
HONEST = {"startup_seconds": 60.0, "per_message_seconds": 60.0}
OURS = ("ended-", "reply-")
"""Codes of the platform's own sentences, which the portal's catalogues have."""
DROPPED = "nothing, and no place for it"
MANY = 3
"""So many of an honest entry's replies are written down, to be spoilt."""


@dataclass
class Written:
    """An honest player whose first replies are kept; then it is gone."""

    player: Entry
    replies: list[Json]

    def hello(self, info: Json) -> object:
        return self.player.hello(info)

    def ask(self, message: Json) -> object:
        got = self.player.ask(message) if len(self.replies) < MANY else Gone()
        if isinstance(got, Reply):
            self.replies.append(got.value)
        return got

    def fresh(self) -> "Written":
        return Written(self.player.fresh(), self.replies)


class Piece(bytes):
    """What is written at once; too long to be shown whole."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes from {bytes(self[:40])!r}>"


class Program:
    """The other end of a player's socket: each line that comes is answered with the next piece, as bytes; None answers
    nothing. After the last it hangs up. `fresh` begins again."""

    def __init__(self, clock: Clock, script: Sequence[bytes | None]) -> None:
        self._clock, self._script = clock, script
        self._ends: list[tuple[socket.socket, threading.Thread]] = []
        self.player: Player = LivePlayer(self._start(), clock, Transcript(), another=self._start)

    def _start(self) -> Channel:
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=self._serve, args=(theirs,))
        thread.start()
        self._ends.append((ours, thread))
        return Channel(ours, max_bytes=self._clock.reply_bytes, max_depth=self._clock.reply_depth)

    def _serve(self, sock: socket.socket) -> None:
        with sock, sock.makefile("rb") as lines:
            for piece in self._script:
                try:
                    if not lines.readline():
                        return
                    sock.sendall(piece or b"")
                except OSError:
                    return

    def close(self) -> None:
        for sock, thread in self._ends:
            sock.close()
            thread.join(20)
            assert not thread.is_alive()


def hurried(clock: Clock) -> Clock:
    return dataclasses.replace(clock, **HURRIED)


# ---------------------------------------------------------------------------------------------------------------------
# What is played


@cache
def loaded(slug: str) -> tuple[Challenge, tuple[Case, ...], dict[str, list[Json]]]:
    """A challenge, a case of every discipline and what its sound samples answer there at first, by case."""
    challenge = registry.load(slug)
    materials = challenge.prepare(SEED, cases=1)
    first: dict[tuple[str, str], Case] = {}
    for case in challenge.cases(materials, Phase(SEED, 1, showcase=False)):
        first.setdefault((case.track, case.name.rpartition("-")[0]), case)
    replies = {case.name: honest(challenge, case) for case in first.values()}
    return challenge, tuple(first.values()), replies


def honest(challenge: Challenge, case: Case) -> list[Json]:
    """The first replies of the sound sample of a case's track."""
    replies: list[Json] = []
    sound = Written(sound_entry(challenge, case.track), replies)
    seats = case.seats or challenge.about.seats
    challenge.play(case, seated(dict.fromkeys(seats, sound)), {})
    return replies


def sound_entry(challenge: Challenge, track: str) -> Entry:
    samples = sheet.samples(challenge.about.slug)
    return Entry(next(one.path for one in samples if one.label == "sound" and track in ("", one.track)))


def spoilt(reply: Json) -> st.SearchStrategy[bytes]:
    """An honest reply with something put in somewhere, left out, or wrapped."""
    paths = list(places(reply))

    def put(choice: tuple[tuple[object, ...], str]) -> bytes:
        path, text = choice
        return written(reply, path, text)

    return st.tuples(st.sampled_from(paths), st.sampled_from(PIECES)).map(put)


def places(value: Json, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def written(value: Json, path: Sequence[object], text: str) -> bytes:
    """`value` as JSON with raw text at a place, or without what is there."""
    mark = "\x00here\x00"
    if not path:
        return b"" if text == DROPPED else text.encode() + b"\n"
    value = copy.deepcopy(value)
    at = value
    for key in path[:-1]:
        at = at[key]
    if text == DROPPED:
        del at[path[-1]]
    else:
        at[path[-1]] = mark
    return json.dumps(value).replace(json.dumps(mark), text).encode() + b"\n"


PIECES = ["NaN", "1e308", "-1e308", "Infinity", "null", "true", '"x"', "[]", "{}", "1e999", "9" * 30, "-1", "0.5"]
PIECES += ["", DROPPED]
ANY_BYTES = st.one_of(
    st.binary(max_size=64),
    st.binary(max_size=64).map(lambda data: data + b"\n"),
    st.sampled_from(
        [
            b"\n",
            b"null\n",
            b"{}\n{}\n",
            b'{"half": ',
            b"[" * 100_000 + b"\n",
            b'{"a":' * 40 + b"1" + b"}" * 40 + b"\n",
            b'"' + b"x" * 10_000_000 + b'"\n',
            b"\xff\xfe\n",
            b'"\\ud800"\n',
            b"1" * 5_000 + b"\n",
            b"[NaN, Infinity, -Infinity]\n",
        ]
    ),
).map(Piece)


@pytest.mark.parametrize("slug", PLAYED)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_program_writes_ends_in_a_verdict_with_a_sentence(slug: str, data: st.DataObject) -> None:
    challenge, cases, replies = loaded(slug)
    case = data.draw(st.sampled_from(cases))
    usual = replies[case.name]
    piece = st.one_of(st.none(), ANY_BYTES, *([st.sampled_from(usual).flatmap(spoilt)] if usual else []))
    ready = data.draw(st.sampled_from([b'{"ready":true}\n'] * 8 + [b"", b"no\n", b"{"]))
    script = [ready, *data.draw(st.lists(piece, max_size=5))]
    seats = case.seats or challenge.about.seats
    programs = {seat: Program(hurried(challenge.about.clocks[seat]), script) for seat in seats}
    began = time.monotonic()
    try:
        outcome = challenge.play(case, seated({seat: one.player for seat, one in programs.items()}), {})
    finally:
        for program in programs.values():
            program.close()
    assert time.monotonic() - began < challenge.about.run_seconds
    assert set(outcome.seats) == set(seats)
    for seat, got in outcome.seats.items():
        holds(challenge, case, seat, got)


def holds(challenge: Challenge, case: Case, seat: str, got: SeatOutcome) -> None:
    """It has a verdict; one that is not AC has a sentence; without a score the judgement has failed, and says so."""
    verdict = seat_verdict(got, EXITED)
    message = seat_message(got, EXITED)
    assert (verdict == Verdict.AC) == (message is None)
    if message is not None and not message.code.startswith(OURS):
        assert all(sheet.sentence(challenge.about.slug, message, language) for language in sheet.LANGUAGES)
    whole = judged(challenge, [SeatRecord(case, seat, got, EXITED)])
    assert whole.verdict != Verdict.JE
    assert (whole.verdict == Verdict.AC) == (got.score is not None) == bool(whole.scores)


MEETING = [slug for slug in PLAYED if sheet.about(slug).pairing in ("cross", "match")]


@pytest.mark.parametrize("slug", MEETING)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(st.one_of(st.none(), ANY_BYTES), max_size=3), first=st.booleans())
def test_who_meets_such_a_program_has_no_fault_and_loses_nothing(
    slug: str, script: list[bytes | None], first: bool
) -> None:
    """In cross-play what an attack has left is met: no program of it runs."""
    challenge = loaded(slug)[0]
    case = challenge.meetings(challenge.prepare(SEED, cases=1), Phase(SEED, 1))[0]
    seats = case.seats or challenge.about.seats
    bad, good = (seats if first else seats[::-1]) if len(seats) == 2 else (seats[0], "")
    brought = {seat: left_by_sound(challenge, name) for seat, name in case.brings.items()}
    program = Program(hurried(challenge.about.clocks[bad]), [b'{"ready":true}\n', *script])
    players = {bad: program.player} | ({good: sound_entry(challenge, case.track)} if good else {})
    try:
        outcome = challenge.play(case, seated(players), brought)
    finally:
        program.close()
    assert set(outcome.seats) == set(challenge.about.seats)
    worthless = outcome.seats[bad].score == 0.0  # where what is no answer counts as a wrong one
    assert worthless or outcome.seats[bad].fault in (Fault.GONE, Fault.INVALID, Fault.LATE)
    for seat in set(challenge.about.seats) - {bad}:
        assert outcome.seats[seat].fault is None
        assert (outcome.seats[seat].score or 0.0) > (outcome.seats[bad].score or 0.0)


@cache
def left_by_sound(challenge: Challenge, name: str) -> bytes:
    """What the sound sample leaves behind in a case."""
    phase = Phase(SEED, 1, showcase=False)
    case = next(one for one in challenge.cases(challenge.prepare(SEED, cases=1), phase) if one.name == name)
    (seat,) = case.seats
    return challenge.play(case, seated({seat: sound_entry(challenge, case.track)}), {}).artefacts[seat]
