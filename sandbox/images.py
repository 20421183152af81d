"""The player image: found by what went into it, or made.

Theory of operation. An image is known by two labels. The *recipe* is a hash of everything of ours that goes in: the
Dockerfile, the runner, the modules it needs, the packages and their versions, the version of Python. The *content* is a
hash of the recipe and of the base it was built upon, and is what a judgement records. An image with the right recipe
is taken as it is; otherwise a public base is tried, which fails at once where there is no registry, and then one is
made of this machine's own Python. Packages are copied from the running environment, so that an entry has the very
versions that the lock file names, and no network is needed.

`python -m sandbox.images` makes it and says what it holds.
"""

import hashlib
import importlib.metadata
import json
import py_compile
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import docker

from sandbox import base_image
from sandbox.engine import Engine, Gone, translated
from sandbox.errors import EngineFailed, SandboxError

REPOSITORY = "podium-player"
PLAYER = Path(__file__).resolve().parents[1] / "docker" / "player"
OURS = Path(__file__).resolve().parent
PACKAGES: tuple[str, ...] = ("numpy",)
"""Distributions of the running environment that the image holds."""
RUNNER_FILES = ("runner.py", "serve.py")
MODULES = ("__init__.py", "archive.py", "errors.py", "manifest.py")
PULL_SECONDS = 20
BUILD_SECONDS = 300

Base = Literal["auto", "public", "host"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PlayerImage:
    reference: str
    content: str
    """Hash of what is in it, recorded with each judgement."""
    contents: str
    """The same in words: `CPython 3.11.7 (host); numpy 2.4.6`."""


def ensure_player_image(client: docker.APIClient, say: Say, *, base: Base = "auto") -> PlayerImage:
    """The player image of this recipe, made if it is not there. With `base` other than auto only that base will do.

    Raises EngineUnavailable, EngineFailed."""
    recipe = recipe_hash()
    found = find_player_image(client, recipe, base=base)
    if found is not None:
        return found
    reference, identity, kind = _base(client, say, base)
    content = hashlib.sha256(f"{recipe} {identity}".encode()).hexdigest()
    contents = "; ".join(
        [f"CPython {sys.version_info.major}.{sys.version_info.minor} ({kind} base)", *_package_names()]
    )
    say(f"building the player image: {contents}")
    tag = f"{REPOSITORY}:{content[:16]}"
    labels = {"podium.recipe": recipe, "podium.content": content, "podium.contents": contents, "podium.base": kind}
    with tempfile.TemporaryFile() as context:
        _write_context(context)
        context.seek(0)
        _build(client, context, tag=tag, labels=labels, base=reference)
    say(f"the player image is ready: {tag}")
    return PlayerImage(tag, content, contents)


def find_player_image(
    client: docker.APIClient, recipe: str | None = None, *, base: Base = "auto"
) -> PlayerImage | None:
    """The image of a recipe (by default the present one), if this engine has it. Raises as `ensure_player_image`."""
    wanted = [f"podium.recipe={recipe or recipe_hash()}"]
    if base != "auto":
        wanted.append(f"podium.base={base}")
    with translated("looking for the player image"):
        images = client.images(filters={"label": wanted})
    for image in sorted(images, key=lambda image: (-int(image["Created"]), str(image["Id"]))):
        labels = image["Labels"]
        return PlayerImage(
            f"{REPOSITORY}:{labels['podium.content'][:16]}", labels["podium.content"], labels["podium.contents"]
        )
    return None


def inspect_player_image(client: docker.APIClient, reference: str) -> PlayerImage:
    """An image by reference or content hash. Raises Gone where there is none, EngineFailed where it is not ours."""
    if len(reference) == 64 and not set(reference) - set("0123456789abcdef"):
        reference = f"{REPOSITORY}:{reference[:16]}"
    with translated(f"looking for the image {reference}"):
        labels = _inspect(client, reference)["Config"]["Labels"] or {}
    if "podium.content" not in labels:
        raise EngineFailed(f"{reference} is not a player image")
    return PlayerImage(reference, labels["podium.content"], labels["podium.contents"])


def recipe_hash() -> str:
    """Hash of everything of ours that goes in."""
    digest = hashlib.sha256(f"python {sys.version_info.major}.{sys.version_info.minor}\0".encode())
    for name in _package_names():
        digest.update(f"{name}\0".encode())
    sources = [PLAYER / "Dockerfile", OURS / "base_image.py", *(path for path, _ in _sources())]
    for path in sources:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _inspect(client: docker.APIClient, reference: str) -> dict[str, Any]:
    return cast("dict[str, Any]", client.inspect_image(reference))  # type: ignore[no-untyped-call]


def _package_names() -> list[str]:
    return [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]


def _sources() -> Iterator[tuple[Path, str]]:
    yield from ((PLAYER / name, f"podium/{name}") for name in RUNNER_FILES)
    yield from ((OURS / name, f"podium/sandbox/{name}") for name in MODULES)


def _package_files() -> Iterator[tuple[Path, str]]:
    """Files of the packages, their tests and everything outside their folders left out."""
    for name in PACKAGES:
        for file in importlib.metadata.files(name) or ():
            if ".." in file.parts or "tests" in file.parts or file.suffix in {".pyi", ".h", ".a"}:
                continue
            path = Path(str(file.locate()))
            if path.is_file():
                yield path, f"packages/{file.as_posix()}"


def _base(client: docker.APIClient, say: Say, base: Base) -> tuple[str, str, str]:
    """Reference, identity and kind of the base."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if base != "host":
        public = f"python:{version}-slim"
        failure = _pull(client, public, say)
        if failure is None:
            with translated(f"inspecting {public}"):
                image = _inspect(client, public)
            say(f"base: the public image {public}")
            return public, image["Id"], "public"
        if base == "public":
            raise EngineFailed(f"the public base {public} cannot be had: {failure}")
        say(f"no public base ({failure.splitlines()[0][:120]}): making one of this machine's Python")
    host = base_image.HostPython()
    identity = host.identity()
    reference = f"podium-base:{identity[:16]}"
    with tempfile.NamedTemporaryFile(suffix=".tar") as tar:
        host.write_tar(tar, packages=[path for path, _ in _package_files() if ".so" in path.name])
        tar.flush()
        say(f"base: CPython {sys.version.split()[0]} of {host.prefix}, {tar.tell() >> 20} MiB")
        with translated("importing the base image"):
            answer = client.import_image_from_file(tar.name, repository="podium-base", tag=identity[:16])
    if '"error"' in answer:
        raise EngineFailed(f"importing the base image: {answer.strip()[:300]}")
    return reference, identity, "host"


def _pull(client: docker.APIClient, reference: str, say: Say) -> str | None:
    """None when the image is there, otherwise why not."""
    try:
        with translated(f"looking for {reference}"):
            _inspect(client, reference)
    except Gone:
        pass
    else:
        return None
    say(f"trying to pull {reference}")
    patient, client.timeout = client.timeout, PULL_SECONDS
    try:
        with translated(f"pulling {reference}"):
            for line in client.pull(reference, stream=True, decode=True):
                if "error" in line:
                    return str(line["error"])
    except EngineFailed as error:
        return str(error)
    finally:
        client.timeout = patient
    return None


def _write_context(to: IO[bytes]) -> None:
    with tarfile.open(fileobj=to, mode="w|") as tar, tempfile.TemporaryDirectory() as compiled:
        tar.add(PLAYER / "Dockerfile", "Dockerfile", filter=_anonymous)
        for path, name in _package_files():
            tar.add(path, name, filter=_anonymous)
        for path, name in _sources():
            tar.add(path, name, filter=_anonymous)
            if path.parent == OURS:
                cache = Path(compiled) / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
                py_compile.compile(
                    str(path), str(cache), dfile=f"/opt/{name}", doraise=True,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                )  # fmt: skip
                tar.add(cache, f"podium/sandbox/__pycache__/{cache.name}", filter=_anonymous)


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o755 if info.mode & 0o100 else 0o644
    return info


def _build(client: docker.APIClient, context: IO[bytes], *, tag: str, labels: dict[str, str], base: str) -> None:
    with translated("building the player image"):
        lines = client.build(
            fileobj=context, custom_context=True, tag=tag, labels=labels, buildargs={"BASE": base},
            rm=True, forcerm=True, network_mode="none", timeout=BUILD_SECONDS, decode=True,
        )  # fmt: skip
        for line in lines:
            if "error" in line:
                raise EngineFailed(f"building the player image: {line['error'].strip()}")


def main() -> None:
    """Make the image and print what it is, as JSON; progress goes to stderr."""
    try:
        engine = Engine()
        image = ensure_player_image(engine.api, lambda line: print(line, file=sys.stderr))
    except SandboxError as error:
        sys.exit(str(error))
    print(json.dumps({"image": image.reference, "content": image.content, "contents": image.contents}))
    engine.close()


if __name__ == "__main__":
    main()
