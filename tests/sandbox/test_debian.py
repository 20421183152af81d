"""A layer out of Debian's packages: what is taken, where it lies, and what is said where there are none."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import debian
from sandbox.debian import CannotBeHad, Downloaded, downloaded, plain

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="this machine has no dpkg-deb")


@pytest.fixture
def deb(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, files: dict[str, str], links: dict[str, str] | None = None) -> Path:
        root = tmp_path / name
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN" / "control").write_text(
            f"Package: {name}\nVersion: 1:2.0-3\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n"
        )
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
            (root / path).chmod(0o4755 if "bin" in path else 0o664)
        for path, target in (links or {}).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).symlink_to(target)
        made = tmp_path / f"{name}_1%3a2.0-3_all.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", root, made], check=True, capture_output=True)
        return made

    return make


def layer(files: list[Path], links: dict[str, str]) -> dict[str, tarfile.TarInfo]:
    buffer = io.BytesIO()
    Downloaded(files).write_layer(buffer, links)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        members = tar.getmembers()
    assert len({member.name for member in members}) == len(members)
    return {member.name: member for member in members if not member.isdir()}


@needs_dpkg
def test_a_layer_holds_what_the_packages_hold_where_a_merged_system_has_it(deb: Callable[..., Path]) -> None:
    one = deb(
        "one",
        {"bin/tool": "x", "lib/libone.so.1": "y", "usr/share/doc/one/copyright": "MIT", "usr/share/doc/one/NEWS": "n",
         "usr/share/man/man1/tool.1": "m", "etc/one.conf": "c", "usr/lib/libasan.so.8": "large"},
        {"usr/lib/libone.so": "libone.so.1"},
    )  # fmt: skip
    two = deb("two", {"usr/bin/tool": "second", "usr/bin/other": "z"})
    found = layer([one, two], {"usr/bin/cc": "tool"})
    assert set(found) == {
        *("usr/bin/tool", "usr/bin/other", "usr/bin/cc", "usr/lib/libone.so", "usr/lib/libone.so.1"),
        "usr/share/doc/one/copyright",
    }
    assert found["usr/bin/tool"].size == 1
    assert (found["usr/bin/cc"].linkname, found["usr/lib/libone.so"].linkname) == ("tool", "libone.so.1")
    assert {(member.uid, member.gid) for member in found.values()} == {(0, 0)}
    assert found["usr/bin/tool"].mode == 0o755, "no file of it may run as another user"


@needs_dpkg
def test_what_the_base_has_is_not_put_over_it(deb: Callable[..., Path]) -> None:
    assert layer([deb("libc6", {"lib/libc.so.6": "another"})], {}) == {}


@needs_dpkg
def test_a_package_that_is_broken_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "bad_1_all.deb").write_bytes(b"no package")
    with pytest.raises((subprocess.CalledProcessError, tarfile.TarError)):
        layer([tmp_path / "bad_1_all.deb"], {})


def test_versions_are_read_off_the_files_names() -> None:
    files = [Path("gcc_4%3a12.2.0-3_amd64.deb"), Path("g++_4%3a12.2.0-3_amd64.deb"), Path("make_4.3-4.1_amd64.deb")]
    assert Downloaded(files).versions() == {"gcc": "4:12.2.0-3", "g++": "4:12.2.0-3", "make": "4.3-4.1"}


@pytest.mark.parametrize(
    ("version", "shown"), [("4:12.2.0-3", "12.2.0"), ("1.63.0+dfsg1-2", "1.63.0"), ("4.3-4.1", "4.3"), ("7", "7")]
)
def test_a_version_is_shown_as_its_makers_say_it(version: str, shown: str) -> None:
    assert plain(version) == shown


def test_a_machine_without_apt_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotBeHad, match="no apt-get"), downloaded(["make"]):
        pass


@needs_dpkg
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'W: slow' >&2; echo 'E: Unable to locate package make' >&2; exit 100", "update: E: Unable to locate"),
        ("exit 1", "ended without a word"),
        ("sleep 60", "timed out"),
    ],
)
def test_what_apt_complains_about_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text(f"#!/bin/sh\n{script}\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(debian, "UPDATE_SECONDS", 1)
    with pytest.raises(CannotBeHad, match=said), downloaded(["make"]):
        pass
