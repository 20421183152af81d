"""How an image is known, and how its base is chosen, with an engine that only pretends."""

import ast
import io
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from sandbox import base_image, debian, images, languages, layers, packages
from sandbox.errors import EngineFailed, ImageMissing
from sandbox.images import (
    ensure_builder_image,
    ensure_player_image,
    find_builder_image,
    find_player_image,
    recipe_hash,
    toolchains,
)


class Engine:
    """As much of the SDK's client as the image needs. `public` says what a pull comes to, `says` what a program prints
    that is run in an image."""

    timeout = 60

    def __init__(self, public: str = "", says: str = "") -> None:
        self.public, self.says = public, says
        self.stored: list[dict[str, Any]] = []
        self.built: list[dict[str, Any]] = []
        self.imported: list[str] = []
        self.put: list[list[str]] = []
        self.failing = ""

    def images(self, *, name: str, filters: dict[str, list[str]]) -> list[dict[str, Any]]:
        wanted = [label.split("=", 1) for label in filters["label"]]
        found = [image for image in self.stored if image["Tag"].startswith(f"{name}:")]
        return [image for image in found if all(image["Labels"].get(key) == value for key, value in wanted)]

    def inspect_image(self, reference: str) -> dict[str, Any]:
        if self.public == "there" and reference.startswith("python:"):
            return {"Id": "sha256:abc", "Config": {"Env": ["PATH=/bin", "PYTHON_VERSION=3.11.99"]}}
        for image in self.stored:
            if image["Tag"] == reference:
                return {"Id": image["Id"], "Config": {"Labels": image["Labels"]}}
        raise docker.errors.ImageNotFound("no such image", explanation="no such image")

    def pull(self, reference: str, **_: object) -> Iterator[dict[str, str]]:
        yield {"status": "pulling"}
        if self.public == "to be had":
            self.public = "there"
        else:
            yield {"error": "no registry"}

    def import_image_from_file(self, path: str, *, repository: str, tag: str) -> str:
        assert tarfile.is_tarfile(path)
        self.imported.append(f"{repository}:{tag}")
        return '{"status":"sha256:abc"}'

    def build(self, **arguments: Any) -> Iterator[dict[str, str]]:
        with tarfile.open(fileobj=arguments["fileobj"]) as context:
            file = context.extractfile("Dockerfile")
            assert file is not None
            self.built.append({**arguments, "names": context.getnames(), "dockerfile": file.read().decode()})
        if self.failing and self.failing in self.built[-1]["dockerfile"]:
            yield {"error": f"{self.failing} failed"}
            return
        self._store(arguments["tag"], arguments["labels"] or {})
        yield {"stream": "done"}

    def _store(self, tag: str, labels: dict[str, str]) -> None:
        self.stored.append({"Id": tag, "Created": len(self.stored), "Labels": labels, "Tag": tag})

    def create_container(self, **arguments: Any) -> dict[str, str]:
        assert arguments["network_disabled"]
        return {"Id": "1"}

    def start(self, container: str) -> None: ...

    def wait(self, container: str) -> None: ...

    def logs(self, container: str, **_: object) -> bytes:
        return self.says.encode()

    def put_archive(self, container: str, path: str, data: Any) -> None:
        with tarfile.open(fileobj=data) as tar:
            self.put.append(tar.getnames())

    def commit(self, container: str, *, repository: str, tag: str, changes: list[str]) -> None:
        pairs = (change.removeprefix("LABEL ").split("=", 1) for change in changes)
        self._store(f"{repository}:{tag}", {name: value.strip('"') for name, value in pairs})

    def remove_container(self, container: str, **_: object) -> None: ...

    def remove_image(self, reference: str) -> None:
        self.stored = [image for image in self.stored if image["Tag"] != reference]


class Debs:
    """What a download comes to."""

    def versions(self) -> dict[str, str]:
        return {"gcc": "4:12.2.0-3", "g++": "4:12.2.0-3", "make": "4.3-4.1", "libc6": "2.36-9+deb12u14"}

    def write_layer(self, to: Any, links: dict[str, str]) -> None:
        with tarfile.open(None, "w", to) as tar:
            for name in links:
                tar.addfile(tarfile.TarInfo(name))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "PACKAGES", ("click",))
    monkeypatch.setattr(
        base_image.HostPython, "write_tar", lambda self, to, packages: tarfile.open(None, "w", to).close()
    )


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    asked = []

    @contextmanager
    def downloaded(wanted: tuple[str, ...]) -> Iterator[Debs]:
        asked.append(wanted)
        yield Debs()

    monkeypatch.setattr(debian, "downloaded", downloaded)
    return asked


def say(line: str) -> None:
    """Nobody listens."""


def test_without_a_registry_the_base_is_made_of_this_machine() -> None:
    engine, said = Engine(), []
    image = ensure_player_image(engine, said.append)  # type: ignore[arg-type]
    thick, thin = engine.built
    assert thick["buildargs"] == {"BASE": engine.imported[0]}
    assert thin["buildargs"] == {"BASE": thick["tag"]}
    assert f"CPython {sys.version.split()[0]} (host base)" in image.contents
    assert "click" in image.contents
    assert any("no registry" in line for line in said)


@pytest.mark.parametrize("public", ["to be had", "there"])
def test_a_public_base_is_taken_where_it_can_be_had(public: str) -> None:
    engine = Engine(public)
    image = ensure_player_image(engine, say)  # type: ignore[arg-type]
    assert engine.built[0]["buildargs"]["BASE"].endswith("-slim")
    assert engine.imported == []
    assert "CPython 3.11.99 (public base)" in image.contents


def test_an_image_of_this_recipe_is_not_made_twice() -> None:
    engine, said = Engine(), []
    first = ensure_player_image(engine, said.append)  # type: ignore[arg-type]
    said.clear()
    assert ensure_player_image(engine, said.append) == first  # type: ignore[arg-type]
    assert (len(engine.built), said) == (2, [])


def test_a_change_of_the_runner_does_not_make_the_thick_layer_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = Engine()
    first = ensure_player_image(engine, say)  # type: ignore[arg-type]
    change_the_runner(monkeypatch, tmp_path)
    second = ensure_player_image(engine, say)  # type: ignore[arg-type]
    assert second.content != first.content
    assert [build["tag"].partition(":")[0] for build in engine.built] == [
        layers.PACKAGES,
        "podium-player",
        "podium-player",
    ]


def change_the_runner(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Work with copies of docker/player, one of which is another."""
    for path in images.PLAYER.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(images, "PLAYER", folder)
    monkeypatch.setattr(layers, "PLAYER", folder)
    with (folder / "serve.py").open("a") as file:
        file.write("# changed\n")


def test_another_base_is_another_image() -> None:
    engine = Engine()
    host = ensure_player_image(engine, say)  # type: ignore[arg-type]
    engine.public = "there"
    public = ensure_player_image(engine, say, base="public")  # type: ignore[arg-type]
    assert public.content != host.content


def test_a_base_that_is_insisted_upon_and_cannot_be_had_is_a_failure() -> None:
    with pytest.raises(EngineFailed, match="no registry"):
        ensure_player_image(Engine(), say, base="public")  # type: ignore[arg-type]


def test_the_recipe_changes_with_what_goes_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = recipe_hash()
    monkeypatch.setattr(packages, "PACKAGES", ())
    assert recipe_hash() != before
    monkeypatch.undo()
    monkeypatch.setattr(packages, "PACKAGES", ("click",))
    assert recipe_hash() == before
    change_the_runner(monkeypatch, tmp_path)
    assert recipe_hash() != before
    assert find_player_image(Engine(), before) is None  # type: ignore[arg-type]


def test_the_context_holds_the_runner_the_modules_it_needs_and_the_packages() -> None:
    engine = Engine("there")
    ensure_player_image(engine, say)  # type: ignore[arg-type]
    thick, thin = (build["names"] for build in engine.built)
    assert {"Dockerfile", "podium/runner.py", "podium/build.py", "podium/sandbox/languages/rust.py"} <= set(thin)
    assert any(name.startswith("podium/sandbox/languages/__pycache__/rust.") for name in thin)
    assert "packages/click/__init__.py" in thick
    assert not [name for name in (*thick, *thin) if name.startswith("/") or ".." in name]
    assert not [name for name in thick if name.endswith(".pyc")]


def test_the_modules_in_the_image_need_nothing_but_the_standard_library() -> None:
    sources = [path for path, name in images._sources() if name.startswith("podium/sandbox/")]
    ours = {"sandbox", "sandbox.languages", *(f"sandbox.{path.stem}" for path in sources)}
    ours |= {f"sandbox.languages.{path.stem}" for path in sources if path.parent.name == "languages"}
    for path in sources:
        imported = set(modules_of(path))
        assert {module for module in imported if module.startswith("sandbox")} <= ours
        assert not imported & {"docker", "requests", "numpy", "packaging"}


def modules_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_packages_that_the_promised_ones_need_are_found_by_their_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    found = packages.names()
    assert found[:4] == ["numpy", "scipy", "scikit-learn", "onnxruntime"]
    assert {"joblib", "threadpoolctl", "flatbuffers", "protobuf", "packaging"} <= set(found)
    assert not {"pytest", "flask", "docker"} & set(found)
    assert len(packages.versions()) == len(found) == len(set(found))


# ---------------------------------------------------------------------------------------------------------------------
# Where entries are built


def test_a_builder_image_is_the_layer_of_packages_with_the_tools_and_the_runner(
    downloads: list[tuple[str, ...]],
) -> None:
    engine = Engine()
    player = ensure_player_image(engine, say)  # type: ignore[arg-type]
    builder = ensure_builder_image(engine, player, "c", say)  # type: ignore[arg-type]
    assert downloads == [languages.packages("c")]
    assert builder.contents == f"{player.contents}; gcc 12.2.0; make 4.3; g++ 12.2.0"
    assert engine.put == [["usr/bin/cc", "usr/bin/c++", "usr/bin/awk"]]
    assert engine.built[-1]["buildargs"]["BASE"].startswith(layers.TOOLS)
    assert "podium/build.py" in engine.built[-1]["names"]
    assert builder.content != player.content
    assert engine.inspect_image(builder.reference)["Config"]["Labels"]["podium.player"] == player.content


def test_a_builder_image_is_made_once_and_shared_by_languages_with_the_same_tools(
    downloads: list[tuple[str, ...]],
) -> None:
    engine = Engine()
    player = ensure_player_image(engine, say)  # type: ignore[arg-type]
    first = ensure_builder_image(engine, player, "c", say)  # type: ignore[arg-type]
    assert ensure_builder_image(engine, player, "cpp", say) == first  # type: ignore[arg-type]
    assert find_builder_image(engine, player, "cpp") == first  # type: ignore[arg-type]
    assert find_builder_image(engine, player, "rust") is None  # type: ignore[arg-type]
    assert len(downloads) == 1
    assert toolchains() == ["c", "rust"]


def test_a_change_of_the_runner_keeps_the_tools(
    downloads: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = Engine()
    before = ensure_builder_image(engine, ensure_player_image(engine, say), "c", say)  # type: ignore[arg-type]
    change_the_runner(monkeypatch, tmp_path)
    player = ensure_player_image(engine, say)  # type: ignore[arg-type]
    assert find_builder_image(engine, player, "c") is None  # type: ignore[arg-type]
    assert ensure_builder_image(engine, player, "c", say).content != before.content  # type: ignore[arg-type]
    assert len(downloads) == 1


def test_a_player_image_that_was_carried_here_is_built_upon_as_it_is(downloads: list[tuple[str, ...]]) -> None:
    engine = Engine()
    player = ensure_player_image(engine, say)  # type: ignore[arg-type]
    engine.stored = [image for image in engine.stored if not image["Tag"].startswith(layers.PACKAGES)]
    assert ensure_builder_image(engine, player, "c", say).contents.startswith(player.contents)  # type: ignore[arg-type]


def test_what_needs_no_tools_is_built_in_the_player_image() -> None:
    engine = Engine()
    player = ensure_player_image(engine, say)  # type: ignore[arg-type]
    assert ensure_builder_image(engine, player, "python", say) == player  # type: ignore[arg-type]


def test_on_a_public_base_the_tools_are_installed_by_its_own_registry() -> None:
    engine = Engine("there", says="gcc 4:14.2.0-1\nmake 4.4.1-2\nlibc6 2.41-12\n")
    player = ensure_player_image(engine, say)  # type: ignore[arg-type]
    builder = ensure_builder_image(engine, player, "c", say)  # type: ignore[arg-type]
    install = next(build for build in engine.built if "apt-get" in build["dockerfile"])
    assert (install["network_mode"], install["buildargs"]["PACKAGES"]) == (None, " ".join(languages.packages("c")))
    assert all(build["network_mode"] == "none" for build in engine.built if build is not install)
    assert builder.contents.endswith("; gcc 14.2.0; make 4.4.1")
    assert not [image for image in engine.stored if "making" in image["Tag"]]


def test_where_the_tools_cannot_be_had_the_error_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    player = ensure_player_image(engine, say)  # type: ignore[arg-type]
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ImageMissing, match=r"no apt-get.*To mend it: .*docker load.*sandbox\.images --builders"):
        ensure_builder_image(engine, player, "c", say)  # type: ignore[arg-type]
    public = Engine("there")
    public.failing = "apt-get"
    player = ensure_player_image(public, say)  # type: ignore[arg-type]
    with pytest.raises(ImageMissing, match=r"apt-get failed.*To mend it: let the engine's containers reach"):
        ensure_builder_image(public, player, "c", say)  # type: ignore[arg-type]


def test_an_unknown_language_has_no_builder() -> None:
    engine = Engine()
    with pytest.raises(KeyError):
        ensure_builder_image(engine, ensure_player_image(engine, say), "cobol", say)  # type: ignore[arg-type]


def test_the_hosts_python_is_described_by_its_content() -> None:
    host = base_image.HostPython()
    assert host.identity() == base_image.HostPython().identity()
    assert any("libc.so" in path.name for path in base_image.libraries([host.binary]))


def test_a_base_of_the_hosts_python_has_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    buffer = io.BytesIO()
    base_image.HostPython().write_tar(buffer, packages=[])
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))
    assert "usr/bin/sh" in names
    assert "usr/local/bin/python3" in names
    assert any(name.endswith("/encodings/utf_8.py") for name in names)
    assert not [name for name in names if "site-packages" in name or "/test/" in name]
