"""The referee: the only place where a challenge meets a sandbox.

The worker opens a session for every seat, hands the players' sockets to a child process in which the challenge plays,
waits for the outcome within the challenge's own bound, and closes the sessions, which say how every program ended. It
parses nothing that an entry sent.
"""

import dataclasses
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from challenges.base import About, Case, Json, Outcome
from judge.errors import PlatformFault
from judge.referee_child import READY, Lost, receive_message, send_message
from judge.results import PlayedRun
from judge.scoring import SeatRecord
from judge.zones import Walls
from sandbox.errors import EngineUnavailable, ImageMissing, NotClean, SandboxError
from sandbox.interface import Sandbox, Session
from sandbox.types import Ending, Limits, Program, Result, Verdict

READY_SECONDS = 120
ANSWER_SECONDS = 30
"""A child that has begun a message ends it within this time."""
_SLICE_MILLISECONDS = 250
log = logging.getLogger(__name__)
NO_PROGRAM = Result(Verdict.AC, Ending.STOPPED, None, None, 0.0, 0.0, 0.0)
"""Of a seat that was filled with what its entry had left behind."""


class Stopping(Exception):
    """The worker was told to stop in the middle of a run: nobody's fault, and nothing is recorded."""


class Nursery:
    """A process that has every challenge loaded and forks a child for a run. Safe for several threads."""

    def __init__(self, slugs: Sequence[str], *, user: str = "") -> None:
        """`user` is PODIUM_REFEREE_USER."""
        self._slugs, self._user = slugs, user
        self.walls = Walls.NONE
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def start(self) -> None:
        """Raises PlatformFault where the challenges cannot be loaded."""
        with self._lock:
            self._ensure()

    def _ensure(self) -> socket.socket:
        if self._requests is not None and self._process is not None and self._process.poll() is None:
            return self._requests
        self._stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "judge.referee_child", str(theirs.fileno()), self._user, *self._slugs],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=_clean_environment(),
                start_new_session=True,
            )
        ours.settimeout(READY_SECONDS)
        try:
            ready = ours.recv(64)
        except TimeoutError:
            ready = b""
        if not ready.startswith(READY):
            ours.close()
            self._stop()
            raise PlatformFault("challenge-failed", "the challenges could not be loaded; the worker's log says why")
        ours.settimeout(ANSWER_SECONDS)
        self.walls = Walls[ready.removeprefix(READY).decode()]
        self._requests = ours
        return ours

    def spawn(self, players: Sequence[socket.socket]) -> tuple[socket.socket, int]:
        """A new child with these players' sockets: its control socket, and a pidfd. Raises PlatformFault."""
        control, theirs = socket.socketpair()
        control.settimeout(ANSWER_SECONDS)
        with theirs:
            try:
                with self._lock:
                    descriptors = [theirs.fileno(), *(player.fileno() for player in players)]
                    socket.send_fds(self._ensure(), [b"s"], descriptors)
                theirs.close()
                _, received, _, _ = socket.recv_fds(control, 1, 1)
                return control, received[0]
            except (OSError, IndexError) as error:
                control.close()
                raise PlatformFault("challenge-failed", f"no child could be started: {error}") from error

    def _stop(self) -> None:
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        if self._process is not None:
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _clean_environment() -> dict[str, str]:
    """What a child may know: how to find its libraries, to use one thread, and (joblib, below scikit-learn) to start no
    process and touch no semaphore."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV", "PYTHONPATH") if name in os.environ}
    own = os.environ.get("PODIUM_CHALLENGES")
    fixed = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        "PYTHONHASHSEED": "0",
        "SDL_VIDEODRIVER": "dummy",
    }
    return {**kept, **fixed, **({"PODIUM_CHALLENGES": own} if own else {})}


class Referee:
    """Plays the runs of one challenge in one sandbox."""

    def __init__(self, about: About, sandbox: Sandbox, nursery: Nursery, *, stop: threading.Event) -> None:
        self._about, self._sandbox, self._nursery, self._stop = about, sandbox, nursery, stop
        self.limits = limits_of(about)

    def play(
        self,
        case: Case,
        programs: Mapping[str, Program],
        artefacts: Mapping[str, bytes],
        *,
        cores: Mapping[str, int | None] | None = None,
    ) -> PlayedRun:
        """One run, whole; each seat on a core of its own where one is given. `artefacts` fill the seats that have no
        program. Raises PlatformFault with evidence on our side, Stopping."""
        limits = {seat: dataclasses.replace(self.limits, core=(cores or {}).get(seat)) for seat in programs}
        try:
            return self._play(case, programs, artefacts, limits)
        except EngineUnavailable as error:
            raise PlatformFault("engine-failed", str(error)) from error
        except ImageMissing as error:
            raise PlatformFault("image-missing", str(error)) from error
        except NotClean as error:
            raise PlatformFault("host-not-clean", str(error)) from error
        except SandboxError as error:
            raise PlatformFault("engine-failed", f"{type(error).__name__}: {error}") from error

    def _play(
        self,
        case: Case,
        programs: Mapping[str, Program],
        artefacts: Mapping[str, bytes],
        limits: Mapping[str, Limits],
    ) -> PlayedRun:
        with ExitStack() as stack:
            sessions = {
                seat: [stack.enter_context(self._sandbox.open(program, limits[seat]))]
                for seat, program in programs.items()
            }

            def fresh(seat: str) -> Session:
                sessions[seat][-1].close()
                sessions[seat].append(stack.enter_context(self._sandbox.open(programs[seat], limits[seat])))
                return sessions[seat][-1]

            players = {seat: opened[0].channel for seat, opened in sessions.items()}
            with Child(self._nursery, players, deadline=time.monotonic() + self._about.run_seconds) as child:
                answer = child.play(self._job(case, list(programs), artefacts), fresh=fresh, stop=self._stop)
            results = {seat: _together([session.close() for session in opened]) for seat, opened in sessions.items()}
        try:
            outcome = Outcome.from_json(answer["outcome"])
            if answer["unfit_view"]:
                log.error("%s: the view of %s is left away: %.200s", self._about.slug, case.name, answer["unfit_view"])
            return PlayedRun(
                records={
                    seat: SeatRecord(case, seat, outcome.seats[seat], results.get(seat, NO_PROGRAM))
                    for seat in [
                        *programs,
                        *(seat for seat in artefacts if seat in outcome.seats and seat not in programs),
                    ]
                },
                transcripts={seat: answer["transcripts"][seat].encode() for seat in programs},
                view=outcome.view,
                artefacts=outcome.artefacts,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlatformFault("challenge-failed", f"the child's outcome is none: {error!r}") from error

    def _job(self, case: Case, seats: list[str], artefacts: Mapping[str, bytes]) -> Json:
        return {
            "slug": self._about.slug,
            "case": case.to_json(),
            "seats": seats,
            "clocks": {seat: dataclasses.asdict(self._about.clocks[seat]) for seat in seats},
            "artefacts": {name: content.hex() for name, content in artefacts.items()},
            "run_seconds": self._about.run_seconds,
        }


def limits_of(about: About) -> Limits:
    """What an entry may use in a run of this challenge."""
    return Limits(
        cpu_seconds=about.cpu_seconds,
        wall_seconds=about.run_seconds + ANSWER_SECONDS,
        memory_mib=about.memory_mib,
        processes=about.processes,
    )


class Child:
    """One child at work."""

    def __init__(
        self,
        nursery: Nursery,
        players: Mapping[str, socket.socket],
        *,
        deadline: float,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """`tick` is called several times a second while the child works."""
        self._deadline, self._tick = deadline, tick
        self._control, self._pidfd = nursery.spawn(list(players.values()))

    def play(self, job: Json, *, stop: threading.Event, fresh: Callable[[str], Session] | None = None) -> Json:
        """Hand over the job and wait for what came of it; `fresh` opens another process for a seat. Raises
        PlatformFault where the challenge failed or took longer than it may, Stopping."""
        try:
            send_message(self._control, job)
            while True:
                self._wait(stop)
                answer = receive_message(self._control)
                seat = _wants_fresh(answer, job["seats"] if fresh else ())
                if seat is None or fresh is None:
                    break
                socket.send_fds(self._control, [b"f"], [fresh(seat).channel.fileno()])
        except (Lost, OSError, RecursionError) as error:
            raise PlatformFault("challenge-failed", f"the child ended without an outcome: {error}") from error
        if "error" in answer:
            raise PlatformFault("challenge-failed", str(answer["error"]))
        return answer

    def _wait(self, stop: threading.Event) -> None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while not poll.poll(_SLICE_MILLISECONDS):
            self._tick()
            if stop.is_set():
                raise Stopping
            if time.monotonic() > self._deadline:
                raise PlatformFault("challenge-timeout", "the challenge took longer than run_seconds")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(self._pidfd)
            self._control.close()


def _wants_fresh(answer: Json, seats: Sequence[str]) -> str | None:
    """The seat for which the child asks for a new process; None where the answer is its last. Raises Lost."""
    if not isinstance(answer, dict):
        raise Lost(f"{type(answer).__name__} where an object was due")
    if "fresh" not in answer:
        return None
    seat = answer["fresh"]
    if seat not in seats:
        raise Lost(f"a new process for {seat!r}, which is no seat")
    return str(seat)


def _together(results: Sequence[Result]) -> Result:
    """Several processes of one seat as one: the first that went wrong speaks for it; figures add up."""
    bad = [result for result in results if result.verdict != Verdict.AC and result.ending != Ending.STOPPED]
    return dataclasses.replace(
        (bad or list(results))[0 if bad else -1],
        wall_seconds=sum(result.wall_seconds for result in results),
        cpu_seconds=sum(result.cpu_seconds for result in results),
        memory_mib=max(result.memory_mib for result in results),
        stdout="".join(result.stdout for result in results),
        stderr="".join(result.stderr for result in results),
        truncated=any(result.truncated for result in results),
    )
