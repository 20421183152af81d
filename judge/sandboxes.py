"""Which sandbox this machine judges in: Docker wherever an engine answers, otherwise the process sandbox, which then
plays nothing but the samples that ship with us."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from judge.errors import Misconfigured
from judge.samples import is_sample
from judge.settings import Settings
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineUnavailable, SandboxError
from sandbox.images import ensure_player_image
from sandbox.interface import Sandbox
from sandbox.process import ProcessSandbox
from sandbox.reach import Talk

Say = Callable[[str], None]
NO_ENGINE = (
    "No Docker engine: entries run in the process sandbox, without walls. It plays the samples that ship with Podium "
    "and refuses to judge uploads; they are kept, and judged once an engine is there."
)


def owner(settings: Settings) -> str:
    """What our containers are labelled with: this data folder's installation, and no other on the machine."""
    return settings.run.name


def choose(settings: Settings, *, say: Say, own_entries: bool = False, pool_size: int = 0) -> Sandbox:
    """The sandbox of the settings; says which and why. `own_entries`: the person who asks runs an entry of their own.
    `pool_size`: how many containers are to be kept waiting, for those who start many programs.

    Raises Misconfigured where PODIUM_SANDBOX is docker and there is no engine.
    """
    if settings.sandbox != "process":
        try:
            return _docker(settings, say=say, pool_size=pool_size)
        except EngineUnavailable as error:
            if settings.sandbox == "docker":
                raise Misconfigured(f"PODIUM_SANDBOX is docker, but {error}") from error
            say(f"{error}")
    if not own_entries:
        say(NO_ENGINE)
    return ProcessSandbox(allow=None if own_entries else is_sample)


@contextmanager
def for_once(settings: Settings, *, say: Say, own_entries: bool = False) -> Iterator[Sandbox]:
    """For a command that plays beside whatever else runs here. Such commands share a run folder: what one that was
    killed has left behind, the next one takes away. Raises as `choose`."""
    run = settings.run.with_name(f"{settings.run.name}-once")
    sandbox = choose(dataclasses.replace(settings, run=run), say=say, own_entries=own_entries)
    try:
        with contextlib.suppress(SandboxError):
            sandbox.reap()
        yield sandbox
    finally:
        sandbox.close()
        with contextlib.suppress(OSError):  # another such command is there, or an alarm is to be read
            (run / "players").rmdir()
            run.rmdir()


def _docker(settings: Settings, *, say: Say, pool_size: int) -> DockerSandbox:
    engine = Engine(settings.docker_host or None)
    try:
        image = ensure_player_image(engine.api, say)
    finally:
        engine.close()
    return DockerSandbox(
        image=image.reference,
        runtime_dir=settings.run / "players",
        owner=owner(settings),
        engine_url=settings.docker_host or None,
        runtime=settings.runtime or None,
        talk=cast("Talk", settings.talk),
        pool_size=pool_size,
    )
