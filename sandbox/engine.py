"""The Docker engine, with every failure in our own words: the one place that knows what the SDK lets out."""

import contextlib
import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import docker
import docker.errors
import docker.utils
import requests
import urllib3

from sandbox.errors import EngineFailed, EngineUnavailable

CALL_SECONDS = 15
HEAD_BYTES = 16_384
DEFAULT_URL = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class EngineFacts:
    version: str
    cgroup_version: int
    cgroup_driver: str
    storage_driver: str
    runtimes: tuple[str, ...]
    default_runtime: str
    memory_mib: int
    cpus: int
    security: tuple[str, ...] = ()
    """What it adds of its own accord: `userns`, `rootless`, `seccomp` and the like."""


class Gone(EngineFailed):
    """The engine knows no such container or image: sometimes just what was wanted."""


class Engine:
    """A connection to one engine. Usable from several threads."""

    def __init__(self, url: str | None = None, *, call_seconds: int = CALL_SECONDS) -> None:
        """`url` as in DOCKER_HOST, which is the default. Raises EngineUnavailable."""
        settings = docker.utils.kwargs_from_env()
        if url is not None:
            settings["base_url"] = url
        self.url: str = settings.get("base_url") or DEFAULT_URL
        self.call_seconds = call_seconds
        self._wrapped = "tls" in settings or self.url.partition("://")[0] in {"https", "ssh"}
        try:
            with translated("connecting"):
                self.witness().close()  # the SDK would leave a socket open over an engine that is not there
                self.api = docker.APIClient(version="auto", timeout=call_seconds, **settings)
        except EngineFailed as error:
            raise EngineUnavailable(str(error)) from error
        self.api.trust_env = not self.local  # no proxy stands before a socket, and looking for one takes a while

    def facts(self) -> EngineFacts:
        """Raises EngineFailed, EngineUnavailable."""
        with translated("asking the engine what it is"):
            info = self.api.info()
        return EngineFacts(
            version=info["ServerVersion"],
            cgroup_version=int(info.get("CgroupVersion", "1")),
            cgroup_driver=info.get("CgroupDriver", "cgroupfs"),
            storage_driver=info.get("Driver", ""),
            runtimes=tuple(sorted(info.get("Runtimes") or ())),
            default_runtime=info.get("DefaultRuntime", "runc"),
            memory_mib=info.get("MemTotal", 0) >> 20,
            cpus=info.get("NCPU", 0),
            security=tuple(sorted(_options(info.get("SecurityOptions") or ()))),
        )

    def ping(self) -> None:
        """Raises EngineFailed, EngineUnavailable where it does not answer."""
        with translated("asking whether the engine lives"):
            self.api.ping()

    @property
    def local(self) -> bool:
        """Whether it is reached through a socket of this machine; it may run in a virtual one all the same."""
        return self.url.startswith("unix://")

    def witness(self) -> socket.socket:
        """A connection on which nothing is said: it breaks when the engine dies, however soon another one answers.
        Raises EngineUnavailable."""
        kind, _, where = self.url.partition("://")
        with translated("connecting"):
            if kind == "unix":
                sock = socket.socket(socket.AF_UNIX)
                try:
                    sock.settimeout(self.call_seconds)
                    sock.connect(where)
                except OSError:
                    sock.close()
                    raise
                return sock
            if kind not in {"tcp", "http", "https"}:
                return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # behind ssh there is none that could break
            host, _, port = where.partition("/")[0].rpartition(":")
            sock = socket.create_connection((host.rpartition("@")[2].strip("[]"), int(port)), self.call_seconds)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock

    def hijack(self, path: str) -> socket.socket:
        """The raw stream behind a call that the engine answers with one, such as attach; non-blocking.

        Raises Gone, EngineFailed, EngineUnavailable."""
        if self._wrapped:
            raise EngineFailed("an engine behind TLS or ssh cannot be attached to: forward its socket, see the manual")
        sock = self.witness()
        with contextlib.ExitStack() as undo, translated("attaching"):
            undo.callback(sock.close)
            sock.sendall(
                f"POST /v{self.api.api_version}{path} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n"
                "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode()
            )
            head = bytearray()
            while not head.endswith(b"\r\n\r\n") and len(head) < HEAD_BYTES and (byte := sock.recv(1)):
                head += byte
            status = head.split(None, 2)[1:2]
            if status not in ([b"101"], [b"200"]):
                answer = bytes(head[:200]).decode(errors="replace").partition("\r\n")[0]
                raise (Gone if status == [b"404"] else EngineFailed)(f"attaching: the engine answers {answer!r}")
            undo.pop_all()
        sock.setblocking(False)
        return sock

    def close(self) -> None:
        self.api.close()


def _options(given: Iterable[str]) -> Iterator[str]:
    """`name=userns` and `name=seccomp,profile=default`; the oldest engines say just the name."""
    for option in given:
        yield option.partition(",")[0].removeprefix("name=")


def broken(witness: socket.socket) -> bool:
    """Whether the engine has died since the witness was taken."""
    poll = select.poll()
    poll.register(witness, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raises Gone, EngineUnavailable or EngineFailed for whatever the SDK and the libraries below it raise."""
    try:
        yield
    except docker.errors.NotFound as error:
        raise Gone(f"{doing}: {error.explanation}") from error
    except docker.errors.APIError as error:
        raise EngineFailed(f"{doing}: {error.explanation or error}") from error
    except (requests.ConnectionError, ConnectionError, FileNotFoundError) as error:
        raise EngineUnavailable(f"the engine cannot be reached while {doing}: {error}") from error
    except (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise EngineFailed(f"{doing}: {error}") from error
