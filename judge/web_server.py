"""The portal's server: gunicorn, in the portal's zone.

The process opens the port while it still may, then becomes the portal's user in a world of its own, and only then
gunicorn: its master and workers never had more rights than a page needs.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from judge import enclosure, seccomp, zones
from judge.errors import Misconfigured
from judge.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PORT_SECONDS = 10
BACKLOG = 2048
SCRATCH_MIB = 256
_ETC = ("resolv.conf", "hosts", "host.conf", "gai.conf", "nsswitch.conf", "services", "protocols", "passwd", "group",
        "mime.types", "timezone", "ssl", "pki", "ca-certificates", "crypto-policies")  # fmt: skip
SYSTEM = (
    *(Path("/etc") / name for name in _ETC),
    Path("/usr/share/ca-certificates"),
    Path("/usr/local/share/ca-certificates"),
)
"""What a program needs to find and trust hosts."""
NAMED = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE",
         "AWS_SHARED_CREDENTIALS_FILE")  # fmt: skip
"""Variables that name a file of that kind."""


def world(settings: Settings) -> zones.World:
    """What is there for the portal: code, its own folders, the sockets that the settings name, and the network."""
    files = [Path(path) for name in NAMED if (path := os.environ.get(name))]
    return zones.World(
        seen=[*enclosure.python(), *enclosure.interpreter(), *SYSTEM, *files, *_sockets(settings)],
        written=[*_written(settings)],
        sockets=(seccomp.UNIX, seccomp.INTERNET, seccomp.INTERNET_6, seccomp.NETLINK),
        scratch_mib=SCRATCH_MIB,
    )


def _written(settings: Settings) -> Iterator[Path]:
    yield settings.data / "web"
    yield settings.data / "files"
    yield settings.run / "web"
    if settings.database_url.startswith("sqlite:///"):
        yield Path(settings.database_url.removeprefix("sqlite:///").partition("?")[0]).absolute().parent
    if settings.storage_url.startswith("file://"):
        yield Path(urlsplit(settings.storage_url).path)


def _sockets(settings: Settings) -> Iterator[Path]:
    """Unix sockets, each by its folder, since a server that starts anew makes a new one; but the socket alone where the
    folder is everybody's, or closed to the portal's user."""
    user = zones.web_user(settings.web_user, settings.data)
    named = [value for _, value in parse_qsl(urlsplit(settings.database_url).query) if value.startswith("/")]
    if settings.redis_url.startswith("unix://"):
        named.append(urlsplit(settings.redis_url).path)
    shared = {Path("/run").resolve(), Path("/var/run").resolve(), Path("/tmp").resolve(), Path("/")}  # noqa: S108
    for path in map(Path, named):
        folder = path.parent
        alone = folder.resolve() in shared or (folder.is_dir() and not _open_to(folder, user))
        yield path if path.is_dir() or alone else folder


def _open_to(folder: Path, user: zones.User) -> bool:
    found = folder.stat()
    return found.st_uid == user.uid or bool(found.st_mode & 0o001)


def command(settings: Settings, *, listener: int) -> list[str]:
    """gunicorn's command line, on a socket that listens already."""
    options = {
        "--config": "python:judge.gunicorn_hooks",
        "--bind": f"fd://{listener}",
        "--worker-class": "gthread",
        "--workers": str(settings.web_workers),
        "--threads": str(settings.web_threads),
        "--timeout": "150",
        "--graceful-timeout": "10",
        "--keep-alive": "5",
        "--worker-tmp-dir": str(settings.run / "web"),
        "--access-logfile": "/dev/null",
        "--log-level": "warning",
        "--limit-request-line": "4094",
    }
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *words, "web.wsgi:app"]


def serve(settings: Settings) -> None:
    """Become the portal's server: this process is replaced. Raises OSError, Misconfigured."""
    settings.prepare_folders()
    listener = _listen(settings)
    os.set_inheritable(listener.fileno(), True)
    found = zones.enter(world(settings), zones.web_user(settings.web_user, settings.data))
    if zones.privileged() or found.walls is zones.Walls.USER:
        print(f"the portal has {found.walls.value}: {found.reason}", file=sys.stderr)
    os.chdir(ROOT)
    words = command(settings, listener=listener.fileno())
    environment = {
        **os.environ,
        **settings.environment(),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    os.execve(words[0], words, environment)  # noqa: S606 - our own command line


def _listen(settings: Settings) -> socket.socket:
    """The port, waiting a little for the last of a portal that was killed. Raises Misconfigured."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        try:
            return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
        except OSError as error:
            if time.monotonic() > deadline:
                raise Misconfigured(f"{settings.host}:{settings.port} cannot be served: {error.strerror}") from error
            time.sleep(0.1)
