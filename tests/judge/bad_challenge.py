"""Challenges that go wrong, each in its own way; registered by tests of the referee alone. `params["how"]` says how."""

import ctypes
import os
import socket
import struct
import sys
import threading
import time

from challenges.base import Case, Outcome, SeatOutcome, View
from tests.echo.challenge import Echo


class Bad(Echo):
    def play(self, case: Case, players, artefacts) -> Outcome:
        player = players["player"]
        player.hello({})
        getattr(self, case.params["how"])()
        return super().play(case, players, artefacts)

    def raises(self) -> None:
        raise ZeroDivisionError("the challenge's own mistake")

    def hangs(self) -> None:
        time.sleep(600)

    def spins(self) -> None:
        while True:
            pass

    def dies(self) -> None:
        ctypes.string_at(0)

    def exits(self) -> None:
        sys.exit(0)

    def grows(self) -> None:
        bytearray(16 << 30)

    def forks(self) -> None:
        """A thread that would keep an ordinary process alive."""
        threading.Thread(target=time.sleep, args=(600,)).start()
        raise RuntimeError("with a thread left behind")


class Garbled(Echo):
    """Its outcome cannot be believed."""

    def play(self, case: Case, players, artefacts) -> Outcome:
        players["player"].hello({})
        match case.params["how"]:
            case "nan":
                return Outcome({"player": SeatOutcome(float("nan"))})
            case "other_seat":
                return Outcome({"left": SeatOutcome(1.0)})
            case "view of sets":
                return Outcome({"player": SeatOutcome(1.0)}, View("scene", {1, 2}))
            case "deep view":
                deep = []
                for _ in range(100_000):
                    deep = [deep]
                return Outcome({"player": SeatOutcome(1.0)}, View("scene", deep))
            case "large view":
                return Outcome({"player": SeatOutcome(1.0)}, View("scene", "x" * 300_000_000))
            case "none":
                return None
            case "fresh":
                fresh = players["player"].fresh()
                fresh.hello({})
                answer = fresh.ask({"say": "again"})
                return Outcome({"player": SeatOutcome(float(getattr(answer, "value", "") == "again"))})
            case "artefacts":
                return Outcome({"player": SeatOutcome(float(len(artefacts["model"])))})
        raise AssertionError(case.params)


def control_of_child() -> socket.socket:
    """The child's own socket to the worker: what a challenge that is an enemy could lay hands on."""
    for descriptor in range(3, 64):
        try:
            sock = socket.socket(fileno=os.dup(descriptor))
        except OSError:
            continue
        if sock.family == socket.AF_UNIX and sock.type == socket.SOCK_STREAM:
            return sock
    raise AssertionError("no control socket")


class Hostile(Echo):
    """Writes to the worker by itself."""

    def play(self, case: Case, players, artefacts) -> Outcome:
        control = control_of_child()
        body = {
            "garbage": b"\xff" * 64,
            "number": b"7",
            "text": b'"fresh"',
            "list": b'["fresh"]',
            "empty": b"{}",
            "seat": b'{"fresh": "nobody"}',
            "no_seat": b'{"fresh": ["player"]}',
            "outcome": b'{"outcome": 7, "transcripts": {}}',
            "deep": b"[" * 100_000,
            "half": b'{"outcome"',
            "long": b"",
        }[case.params["how"]]
        length = {"half": 1000, "long": 1 << 30}.get(case.params["how"], len(body))
        control.sendall(struct.pack(">I", length) + body)
        if case.params["how"] == "half":
            while True:
                time.sleep(0.05)
                control.sendall(b" ")
        time.sleep(600)
        raise AssertionError
