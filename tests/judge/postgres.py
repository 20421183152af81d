"""A PostgreSQL server of the tests' own: in a folder that goes, on a Unix socket, as a user who is not root."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pg8000.dbapi

OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "lc_messages": "C",
}
START_SECONDS = 30


@cache
def binaries() -> Path | None:
    """The newest server that Debian packed, or the one in the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).resolve().parent if path else None


def missing() -> str:
    """Why there is no PostgreSQL; empty where there is one."""
    return "" if binaries() else "PostgreSQL's initdb is not on this machine: apt-get install postgresql"


def _unprivileged() -> list[str]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    users = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in users else "nobody"
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]


@contextmanager
def server() -> Iterator[Path]:
    """A running server; its socket's folder. The only role is `podium`, without a password."""
    folder = Path(tempfile.mkdtemp(prefix="podium-pg-"))
    as_user, bin_folder = _unprivileged(), binaries()
    assert bin_folder is not None
    if as_user:
        name = as_user[1].partition("=")[2]
        os.chown(folder, pwd.getpwnam(name).pw_uid, -1)
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    process = None
    try:
        subprocess.run(
            [*as_user, bin_folder / "initdb", "-D", data, "-A", "trust", "-U", "podium", "--no-sync", "-E", "UTF8"],
            cwd=folder, env=environment, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        options = {**OPTIONS, "unix_socket_directories": str(folder)}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            command = [*as_user, bin_folder / "postgres", "-D", data, *words]
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        _wait(folder, process)
        yield folder
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)  # immediately: nothing of it is kept
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(pg8000.dbapi.InterfaceError, pg8000.dbapi.DatabaseError):
            connection(folder).close()
            return
        time.sleep(0.02)
    raise RuntimeError((folder / "log").read_text())


def connection(folder: Path, database: str = "postgres") -> pg8000.dbapi.Connection:
    got = pg8000.dbapi.connect("podium", unix_sock=str(folder / ".s.PGSQL.5432"), database=database)
    got.autocommit = True
    return got


def url(folder: Path, database: str) -> str:
    """As PODIUM_DATABASE_URL would name it."""
    return f"postgresql://podium@/{database}?unix_sock={folder}/.s.PGSQL.5432"
