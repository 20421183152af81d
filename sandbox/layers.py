"""The thick layers below our images, each known by a hash of what went in, so that it is made once.

    base       a public image of Python, or this machine's own Python (`base_image`)
    packages   the base with the libraries that entries may use, compiled beforehand (`packages`)
    tools      the same with what building for a language needs (`debian`)

What changes often, the runner, lies in a thin layer on top (`images`).
"""

import hashlib
import json
import shlex
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import docker

from sandbox import base_image, debian, languages, packages
from sandbox.engine import Gone, translated
from sandbox.errors import EngineFailed, ImageMissing

PLAYER = Path(__file__).resolve().parents[1] / "docker" / "player"
OURS = Path(__file__).resolve().parent
BASES, PACKAGES, TOOLS = "podium-base", "podium-packages", "podium-tools"
PULL_SECONDS = 20
BUILD_SECONDS = 900

Base = Literal["auto", "public", "host"]
Say = Callable[[str], None]
File = tuple[Path, str]
"""A file of ours, and its name in a build's context."""


@dataclass(frozen=True, slots=True)
class Layer:
    """`content` is a hash of what is in it, `contents` the same in words, `base` the kind of base below it."""

    reference: str
    content: str
    contents: str
    base: str


def digest(*parts: object) -> str:
    """SHA-256 of a few values; of a file by name and content."""
    whole = hashlib.sha256()
    for part in parts:
        text = f"{part.name} {hashlib.sha256(part.read_bytes()).hexdigest()}" if isinstance(part, Path) else str(part)
        whole.update(text.encode() + b"\0")
    return whole.hexdigest()


# ---------------------------------------------------------------------------------------------------------------------
# Python and its libraries


def packages_recipe() -> str:
    """Hash of everything of ours that goes into the base and the packages."""
    sources = (PLAYER / "packages.Dockerfile", OURS / "base_image.py", OURS / "packages.py")
    return digest("python", *sys.version_info[:2], *packages.versions(), *sources)


def ensure_packages(client: docker.APIClient, say: Say, base: Base) -> Layer:
    """Raises EngineUnavailable, EngineFailed."""
    recipe = packages_recipe()
    found = find(client, PACKAGES, recipe=recipe, base=base)
    if found is not None:
        return found
    below = _base(client, say, base)
    content = digest(recipe, below.content)
    layer = Layer(f"{PACKAGES}:{content[:16]}", content, "; ".join([below.contents, *packages.versions()]), below.base)
    say(f"building the layer of packages: {layer.contents}")
    files = [(path, f"packages/{name}") for path, name in packages.files()]
    build(
        client, "packages.Dockerfile", files, tag=layer.reference, base=below.reference,
        labels={"podium.recipe": recipe, **labels_of(layer)},
    )  # fmt: skip
    return layer


def labels_of(layer: Layer) -> dict[str, str]:
    return {"podium.content": layer.content, "podium.contents": layer.contents, "podium.base": layer.base}


def find(client: docker.APIClient, repository: str, *, base: Base = "auto", **labels: str) -> Layer | None:
    """The newest of our images in a repository that carries these labels. Raises EngineUnavailable, EngineFailed."""
    wanted = [f"podium.{name}={value}" for name, value in labels.items()]
    if base != "auto":
        wanted.append(f"podium.base={base}")
    with translated(f"looking for an image {repository}"):
        images = client.images(name=repository, filters={"label": wanted})
    for image in sorted(images, key=lambda image: (-int(image["Created"]), str(image["Id"]))):
        carried = image["Labels"]
        content = carried["podium.content"]
        return Layer(f"{repository}:{content[:16]}", content, carried["podium.contents"], carried["podium.base"])
    return None


def _base(client: docker.APIClient, say: Say, base: Base) -> Layer:
    version = "{}.{}".format(*sys.version_info)
    if base != "host":
        public = f"python:{version}-slim"
        failure = _pull(client, public, say)
        if failure is None:
            with translated(f"inspecting {public}"):
                image = inspect(client, public)
            say(f"base: the public image {public}")
            given = dict(line.partition("=")[::2] for line in image.get("Config", {}).get("Env") or ())
            return Layer(public, image["Id"], f"CPython {given.get('PYTHON_VERSION', version)} (public base)", "public")
        if base == "public":
            raise EngineFailed(f"the public base {public} cannot be had: {failure}")
        say(f"no public base ({failure.splitlines()[0][:120]}): making one of this machine's Python")
    host = base_image.HostPython()
    identity = host.identity()
    exact = sys.version.split()[0]
    with tempfile.NamedTemporaryFile(suffix=".tar") as tar:
        host.write_tar(tar, packages=[path for path, _ in packages.files() if ".so" in path.name])
        tar.flush()
        say(f"base: CPython {exact} of this machine, {tar.tell() >> 20} MiB")
        with translated("importing the base image"), patient(client, BUILD_SECONDS):
            answer = client.import_image_from_file(tar.name, repository=BASES, tag=identity[:16])
    if '"error"' in answer:
        raise EngineFailed(f"importing the base image: {answer.strip()[:300]}")
    return Layer(f"{BASES}:{identity[:16]}", identity, f"CPython {exact} (host base)", "host")


def _pull(client: docker.APIClient, reference: str, say: Say) -> str | None:
    """None when the image is there, otherwise why not."""
    if present(client, reference):
        return None
    say(f"trying to pull {reference}")
    try:
        with translated(f"pulling {reference}"), patient(client, PULL_SECONDS):
            for line in client.pull(reference, stream=True, decode=True):
                if "error" in line:
                    return str(line["error"])
    except EngineFailed as error:
        return str(error)
    return None


# ---------------------------------------------------------------------------------------------------------------------
# Tools


def tools_recipe(toolchain: str) -> str:
    """Hash of everything of ours that says what a language's tools are."""
    sources = (PLAYER / "tools.Dockerfile", OURS / "debian.py")
    links = sorted(languages.links(toolchain).items())
    return digest("tools", *languages.packages(toolchain), json.dumps(links), *sources)


def ensure_tools(client: docker.APIClient, below: Layer, toolchain: str, say: Say) -> Layer:
    """Raises EngineUnavailable, EngineFailed, ImageMissing with what to do where Debian's registry is out of reach."""
    recipe = digest(tools_recipe(toolchain), below.content)
    found = find(client, TOOLS, recipe=recipe)
    if found is not None:
        return found
    say(f"making the tools for {toolchain}: {', '.join(languages.packages(toolchain))}")
    make = _installed if below.base == "public" else _unpacked
    layer = make(client, below, toolchain, recipe)
    say(f"tools: {layer.contents}")
    return layer


def _unpacked(client: docker.APIClient, below: Layer, toolchain: str, recipe: str) -> Layer:
    """Debian's packages of this machine's release, unpacked over the base that was made of it."""
    try:
        with (
            debian.downloaded(languages.packages(toolchain)) as downloads,
            tempfile.TemporaryFile() as tar,
        ):
            downloads.write_layer(tar, languages.links(toolchain))
            tar.seek(0)
            layer = _tools(below, recipe, downloads.versions())
            _commit(client, below.reference, tar, layer, recipe)
            return layer
    except (debian.CannotBeHad, OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        raise ImageMissing(
            f"the tools for {toolchain} cannot be had: {error}. To mend it: let this machine reach a registry of "
            "images, or run it on a Debian that reaches its packages; or carry the image over from one that does "
            "(docker save podium-builder, docker load), then: python -m sandbox.images --builders"
        ) from error


def _installed(client: docker.APIClient, below: Layer, toolchain: str, recipe: str) -> Layer:
    """Debian's packages, installed by the public base's own apt-get, as its release has them."""
    wanted = languages.packages(toolchain)
    passing = f"{TOOLS}:making-{recipe[:16]}"
    try:
        build(client, "tools.Dockerfile", [], tag=passing, base=below.reference, network=None,
              arguments={"PACKAGES": " ".join(wanted)})  # fmt: skip
    except EngineFailed as error:
        raise ImageMissing(
            f"the tools for {toolchain} cannot be had: {error}. To mend it: let the engine's containers reach Debian's "
            "package registry, then: python -m sandbox.images --builders"
        ) from error
    said = _say_of(client, passing, ["dpkg-query", "-W", "-f", "${Package} ${Version}\n"])
    layer = _tools(below, recipe, dict(line.split(" ", 1) for line in said.splitlines()))
    with translated("naming the tools"), tempfile.TemporaryFile() as nothing:
        tarfile.open(None, "w", nothing).close()
        nothing.seek(0)
        _commit(client, passing, nothing, layer, recipe)
        client.remove_image(passing)
    return layer


def _tools(below: Layer, recipe: str, versions: dict[str, str]) -> Layer:
    content = digest(recipe, *sorted(versions.items()))
    shown = [f"{tool} {debian.plain(versions[tool])}" for tool in languages.tools(languages.ANY) if tool in versions]
    return Layer(f"{TOOLS}:{content[:16]}", content, "; ".join([below.contents, *shown]), below.base)


def _commit(client: docker.APIClient, base: str, tar: IO[bytes], layer: Layer, recipe: str) -> None:
    """An image with what is in a tar on top."""
    with translated("making an image of tools"), patient(client, BUILD_SECONDS):
        made = client.create_container(image=base, command=["true"], network_disabled=True)
        try:
            client.put_archive(made["Id"], "/", tar)
            labels = {"podium.recipe": recipe, **labels_of(layer)}
            changes = [f"LABEL {name}={json.dumps(value)}" for name, value in labels.items()]
            repository, tag = layer.reference.split(":")
            client.commit(made["Id"], repository=repository, tag=tag, changes=changes)
        finally:
            client.remove_container(made["Id"], force=True, v=True)


def _say_of(client: docker.APIClient, image: str, command: list[str]) -> str:
    """What a command prints in an image."""
    with translated(f"running {shlex.join(command)} in {image}"), patient(client, BUILD_SECONDS):
        made = client.create_container(image=image, command=command, network_disabled=True)
        try:
            client.start(made["Id"])
            client.wait(made["Id"])
            return bytes(client.logs(made["Id"], stdout=True, stderr=False)).decode()
        finally:
            client.remove_container(made["Id"], force=True, v=True)


# ---------------------------------------------------------------------------------------------------------------------
# Building


def inspect(client: docker.APIClient, reference: str) -> dict[str, Any]:
    return cast("dict[str, Any]", client.inspect_image(reference))  # type: ignore[no-untyped-call]


def present(client: docker.APIClient, reference: str) -> bool:
    try:
        with translated(f"looking for {reference}"):
            inspect(client, reference)
    except Gone:
        return False
    return True


@contextmanager
def patient(client: docker.APIClient, seconds: int) -> Iterator[None]:
    """Calls that may take longer; for a client that no other thread uses."""
    usual, client.timeout = client.timeout, seconds
    try:
        yield
    finally:
        client.timeout = usual


def build(
    client: docker.APIClient,
    dockerfile: str,
    files: Iterable[File],
    *,
    tag: str,
    base: str,
    labels: dict[str, str] | None = None,
    network: str | None = "none",
    arguments: dict[str, str] | None = None,
) -> None:
    """Raises EngineUnavailable, EngineFailed."""
    with tempfile.TemporaryFile() as context:
        with tarfile.open(fileobj=context, mode="w|") as tar:
            for path, name in [(PLAYER / dockerfile, "Dockerfile"), *files]:
                tar.add(path, name, filter=_anonymous)
        context.seek(0)
        with translated(f"building {tag}"):
            lines = client.build(
                fileobj=context, custom_context=True, tag=tag, labels=labels,
                buildargs={"BASE": base, **(arguments or {})}, rm=True, forcerm=True, network_mode=network,
                timeout=BUILD_SECONDS, decode=True,
            )  # fmt: skip
            for line in lines:
                if "error" in line:
                    raise EngineFailed(f"building {tag}: {line['error'].strip()}")


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o755 if info.mode & 0o100 else 0o644
    return info
