"""The Docker engine, with every failure in our own words: the one place that knows what the SDK lets out."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import docker
import docker.errors
import docker.utils
import requests
import urllib3

from sandbox.errors import EngineFailed, EngineUnavailable

CALL_SECONDS = 15
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


class Gone(EngineFailed):
    """The engine knows no such container or image: sometimes just what was wanted."""


class Engine:
    """A connection to one engine. Usable from several threads."""

    def __init__(self, url: str | None = None, *, call_seconds: int = CALL_SECONDS) -> None:
        """`url` as in DOCKER_HOST, which is the default. Raises EngineUnavailable."""
        settings = docker.utils.kwargs_from_env()
        if url is not None:
            settings["base_url"] = url
        try:
            with translated("connecting"):
                _knock(settings.get("base_url", DEFAULT_URL))
                self.api = docker.APIClient(version="auto", timeout=call_seconds, **settings)
        except EngineFailed as error:
            raise EngineUnavailable(str(error)) from error

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
        )

    def ping(self) -> None:
        """Raises EngineFailed, EngineUnavailable where it does not answer."""
        with translated("asking whether the engine lives"):
            self.api.ping()

    def close(self) -> None:
        self.api.close()


def _knock(url: str) -> None:
    """Raises OSError where nothing listens on a Unix socket: the SDK would leave a socket open over it."""
    if url.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(CALL_SECONDS)
            sock.connect(url.removeprefix("unix://"))


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
