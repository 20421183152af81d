"""Tools for building, from Debian's packages, as one layer on top of an image.

Theory of operation. On a base that was made of this machine's own Python (`base_image`) the C library is this machine's
own too, so the tools come from the same release: apt computes what is needed and downloads it, in a state folder of its
own that touches nothing of the machine's and needs no root, and `dpkg-deb` unpacks. No package's scripts are run; the
few links that these would set are named by the languages. What the base has already (the C library and the compiler's
run-time libraries) is left out: what is linked here runs against those of the player image. Nothing is kept but the
image.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

UPDATE_SECONDS = 120
DOWNLOAD_SECONDS = 600
IN_BASE = frozenset({"libc6", "libgcc-s1", "libstdc++6"})
LEFT_OUT = ("usr/share/doc/", "usr/share/man/", "usr/share/info/", "usr/share/locale/", "usr/share/lintian/", "etc/",
            "usr/share/bash-completion/", "usr/share/zsh/", "usr/share/gdb/", "var/", "usr/share/bug/")  # fmt: skip
SANITIZERS = ("libasan", "libtsan", "liblsan", "libubsan", "libhwasan")
"""Large, and of no use without the tools around them."""
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


class CannotBeHad(Exception):
    """The packages cannot be downloaded from here; says why."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    files: Sequence[Path]

    def versions(self) -> dict[str, str]:
        """By package: `4:12.2.0-3`."""
        parts = (path.stem.split("_") for path in self.files)
        return {name: unquote(version) for name, version, *_ in parts}

    def write_layer(self, to: IO[bytes], links: Mapping[str, str]) -> None:
        """One tar of what they hold, as it is to lie in the image. Raises OSError, CalledProcessError."""
        seen: set[str] = set()
        with tarfile.open(fileobj=to, mode="w|", format=tarfile.GNU_FORMAT) as layer:
            for path in self.files:
                if path.stem.partition("_")[0] not in IN_BASE:
                    _copy(path, layer, seen)
            for name, target in links.items():
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, target
                layer.addfile(link)


@contextmanager
def downloaded(packages: Collection[str]) -> Iterator[Downloaded]:
    """These packages and all they need, of this machine's own release. Raises CannotBeHad."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise CannotBeHad(f"this machine has no {tool}")
    with tempfile.TemporaryDirectory(prefix="podium-apt-") as scratch:
        folder = Path(scratch)
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        _apt(folder, ["update"], UPDATE_SECONDS)
        _apt(folder, ["install", "--yes", "--download-only", *sorted(packages)], DOWNLOAD_SECONDS)
        yield Downloaded(sorted((folder / "cache" / "archives").glob("*.deb")))


def _apt(folder: Path, arguments: Sequence[str], seconds: int) -> None:
    settings = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "APT::Update::Error-Mode": "any",
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    command = ["apt-get", "-qq", *options, *arguments]
    try:
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBeHad(f"apt-get {arguments[0]}: {error}") from error
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.startswith("E:")] or ["ended without a word"]
        raise CannotBeHad(f"apt-get {arguments[0]}: {said[0][:300]}")


def _copy(package: Path, layer: tarfile.TarFile, seen: set[str]) -> None:
    """The files of one package, where a system whose /lib is a link to /usr/lib has them."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacking:
        assert unpacking.stdout is not None
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as content:
            for info in content:
                name = _place(info.name)
                if name in seen or not _wanted(name, info):
                    continue
                seen.add(name)
                info.name = name
                if info.islnk():
                    info.linkname = _place(info.linkname)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                info.mode &= 0o755  # nothing runs as another user
                layer.addfile(info, content.extractfile(info) if info.isreg() else None)
    if unpacking.returncode:
        raise subprocess.CalledProcessError(unpacking.returncode, "dpkg-deb")


def _place(name: str) -> str:
    name = name.removeprefix("./").rstrip("/")
    return f"usr/{name}" if name.partition("/")[0] in MERGED else name


def _wanted(name: str, info: tarfile.TarInfo) -> bool:
    if name in ("", ".", "usr") or info.isdev():
        return False
    if f"{name}/".startswith(LEFT_OUT):
        return name.endswith("/copyright")
    return info.isdir() or not name.rpartition("/")[2].startswith(SANITIZERS)


def plain(version: str) -> str:
    """`4:12.2.0-3` as its makers say it: `12.2.0`."""
    upstream = version.rpartition(":")[2]
    return (upstream.rpartition("-")[0] or upstream).partition("+")[0]
