"""The images in which entries run and are built: found by what went into them, or made.

Theory of operation. Below lie thick layers that change seldom (`layers`); an image is one of them with the runner on
top. Three labels say what it is. The *recipe* is a hash of everything of ours that goes in; an image with the right one
is taken as it is. The *content* is a hash of the recipe and of the base it was built upon, and is what a judgement
records. The *contents* are the same in words. A builder image is a player image and the tools of a language, so what is
linked there finds the same libraries where it is run; it is made when the first entry needs it.

`python -m sandbox.images` makes the player image and says what it holds, with `--builders` every builder image too.
"""

import fcntl
import json
import os
import py_compile
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker

from sandbox import languages, layers
from sandbox.engine import Engine, translated
from sandbox.errors import EngineFailed, SandboxError
from sandbox.layers import OURS, PLAYER, Base, File, Layer, Say

REPOSITORY, BUILDERS = "podium-player", "podium-builder"
RUNNER_FILES = ("runner.py", "line.py", "serve.py", "build.py")
MODULES = (
    "__init__.py",
    "archive.py",
    "errors.py",
    "manifest.py",
    *(f"languages/{path.name}" for path in sorted((OURS / "languages").glob("*.py"))),
)
PACKAGE = "languages"
PlayerImage = Layer
"""`content` is recorded with each judgement; `contents` reads `CPython 3.11.7 (host base); numpy 2.4.6; …`."""


def ensure_player_image(client: docker.APIClient, say: Say, *, base: Base = "auto") -> PlayerImage:
    """The player image of this recipe, made if it is not there. With `base` other than auto only that base will do.

    Raises EngineUnavailable, EngineFailed."""
    recipe = recipe_hash()
    if found := find_player_image(client, recipe, base=base):
        return found
    with _alone():
        if found := find_player_image(client, recipe, base=base):
            return found
        below = layers.ensure_packages(client, say, base)
        content = layers.digest(recipe, below.content)
        image = PlayerImage(f"{REPOSITORY}:{content[:16]}", content, below.contents, below.base)
        _put_runner_on(client, below, image, **{"podium.recipe": recipe, "podium.packages": below.content})
        say(f"the player image is ready: {image.reference}: {image.contents}")
        return image


def find_player_image(
    client: docker.APIClient, recipe: str | None = None, *, base: Base = "auto"
) -> PlayerImage | None:
    """The image of a recipe (by default the present one), if this engine has it. Raises as `ensure_player_image`."""
    return layers.find(client, REPOSITORY, base=base, recipe=recipe or recipe_hash())


def inspect_player_image(client: docker.APIClient, reference: str) -> PlayerImage:
    """An image by reference or content hash. Raises Gone where there is none, EngineFailed where it is not ours."""
    if len(reference) == 64 and not set(reference) - set("0123456789abcdef"):
        reference = f"{REPOSITORY}:{reference[:16]}"
    labels = _labels(client, reference)
    if "podium.content" not in labels:
        raise EngineFailed(f"{reference} is not a player image")
    return PlayerImage(reference, labels["podium.content"], labels["podium.contents"], labels.get("podium.base", ""))


def recipe_hash() -> str:
    """Hash of everything of ours that goes in."""
    return layers.digest(layers.packages_recipe(), PLAYER / "Dockerfile", *(path for path, _ in _sources()))


# ---------------------------------------------------------------------------------------------------------------------
# Where entries are built


def ensure_builder_image(client: docker.APIClient, player: PlayerImage, toolchain: str, say: Say) -> Layer:
    """Where entries of a language (or `languages.ANY`) are built that run in `player`, made if it is not there. Python
    needs no more than the player image itself.

    Raises EngineUnavailable, EngineFailed, ImageMissing where it cannot be made, KeyError for an unknown language."""
    if not languages.packages(toolchain):
        return player
    if found := find_builder_image(client, player, toolchain):
        return found
    with _alone():
        if found := find_builder_image(client, player, toolchain):
            return found
        below = _below(client, player)
        tools = layers.ensure_tools(client, below, toolchain, say)
        content = layers.digest(player.content, tools.content)
        image = Layer(f"{BUILDERS}:{content[:16]}", content, tools.contents, player.base)
        recipe = _builder_recipe(player, toolchain)
        _put_runner_on(client, tools, image, **{"podium.recipe": recipe, "podium.player": player.content})
        say(f"the builder image for {toolchain} is ready: {image.reference}")
        return image


def find_builder_image(client: docker.APIClient, player: PlayerImage, toolchain: str) -> Layer | None:
    """Raises EngineUnavailable, EngineFailed, KeyError."""
    return layers.find(client, BUILDERS, recipe=_builder_recipe(player, toolchain))


def _builder_recipe(player: PlayerImage, toolchain: str) -> str:
    return layers.digest(player.content, layers.tools_recipe(toolchain))


def _below(client: docker.APIClient, player: PlayerImage) -> Layer:
    """What the tools are put upon: the layer of packages below the player image, or the image itself where that layer
    has no name of its own on this engine (it was carried here)."""
    content = _labels(client, player.reference).get("podium.packages", "")
    reference = f"{layers.PACKAGES}:{content[:16]}"
    if content and layers.present(client, reference):
        return Layer(reference, content, player.contents, player.base)
    return player


def toolchains() -> list[str]:
    """One name for each builder image there is: languages that need the same packages share one."""
    distinct = {languages.packages(language.slug): language.slug for language in reversed(languages.LANGUAGES)}
    return [slug for packages, slug in reversed(distinct.items()) if packages]


# ---------------------------------------------------------------------------------------------------------------------
# The runner on top


def _put_runner_on(client: docker.APIClient, below: Layer, image: Layer, **labels: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = [*_context(Path(folder))]
        labels |= layers.labels_of(image)
        layers.build(client, "Dockerfile", files, tag=image.reference, base=below.reference, labels=labels)


def _sources() -> Iterator[File]:
    yield from ((PLAYER / name, f"podium/{name}") for name in RUNNER_FILES)
    yield from ((OURS / name, f"podium/sandbox/{name}") for name in MODULES)
    yield from ((path, f"podium/sandbox/{PACKAGE}/{path.name}") for path in sorted((OURS / PACKAGE).glob("*.py")))


def _context(compiled: Path) -> Iterator[File]:
    """Our sources, and what Python makes of those that are imported, since the root of a container is read-only."""
    for number, (path, name) in enumerate(_sources()):
        yield path, name
        cache = compiled / str(number)
        py_compile.compile(
            str(path), str(cache), dfile=f"/opt/{name}", doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )  # fmt: skip
        folder, _, file = name.rpartition("/")
        yield cache, f"{folder}/__pycache__/{file.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"


def _labels(client: docker.APIClient, reference: str) -> dict[str, str]:
    with translated(f"looking for the image {reference}"):
        return layers.inspect(client, reference)["Config"]["Labels"] or {}


@contextmanager
def _alone() -> Iterator[None]:
    """One process of this user at a time makes images, so that none is made twice."""
    path = Path(tempfile.gettempdir()) / f"podium-images-{os.geteuid()}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def main(arguments: list[str]) -> None:
    """Make the images and print what they are, as JSON; progress goes to stderr."""
    try:
        engine = Engine()
        with_builders = arguments == ["--builders"]
        say: Say = lambda line: print(line, file=sys.stderr)  # noqa: E731
        player = ensure_player_image(engine.api, say)
        made = {"player": player}
        for toolchain in toolchains() if with_builders else ():
            made[toolchain] = ensure_builder_image(engine.api, player, toolchain, say)
    except SandboxError as error:
        sys.exit(str(error))
    shown = {name: {"image": i.reference, "content": i.content, "contents": i.contents} for name, i in made.items()}
    print(json.dumps(shown["player"] if not with_builders else shown, indent=2))
    engine.close()


if __name__ == "__main__":
    main(sys.argv[1:])
