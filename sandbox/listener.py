"""A server of the check's own on this machine, which no program in a sandbox may reach: on the loopback, on the
engine's bridge if there is one, and under an abstract name. Nothing beyond this machine is ever tried."""

import contextlib
import json
import secrets
import selectors
import socket
from types import TracebackType
from typing import Self

from sandbox.engine import Engine, translated


class Listener:
    """As a context manager it is closed on the way out; `caught` then lists who came."""

    def __init__(self, engine: Engine) -> None:
        """Raises EngineFailed, OSError."""
        self._abstract = f"podium-check-{secrets.token_hex(8)}"
        self._sockets = [self._unix()]
        addresses = []
        for host in ["127.0.0.1", *_bridges(engine)]:
            with contextlib.suppress(OSError):  # a bridge whose address is not on this machine: the engine is remote
                self._sockets.append(self._on(host))
                addresses.append([host, self._sockets[-1].getsockname()[1]])
        self.said = json.dumps({"addresses": addresses, "abstract": self._abstract})
        """What `network.py` of the corpus is given."""
        self.addresses = [host for host, _ in addresses]

    def _unix(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(f"\0{self._abstract}")
        sock.listen()
        return sock

    def _on(self, host: str) -> socket.socket:
        sock = socket.socket()
        try:
            sock.bind((host, 0))
            sock.listen()
        except OSError:
            sock.close()
            raise
        return sock

    def caught(self) -> list[str]:
        """Everybody who has connected up to now: the backlog keeps them."""
        found = []
        with selectors.DefaultSelector() as ready:
            for sock in self._sockets:
                ready.register(sock, selectors.EVENT_READ)
            for key, _ in ready.select(0):
                assert isinstance(key.fileobj, socket.socket)
                connection, address = key.fileobj.accept()
                connection.close()
                found.append(str(address or key.fileobj.getsockname()))
        return found

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bridges(engine: Engine) -> list[str]:
    with translated("asking for the engine's bridge"):
        networks = engine.api.networks(names=["bridge"])
    configs = [config for network in networks for config in (network.get("IPAM") or {}).get("Config") or ()]
    return [config["Gateway"] for config in configs if "Gateway" in config]
