"""How far this host reaches into its engine: found out with the first container, and remembered.

An engine on this machine shares our folders, our kernel's control groups and our processes. One elsewhere, or in a
virtual machine behind a local socket, shares none of them; with some runtimes only the socket in the folder does not
work. Without the socket the runner is talked to over the engine's stream (`bridge`), without the groups the engine is
asked what a program uses (`meter`).
"""

import logging
import threading
from collections.abc import Callable
from typing import Literal, TypeVar

from sandbox.cgroups import Layout
from sandbox.engine import Engine
from sandbox.errors import EngineFailed, SandboxError

Talk = Literal["auto", "socket", "attach"]
"""How programs are talked to: by the socket or by the stream, or as is found."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class Reach:
    """Of one sandbox. Usable from several threads."""

    def __init__(self, engine: Engine, layout: Layout, talk: Talk) -> None:
        elsewhere = not engine.local or talk == "attach"
        self.by_stream = talk == "attach" or (talk == "auto" and elsewhere)
        self.groups = layout.readable and not elsewhere
        self._known = talk != "auto" or elsewhere
        self._lock = threading.Lock()

    def try_out(self, make: Callable[[], T]) -> T:
        """What `make` makes; until one was made, one after the other, at first by the socket and then by the stream.
        Raises as `make` does, the first time."""
        if self._known:
            return make()
        with self._lock:
            if self._known:
                return make()
            try:
                made = make()
            except EngineFailed as first:
                self.by_stream = True
                try:
                    made = make()
                except SandboxError:
                    self.by_stream = False
                    raise first from None
                log.warning("containers cannot reach a socket of this host (%s): the engine's stream is used", first)
            self._known = True
            return made
