"""Which sandbox this machine judges in: Docker wherever an engine answers, otherwise the process sandbox, which then
plays nothing but the samples that ship with us."""

from collections.abc import Callable

from judge.errors import Misconfigured
from judge.samples import is_sample
from judge.settings import Settings
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import EngineUnavailable
from sandbox.images import ensure_player_image
from sandbox.interface import Sandbox
from sandbox.process import ProcessSandbox

Say = Callable[[str], None]
NO_ENGINE = (
    "No Docker engine: entries run in the process sandbox, without walls. It plays the samples that ship with Podium "
    "and refuses to judge uploads; they are kept, and judged once an engine is there."
)


def owner(settings: Settings) -> str:
    """What our containers are labelled with: this data folder's installation, and no other on the machine."""
    return settings.run.name


def choose(settings: Settings, *, say: Say, own_entries: bool = False) -> Sandbox:
    """The sandbox of the settings; says which and why. `own_entries`: the person who asks runs an entry of their own.

    Raises Misconfigured where PODIUM_SANDBOX is docker and there is no engine.
    """
    if settings.sandbox != "process":
        try:
            return _docker(settings, say=say)
        except EngineUnavailable as error:
            if settings.sandbox == "docker":
                raise Misconfigured(f"PODIUM_SANDBOX is docker, but {error}") from error
            say(f"{error}")
    if not own_entries:
        say(NO_ENGINE)
    return ProcessSandbox(allow=None if own_entries else is_sample)


def _docker(settings: Settings, *, say: Say) -> DockerSandbox:
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
    )
