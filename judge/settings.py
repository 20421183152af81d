"""The one settings object: read from the environment once, frozen, passed in. `docs/operator.md` documents every
field, and a test fails when one is missing there."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from judge import folders, zones
from judge.errors import Misconfigured

MIN_SECRET_BYTES = 32
SOCKET_PATH_BYTES = 100
"""Unix socket paths end at 107 bytes; a player's socket adds a few to the run folder's path."""


_TRUE, _FALSE = {"1", "yes", "true", "on"}, {"0", "no", "false", "off"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment variable of a field: PODIUM_ and its name in capitals."""

    data: Path
    """The data folder: database, files, keys, logs."""
    run: Path
    """Sockets, locks and process files; gone with the machine."""
    database_url: str
    redis_url: str
    storage_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    url: str = "http://127.0.0.1:8000"
    workers: int = 2
    cores: int = 2
    pool: int = 2
    builds_mib: int = 2048
    web_workers: int = 1
    web_threads: int = 8
    web_user: str = ""
    referee_user: str = ""
    sandbox: str = "auto"
    docker_host: str = ""
    runtime: str = ""
    talk: str = "auto"
    unproven_host: str = ""
    lease_seconds: int = 30
    sweep_seconds: int = 5
    attempts: int = 3
    refunds: int = 3
    min_free_mib: int = 256
    sign_in_tries: int = 10
    secure_cookies: bool = False
    trusted_proxies: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Raises Misconfigured, naming the variable, where one cannot be read."""
        env = os.environ if environment is None else environment

        def text(name: str, default: str) -> str:
            return env.get(f"PODIUM_{name.upper()}") or default

        def whole(name: str, default: int, *, least: int = 1, most: int = 10**9) -> int:
            value = text(name, str(default))
            if not (value.isascii() and value.isdecimal() and len(value) < 12 and least <= int(value) <= most):
                raise Misconfigured(
                    f"PODIUM_{name.upper()} must be a whole number from {least} to {most}, not {value!r}"
                )
            return int(value)

        def truth(name: str, *, default: bool) -> bool:
            value = text(name, str(int(default))).lower()
            if value not in _TRUE | _FALSE:
                raise Misconfigured(f"PODIUM_{name.upper()} must be 1 or 0, not {value!r}")
            return value in _TRUE

        data = Path(text("data", "data")).absolute()
        run = Path(text("run", "") or _run_folder(data)).absolute()
        cores = whole("cores", os.cpu_count() or 1)
        if len(os.fsencode(run)) > SOCKET_PATH_BYTES - len("/redis/redis.sock"):
            raise Misconfigured(f"PODIUM_RUN must be a shorter path: sockets lie in it, and {run} leaves them no room")
        host, port = text("host", "127.0.0.1"), whole("port", 8000, most=65_535)
        sandbox = text("sandbox", "auto")
        if sandbox not in {"auto", "docker", "process"}:
            raise Misconfigured(f"PODIUM_SANDBOX must be auto, docker or process, not {sandbox!r}")
        talk = text("talk", "auto")
        if talk not in {"auto", "socket", "attach"}:
            raise Misconfigured(f"PODIUM_TALK must be auto, socket or attach, not {talk!r}")
        return cls(
            data=data,
            run=run,
            database_url=text("database_url", _default_database(data)),
            redis_url=text("redis_url", f"unix://{_redis_socket(run)}"),
            storage_url=text("storage_url", f"file://{data / 'files'}"),
            host=host,
            port=port,
            url=text("url", f"http://{host}:{port}").rstrip("/"),
            workers=whole("workers", cores, least=0),
            cores=cores,
            pool=whole("pool", cores, least=0),
            builds_mib=whole("builds_mib", 2048, least=0),
            web_workers=whole("web_workers", 1),
            web_threads=whole("web_threads", 8),
            web_user=text("web_user", ""),
            referee_user=text("referee_user", ""),
            sandbox=sandbox,
            docker_host=text("docker_host", env.get("DOCKER_HOST", "")),
            runtime=text("runtime", ""),
            talk=talk,
            unproven_host=text("unproven_host", ""),
            lease_seconds=whole("lease_seconds", 30),
            sweep_seconds=whole("sweep_seconds", 5),
            attempts=whole("attempts", 3),
            refunds=whole("refunds", 3, least=0),
            min_free_mib=whole("min_free_mib", 256, least=0),
            sign_in_tries=whole("sign_in_tries", 10),
            trusted_proxies=whole("trusted_proxies", 0, least=0),
            secure_cookies=truth("secure_cookies", default=False),
        )

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            f"PODIUM_{name.upper()}": str(int(value) if isinstance(value, bool) else value)
            for name, value in values.items()
            if value != ""
        }

    @property
    def own_redis(self) -> bool:
        """Whether `podium up` starts Redis itself: only where nobody named one."""
        return self.redis_url == f"unix://{self.redis_socket}"

    @property
    def redis_socket(self) -> Path:
        """Where a Redis of our own listens."""
        return _redis_socket(self.run)

    def prepare_folders(self) -> None:
        """Make the data and run folders, each part of them for the user whom it is for. Raises Misconfigured."""
        folders.prepare(
            self.data,
            self.run,
            web_user=zones.web_user(self.web_user, self.data),
            default_database=self.database_url == _default_database(self.data),
        )

    def session_secret(self) -> bytes:
        """The key that signs forms and links; made once. For the portal."""
        return _key_file(self.data / "web" / "session.key")

    def seed_key(self) -> bytes:
        """The key under which phase seeds are sealed; made once. For workers only."""
        return _key_file(self.data / "keys" / "seed.key")


def _default_database(data: Path) -> str:
    return f"sqlite:///{data / 'db' / 'podium.db'}"


def _redis_socket(run: Path) -> Path:
    return run / "redis" / "redis.sock"


def _run_folder(data: Path) -> Path:
    """A short path of our own for sockets, the same for every process that shares the data folder."""
    tag = hashlib.sha256(str(data).encode()).hexdigest()[:10]
    if os.geteuid() == 0:
        return Path("/run") / f"podium-{tag}"
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108 - the folder below it is private to this user
    return base / f"podium-{os.geteuid()}-{tag}"


def _key_file(path: Path) -> bytes:
    """Read a key, or make it: whole or not at all, also when two processes come at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            fresh.touch(mode=0o600)
            with fresh.open("wb") as file:
                file.write(secrets.token_bytes(MIN_SECRET_BYTES))
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    key = path.read_bytes()
    if len(key) < MIN_SECRET_BYTES:
        raise Misconfigured(
            f"{path} holds {len(key)} bytes where a key has {MIN_SECRET_BYTES}: restore it from a backup"
        )
    return key
