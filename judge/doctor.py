"""`podium doctor`: what is missing on this machine, and what to do about it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from judge import proven, redis_server
from judge.db import Database
from judge.queue import connect
from judge.settings import Settings
from sandbox.alarms import Alarms
from sandbox.engine import Engine
from sandbox.errors import SandboxError
from sandbox.images import find_builder_image, find_player_image, toolchains

MIN_PYTHON = (3, 11)
MIN_MEMORY_MIB = 1024
WITH_EXTRA = f"{sys.executable} -m pip install 'podium[prepare]'"
NOT_YET = f"made when the first entry needs it, or now: {sys.executable} -m sandbox.images --builders"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `cure` is what to type where it is not well."""

    name: str
    ok: bool
    found: str
    cure: str = ""


def examine(settings: Settings) -> list[Check]:
    """Every check, in the order in which things are needed. Nothing is changed."""
    looks: list[Callable[[Settings], Iterator[Check]]]
    looks = [_python, _extras, _folders, _redis, _database, _engine, _walls, _clean, _port]
    return [check for look in looks for check in look(settings)]


def _python(settings: Settings) -> Iterator[Check]:  # noqa: ARG001
    found = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", sys.version_info >= MIN_PYTHON, found, "install Python 3.11 or later, then: make run")


def _extras(settings: Settings) -> Iterator[Check]:  # noqa: ARG001
    """What is well without, and better with."""
    there = find_spec("ortools") is not None
    found = version("ortools") if there else f"not installed; optional, for better references in a final: {WITH_EXTRA}"
    yield Check("ortools", True, found, WITH_EXTRA)


def _folders(settings: Settings) -> Iterator[Check]:
    parent = next(folder for folder in (settings.data, *settings.data.parents) if folder.exists())
    writable = os.access(parent, os.W_OK)
    yield Check(
        "data folder",
        writable,
        f"{settings.data} ({'writable' if writable else 'not writable'})",
        f"make {parent} writable for this user, or name another folder: PODIUM_DATA=/path/to/data",
    )
    free_mib = shutil.disk_usage(parent).free >> 20
    yield Check(
        "disk",
        free_mib >= 4 * settings.min_free_mib,
        f"{free_mib} MiB free",
        f"free some space below {parent}: uploads are refused under {settings.min_free_mib} MiB",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    yield Check("memory", memory >= MIN_MEMORY_MIB, f"{memory} MiB", f"use a machine with {MIN_MEMORY_MIB} MiB or more")


def _redis(settings: Settings) -> Iterator[Check]:
    if settings.own_redis:
        try:
            yield Check("redis", True, f"{redis_server.version()}, started by podium up")
        except (OSError, subprocess.SubprocessError) as error:
            yield Check("redis", False, str(error), "install the environment again: rm -rf .venv && make run")
        return
    client = connect(settings.redis_url, timeout=2)
    try:
        client.ping()
        yield Check("redis", True, f"{settings.redis_url} answers")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong with Redis
        yield Check("redis", False, str(error), "start the Redis that PODIUM_REDIS_URL names, or unset it")
    finally:
        client.close()


def _database(settings: Settings) -> Iterator[Check]:
    if settings.database_url.startswith("sqlite"):
        yield Check("database", True, settings.database_url)
        return
    db = Database(settings.database_url)
    try:
        with db.engine.connect():
            yield Check("database", True, db.engine.dialect.name)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong with the database
        yield Check("database", False, str(error).splitlines()[0], "start the database that PODIUM_DATABASE_URL names")
    finally:
        db.close()


def _engine(settings: Settings) -> Iterator[Check]:
    script = Path(__file__).resolve().parents[1] / "docker" / "engine.sh"
    cure = f"sh {script}"
    try:
        engine = Engine(settings.docker_host or None)
    except SandboxError as error:
        yield Check("docker engine", False, str(error), cure)
        yield Check("player image", False, "cannot be looked for without an engine", cure)
        return
    try:
        facts = engine.facts()
        yield Check(
            "docker engine",
            True,
            f"{facts.version}, cgroup v{facts.cgroup_version} ({facts.cgroup_driver}), {facts.storage_driver}",
        )
        image = find_player_image(engine.api)
        build = f"{sys.executable} -m sandbox.images"
        yield Check("player image", image is not None, image.contents if image else "not built yet", build)
        for toolchain in toolchains() if image else ():
            assert image is not None
            builder = find_builder_image(engine.api, image, toolchain)
            found = builder.contents.removeprefix(f"{image.contents}; ") if builder else NOT_YET
            yield Check(f"builder: {toolchain}", True, found)
    except SandboxError as error:
        yield Check("docker engine", False, str(error), cure)
    finally:
        engine.close()


def _walls(settings: Settings) -> Iterator[Check]:
    if settings.sandbox == "process":
        return
    proof = proven.proof_of(settings)
    accepted = settings.unproven_host == proven.WORDS
    found = f"proven ({proof.when})" if not proof.why_not else proof.why_not + "; accepted in words" * accepted
    yield Check("walls", not proof.why_not or accepted, found, f"{proven.CURE} (podium up does it by itself)")


def _clean(settings: Settings) -> Iterator[Check]:
    trouble = Alarms(settings.run / "players").standing()
    found = "nothing of a run is left" if trouble is None else f"nothing is judged here: {trouble}"
    cure = "podium up tries to remove it again and again; where it stays, start the engine anew, or the machine"
    yield Check("clean host", trouble is None, found, cure)


def _port(settings: Settings) -> Iterator[Check]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            yield Check("port", True, f"{settings.host}:{settings.port} is free")
        except OSError as error:
            found = f"{settings.host}:{settings.port}: {error.strerror}"
            yield Check("port", False, found, "stop what listens there, or choose another: PODIUM_PORT=8001")
