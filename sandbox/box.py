"""A container that waits for its order: the unit that a program is put into, once, and that is then destroyed.

Everything a run leaves on the host hangs together here under one random name: container, control group, folder. A box
ends in two steps. `kill` ends every process in it, and returns when none is left: what a verdict needs. `remove` takes
the rest away and proves it; the folder goes last, so that after a crash it still tells what to look for.
"""

import contextlib
import select
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox import cgroups
from sandbox.alarms import Alarms
from sandbox.bridge import Bridge
from sandbox.cgroups import Group, Layout
from sandbox.container import Container, user_of, walls
from sandbox.engine import Engine, broken
from sandbox.errors import EngineFailed, NotClean
from sandbox.handover import Handover
from sandbox.heartbeat import Heartbeat
from sandbox.meter import Figures, Meter
from sandbox.pulse import Pulse
from sandbox.reach import Reach
from sandbox.types import Limits, Program

CONNECT_SECONDS = 30.0
SAID_BYTES = 4096
PIPE_BYTES = 32_768
"""Less than that a program can write without anybody to read it."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What all boxes of one sandbox have in common."""

    engine: Engine
    layout: Layout
    image: str
    runtime_dir: Path
    owner: str
    alarms: Alarms
    reach: Reach
    heartbeat: Heartbeat
    runtime: str | None = None

    def make(self, cell: Limits, *, image: str | None = None) -> "Box":
        """A box whose runner waits; for `cell` see `container.cell_of`.

        Raises EngineUnavailable, ImageMissing, EngineFailed, having removed what there was."""
        return self.reach.try_out(lambda: self._make(cell, image))

    def _make(self, cell: Limits, image: str | None) -> "Box":
        try:
            handover = Handover(self.runtime_dir, self.owner)
        except OSError as error:
            raise EngineFailed(f"no folder for a session in {self.runtime_dir}: {error.strerror}") from error
        box = Box(handover, self)
        try:
            box.start(cell, image or self.image)
        except BaseException:
            with contextlib.suppress(NotClean):  # it is an alarm already, and what stood in the way says more
                box.destroy()
            raise
        return box


class Box:
    """See the head of this file. Made by `Maker`."""

    container: Container
    group: Figures
    pulse: Pulse
    stream: socket.socket
    """The engine's stream of the program's output; to be drained."""
    channel: socket.socket

    def __init__(self, handover: Handover, maker: Maker) -> None:
        self.handover = handover
        self._maker = maker
        self._container: Container | None = None
        self._sockets: list[socket.socket] = []
        self._pulse: Pulse | None = None
        self._group: Figures | None = None
        self._bridge: Bridge | None = None

    def start(self, cell: Limits, image: str) -> None:
        maker, name, by_stream = self._maker, self.handover.name, self._maker.reach.by_stream
        parent = maker.layout.parent(name) if maker.reach.groups else None
        self._witness = maker.engine.witness()
        self._sockets.append(self._witness)
        share = None if by_stream else self.handover.share
        self.container = self._container = Container.create(
            maker.engine,
            image=image,
            labels={"podium.owner": maker.owner, "podium.session": name},
            config=walls(cell, folder=share, cgroup_parent=parent, runtime=maker.runtime, user=user_of(name)),
            by_stream=by_stream,
            user=user_of(name),
        )
        self.stream = self.container.attach(stdin=by_stream)
        self._sockets.append(self.stream)
        if by_stream:
            self._sockets.pop()
            self._bridge = Bridge(self.stream)
            self.stream = self._bridge.logs
            self._sockets += [self._bridge.logs, self._bridge.channel]
        self.container.start()
        live = maker.layout.live("memory", name, self.container.id) if maker.reach.groups else None
        self.pulse = self._pulse = Pulse.of(self.container, live)
        self.group = self._group = self._figures()
        self.channel = self._connected()
        self._sockets.append(self.channel)

    def _figures(self) -> Figures:
        """Its group's, where that is to be seen from here."""
        group = Group(self._maker.layout, self.handover.name, self.container.id)
        if self._maker.reach.groups and group.lives():
            return group
        return Meter(self.container, self._bridge)

    def _connected(self) -> socket.socket:
        """The runner's connection. What it writes before is its own trouble, and said."""
        poll = select.poll()
        first = self._bridge.channel if self._bridge is not None else self.handover.listener
        poll.register(first, select.POLLIN)
        poll.register(self.stream, select.POLLIN)
        said, deadline = bytearray(), time.monotonic() + CONNECT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            events = dict(poll.poll(left * 1000))
            if first.fileno() in events and self._bridge is None:
                return self.handover.accept()
            if first.fileno() in events and first.recv(1):
                return first
            if events:
                heard = self.stream.recv(65_536)
                said += heard[: SAID_BYTES - len(said)]
                if not heard:
                    break
        raise EngineFailed(f"the runner did not come up: {said.decode(errors='replace')!r}")

    def place(
        self, program: Program, limits: Limits, stdin: bytes | None, *, collect: bool
    ) -> tuple[bytes, list[Path]]:
        """Put the entry where the runner finds it. Returns the order, and files that are to be sent after it. Raises
        as `Handover.place`."""
        if self._bridge is None:
            return self.handover.place(program, limits, stdin, collect=collect), []
        if collect:
            self._bridge.held_bytes = limits.file_mib << 20
        return self.handover.pack(program, limits, stdin, collect=collect)

    @property
    def overflowed(self) -> bool:
        """Whether it has said more on its channel than can be held for whoever reads it."""
        return self._bridge is not None and self._bridge.overflowed

    def waits(self) -> bool:
        """Whether its runner still waits for an order, under the engine that started it."""
        poll = select.poll()
        for sock in (self.channel, self.stream, self._witness):
            poll.register(sock, select.POLLIN)
        return not poll.poll(0)

    @property
    def heartbeat(self) -> Heartbeat:
        return self._maker.heartbeat

    def engine_has_stalled(self, since: float, written_bytes: int) -> bool:
        """Whether it was away for a while when the program, having written so much, may have waited for it."""
        depends = self._bridge is not None or written_bytes > PIPE_BYTES
        return depends and self.heartbeat.stalled_since(since)

    def engine_has_died(self) -> bool:
        """Whether it has since this box was made, also when another one answers by now."""
        return broken(self._witness)

    def kill(self) -> None:
        """End whatever lives in it, after a last look at the group's figures. Raises EngineFailed, NotClean."""
        if self._container is None:
            return
        if self._group is not None:
            self._group.look()
        if self._pulse is not None:
            self._pulse.kill()
        else:
            self._container.kill()
        if self._group is not None:
            self._group.look()

    def remove(self) -> None:
        """Take container, group and folder away. Called again, it does nothing.

        Raises EngineFailed where the engine does not answer, NotClean (and alarm) where something stays."""
        if self._group is not None:
            self._group.close()
        if self._bridge is not None:
            self._bridge.close()
        for sock in self._sockets:
            sock.close()
        if self._pulse is not None:
            self._pulse.close()
        try:
            self._remove()
        except NotClean as error:
            self._maker.alarms.stop_work(str(error))
            raise
        finally:
            self.handover.let_go()

    def destroy(self) -> None:
        """Both steps. Raises as they do; the second is tried whatever came of the first."""
        try:
            self.kill()
        finally:
            self.remove()

    def _remove(self) -> None:
        container = self._container.id if self._container is not None else ""
        if self._container is not None:
            self._container.remove()
        if self._maker.reach.groups:  # the engine makes them for a container too that ends before it can be measured
            survivors = cgroups.remove(self._maker.layout, self.handover.name, container=container)
            if survivors:
                self._maker.alarms.tell(f"{survivors} processes outlived container {self.handover.name}; killed")
        self._container = None
        self.handover.close()
