"""How an image is known, and how its base is chosen, with an engine that only pretends."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from sandbox import base_image, images
from sandbox.errors import EngineFailed
from sandbox.images import ensure_player_image, find_player_image, recipe_hash


class Engine:
    """As much of the SDK's client as the image needs. `public` says what a pull comes to."""

    timeout = 60

    def __init__(self, public: str = "") -> None:
        self.public = public
        self.stored: list[dict[str, Any]] = []
        self.built: list[dict[str, Any]] = []
        self.imported: list[str] = []

    def images(self, *, filters: dict[str, list[str]]) -> list[dict[str, Any]]:
        wanted = [label.split("=", 1) for label in filters["label"]]
        return [image for image in self.stored if all(image["Labels"].get(key) == value for key, value in wanted)]

    def inspect_image(self, reference: str) -> dict[str, Any]:
        if self.public == "there" and reference.startswith("python:"):
            return {"Id": "sha256:abc"}
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
            self.built.append({**arguments, "names": context.getnames()})
        self.stored.append({"Id": "1", "Created": 1, "Labels": arguments["labels"]})
        yield {"stream": "done"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "PACKAGES", ("click",))
    monkeypatch.setattr(
        base_image.HostPython, "write_tar", lambda self, to, packages: tarfile.open(None, "w", to).close()
    )


def test_without_a_registry_the_base_is_made_of_this_machine() -> None:
    engine, said = Engine(), []
    image = ensure_player_image(engine, said.append)  # type: ignore[arg-type]
    assert engine.built[0]["buildargs"] == {"BASE": engine.imported[0]}
    assert "(host base)" in image.contents
    assert "click" in image.contents
    assert any("no registry" in line for line in said)


@pytest.mark.parametrize("public", ["to be had", "there"])
def test_a_public_base_is_taken_where_it_can_be_had(public: str) -> None:
    engine = Engine(public)
    image = ensure_player_image(engine, lambda line: None)  # type: ignore[arg-type]
    assert engine.built[0]["buildargs"]["BASE"].endswith("-slim")
    assert engine.imported == []
    assert "(public base)" in image.contents


def test_an_image_of_this_recipe_is_not_made_twice() -> None:
    engine, said = Engine(), []
    first = ensure_player_image(engine, said.append)  # type: ignore[arg-type]
    said.clear()
    assert ensure_player_image(engine, said.append) == first  # type: ignore[arg-type]
    assert (len(engine.built), said) == (1, [])


def test_another_base_is_another_image() -> None:
    engine = Engine()
    host = ensure_player_image(engine, lambda line: None)  # type: ignore[arg-type]
    engine.public = "there"
    public = ensure_player_image(engine, lambda line: None, base="public")  # type: ignore[arg-type]
    assert public.content != host.content


def test_a_base_that_is_insisted_upon_and_cannot_be_had_is_a_failure() -> None:
    with pytest.raises(EngineFailed, match="no registry"):
        ensure_player_image(Engine(), lambda line: None, base="public")  # type: ignore[arg-type]


def test_the_recipe_changes_with_what_goes_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = recipe_hash()
    monkeypatch.setattr(images, "PACKAGES", ())
    assert recipe_hash() != before
    monkeypatch.undo()
    monkeypatch.setattr(images, "PACKAGES", ("click",))
    assert recipe_hash() == before
    for name in ("Dockerfile", *images.RUNNER_FILES):
        (tmp_path / name).write_bytes((images.PLAYER / name).read_bytes())
    monkeypatch.setattr(images, "PLAYER", tmp_path)
    assert recipe_hash() == before
    with (tmp_path / "serve.py").open("a") as file:
        file.write("# changed\n")
    assert recipe_hash() != before
    assert find_player_image(Engine(), before) is None  # type: ignore[arg-type]


def test_the_context_holds_the_runner_the_modules_it_needs_and_the_packages() -> None:
    engine = Engine("there")
    ensure_player_image(engine, lambda line: None)  # type: ignore[arg-type]
    names = engine.built[0]["names"]
    assert {"Dockerfile", "podium/runner.py", "podium/serve.py", "podium/sandbox/archive.py"} <= set(names)
    assert "packages/click/__init__.py" in names
    assert not [name for name in names if name.startswith("/") or ".." in name]


def test_the_modules_in_the_image_need_nothing_but_the_standard_library() -> None:
    ours = {f"sandbox.{Path(name).stem}" for name in images.MODULES}
    for name in images.MODULES:
        lines = (images.OURS / name).read_text().splitlines()
        imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
        assert {module for module in imported if module.startswith("sandbox")} <= ours
        assert not imported & {"docker", "requests", "numpy"}


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
