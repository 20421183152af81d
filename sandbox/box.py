"""A container that waits for its order: the unit that a program is put into, once, and that is then destroyed.

Everything a run leaves on the host hangs together here under one random name: container, control group, folder.
`destroy` removes the three and proves it; the folder goes last, so that after a crash it still tells what to look for.
"""

import logging
import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.cgroups import Group, Layout
from sandbox.container import Container, walls
from sandbox.engine import Engine
from sandbox.errors import EngineFailed, NotClean
from sandbox.handover import Handover
from sandbox.types import Limits

log = logging.getLogger(__name__)

CONNECT_SECONDS = 30.0
AFTERLIFE_SECONDS = 60.0
"""How long after its wall limit a container is certainly nobody's."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What all boxes of one sandbox have in common."""

    engine: Engine
    layout: Layout
    image: str
    runtime_dir: Path
    owner: str
    runtime: str | None = None

    def make(self, limits: Limits, labels: Mapping[str, str], *, deadline: float) -> "Box":
        """A box whose runner waits. `deadline` is when nobody can want it any more, in seconds since the epoch.

        Raises EngineUnavailable, ImageMissing, EngineFailed, having removed what there was."""
        try:
            handover = Handover(self.runtime_dir, self.owner)
        except OSError as error:
            raise EngineFailed(f"no folder for a session in {self.runtime_dir}: {error.strerror}") from error
        box = Box(handover)
        try:
            box.start(self, limits, labels, deadline=deadline)
        except BaseException:
            box.destroy()
            raise
        return box


class Box:
    """See the head of this file. Made by `Maker`."""

    container: Container
    group: Group
    stream: socket.socket
    """The engine's stream of the program's output; to be drained."""
    channel: socket.socket

    def __init__(self, handover: Handover) -> None:
        self.handover = handover
        self._container: Container | None = None
        self._group: Group | None = None
        self._sockets: list[socket.socket] = []

    def start(self, maker: Maker, limits: Limits, labels: Mapping[str, str], *, deadline: float) -> None:
        parent = maker.layout.parent(self.handover.name)
        self.container = self._container = Container.create(
            maker.engine,
            image=maker.image,
            labels={
                **{f"podium.{key}": value for key, value in labels.items()},
                "podium.owner": maker.owner,
                "podium.session": self.handover.name,
                "podium.deadline": str(int(deadline)),
            },
            config=walls(limits, folder=self.handover.folder, cgroup_parent=parent, runtime=maker.runtime),
        )
        self.group = self._group = Group(maker.layout, self.handover.name, self.container.id)
        self.stream = self.container.attach()
        self._sockets.append(self.stream)
        self.container.start()
        self.channel = self._connected()
        self._sockets.append(self.channel)

    def _connected(self) -> socket.socket:
        """The runner's connection. What it writes before is its own trouble, and said."""
        poll = select.poll()
        poll.register(self.handover.listener, select.POLLIN)
        poll.register(self.stream, select.POLLIN)
        deadline = time.monotonic() + CONNECT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            events = dict(poll.poll(left * 1000))
            if self.handover.listener.fileno() in events:
                return self.handover.accept()
            if events:
                said = self.stream.recv(65_536)
                if not said or not self.container.state().running:
                    raise EngineFailed(f"the runner did not come up: {said[8:].decode(errors='replace')!r}")
        raise EngineFailed(f"the runner did not connect within {CONNECT_SECONDS:.0f} s")

    def destroy(self) -> None:
        """Remove container, group and folder, after a last look at the group's figures. Called again, it does nothing.

        Raises EngineFailed where the engine does not answer, NotClean where something stays."""
        for sock in self._sockets:
            sock.close()
        try:
            self._destroy()
        finally:
            self.handover.let_go()

    def _destroy(self) -> None:
        if self._container is not None:
            self._container.remove()
            if self._container.exists():
                raise NotClean(f"container {self._container.id[:12]} cannot be removed")
            self._container = None
        if self._group is not None:
            self._group.cpu_seconds()
            self._group.peak_mib()
            survivors = self._group.remove()
            if survivors:
                log.error("%d processes outlived container %s and were killed", survivors, self.handover.name)
            self._group = None
        self.handover.close()
