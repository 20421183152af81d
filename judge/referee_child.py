"""The referee's child: the process in which a challenge plays one run (DESIGN, zones of trust).

Theory of operation. A worker keeps one of these as a nursery: started afresh with an empty environment, it imports the
challenges and waits. For every run it forks, which costs milliseconds where a new interpreter and a simulator cost
seconds. The fork gets a control socket and the players' sockets and nothing else: no database, no engine, no key; as
root, it first goes into a zone of its own (`judge.zones`). It then sends a descriptor of itself (a pidfd, with which
the worker can end it), reads its job, plays, and answers with the outcome and every transcript. Hostile JSON, a hung
simulator or a crash end this process; the worker reads bytes with a length, and a deadline.

What else a challenge does that takes long, or that is not to meet what the worker holds, is done here too: preparing a
phase, and telling a stored run again for the examples of a starter kit.

The nursery ends when the worker's end of its socket closes, and its children with it.
"""

import contextlib
import itertools
import json
import os
import resource
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Mapping, Sequence

from challenges import registry
from challenges.base import Case, Clock, Json, Outcome
from judge import views
from judge.examples import Examples, Witness
from judge.parents import die_with
from judge.players import LivePlayer, ReplayPlayer, Transcript, seated
from judge.zones import RefereeZone, Walls
from sandbox import wire

MOST_SEATS = 16
PROCESSES, OPEN_FILES = 32, 128
BESIDE_NICE = 10
"""What prepares runs beside what plays, and gives way to it."""
READY = b"ready "
MESSAGE_BYTES = 256 << 20
_LENGTH = struct.Struct(">I")


class Lost(Exception):
    """The control socket ended or spoke nonsense."""


def send_message(sock: socket.socket, value: Json) -> None:
    """One JSON value with its length before it. Raises OSError, ValueError for a figure that is not finite."""
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    sock.sendall(_LENGTH.pack(len(body)) + body)


def receive_message(sock: socket.socket) -> Json:
    """Raises Lost where the other end closes or sends more than it may, TimeoutError where the whole message takes
    longer than the socket's own timeout."""
    timeout = sock.gettimeout()
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        (length,) = _LENGTH.unpack(_exactly(sock, _LENGTH.size, deadline))
        if length > MESSAGE_BYTES:
            raise Lost(f"a message of {length} bytes")
        return json.loads(_exactly(sock, length, deadline))
    except ValueError as error:
        raise Lost(f"no JSON: {error}") from error
    finally:
        sock.settimeout(timeout)


def _exactly(sock: socket.socket, length: int, deadline: float | None) -> bytes:
    body = bytearray()
    while len(body) < length:
        if deadline is not None:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
        chunk = sock.recv(min(1 << 20, length - len(body)))
        if not chunk:
            raise Lost("closed")
        body += chunk
    return bytes(body)


def serve(requests: socket.socket, slugs: Sequence[str], *, user: str) -> None:
    """The nursery's loop: fork a child for each request, until the worker closes its end."""
    zone = RefereeZone(user)
    zone.enter(registry.folder(slug) for slug in slugs)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for slug in slugs:
        registry.load(slug)
    requests.sendall(READY + zone.walls.name.encode())
    nursery = os.getpid()
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 1, 1 + MOST_SEATS)
        if not message:
            return
        if zone.fork() == 0:
            requests.close()
            _child(descriptors, zone, nursery=nursery)
        for descriptor in descriptors:
            os.close(descriptor)


def _child(descriptors: list[int], zone: RefereeZone, *, nursery: int) -> None:
    """Play one run and leave; never returns."""
    control, *players = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    code = 0
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _let_go_but(descriptors)
        zone.enter_child()
        die_with(0 if zone.walls is Walls.WORLD else nursery, signal.SIGKILL)
        myself = os.pidfd_open(os.getpid())
        socket.send_fds(control, [b"p"], [myself])
        os.close(myself)
        job = receive_message(control)
        _limit(float(job["run_seconds"]), counted=zone.own_users)
        send_message(control, _done(job, players, control))
    except Exception:  # noqa: BLE001 - the top of a process: whatever it is, the worker gets to know
        code = 1
        with contextlib.suppress(OSError):
            send_message(control, {"error": traceback.format_exc()[-4000:]})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _let_go_but(descriptors: Sequence[int]) -> None:
    """Close what else the nursery has open; what a challenge prints goes nowhere, since it could be anything."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    kept = sorted({2, *descriptors, resource.getrlimit(resource.RLIMIT_NOFILE)[0]})
    for low, high in itertools.pairwise(kept):
        os.closerange(low + 1, high)


def _limit(run_seconds: float, *, counted: bool) -> None:
    """Bounds for a simulator that hangs or grows. Processes are `counted` where the child has a user of its own: the
    system counts them by user."""
    seconds = int(run_seconds) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 20, 16 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    if counted:
        resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))


def _done(job: Json, sockets: Sequence[socket.socket], control: socket.socket) -> Json:
    match job.get("do", "play"):
        case "prepare":
            return prepare(job)
        case "retell":
            return retell(job)
    return play(job, sockets, control)


def prepare(job: Json) -> Json:
    """A phase's materials: `{"public": {name: hex}, "private", "note"}`. `job` names slug, seed and cases."""
    os.nice(BESIDE_NICE)
    made = registry.load(job["slug"]).prepare(bytes.fromhex(job["seed"]), cases=job["cases"])
    public = {name: content.hex() for name, content in made.public.items()}
    return {"public": public, "private": made.private, "note": made.note}


def retell(job: Json) -> Json:
    """The examples in a stored run: `{"told": [[kind, value], …]}`. `job` names slug, case, clocks and, by seat, the
    transcripts."""
    examples = Examples()
    players = {
        seat: Witness(ReplayPlayer.of(text, Clock(**job["clocks"][seat])), examples)
        for seat, text in job["transcripts"].items()
    }
    registry.load(job["slug"]).play(Case.from_json(job["case"]), seated(players), {})
    return {"told": examples.told}


def play(job: Json, sockets: Sequence[socket.socket], control: socket.socket) -> Json:
    """One run: `{"outcome", "unfit_view", "transcripts": {seat: text}}`. `job` names slug, case, seats, clocks and
    artefacts; the sockets are the players', in the order of `seats`."""
    clocks = {seat: Clock(**clock) for seat, clock in job["clocks"].items()}
    transcripts = {seat: Transcript() for seat in job["seats"]}
    players = {}
    for seat, sock in zip(job["seats"], sockets, strict=True):

        def another(seat: str = seat) -> wire.Channel:
            send_message(control, {"fresh": seat})
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            return _channel(socket.socket(fileno=descriptors[0]), clocks[seat])

        players[seat] = LivePlayer(_channel(sock, clocks[seat]), clocks[seat], transcripts[seat], another=another)
    artefacts: Mapping[str, bytes] = {name: bytes.fromhex(content) for name, content in job["artefacts"].items()}
    challenge = registry.load(job["slug"])
    outcome = challenge.play(Case.from_json(job["case"]), seated(players), artefacts)
    unfit = _unfit(outcome)
    return {
        "outcome": {**outcome.to_json(), **({"view": None} if unfit else {})},
        "unfit_view": unfit,
        "transcripts": {seat: transcript.text() for seat, transcript in transcripts.items()},
    }


def _unfit(outcome: Outcome) -> str:
    """Why the view cannot be sent, '' where it can: a picture that fails is not worth a score."""
    try:
        if outcome.view is not None:
            views.written(outcome.view)
    except views.BadView as error:
        return str(error)
    return ""


def _channel(sock: socket.socket, clock: Clock) -> wire.Channel:
    return wire.Channel(sock, max_bytes=clock.reply_bytes, max_depth=clock.reply_depth)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[3:], user=sys.argv[2])
