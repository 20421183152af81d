"""A base image out of what the machine has: its CPython, the libraries that `ldd` names, a shell. No registry needed.

The interpreter is put under /usr/local, wherever it lives on the host, so that an entry sees the same paths as in the
public image. What is not part of its own prefix (the C library and the like) stays at the path it has on the host.
"""

import hashlib
import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

SKIPPED = frozenset({"test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages",
                     "dist-packages"})  # fmt: skip
UNWANTED = re.compile(r"\.a$|\.opt-\d\.pyc$|^_tkinter")
SHELL = "dash"
ALWAYS = ("libnss_files.so.2", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2",
          "libgcc_s.so.1", "libstdc++.so.6", "libm.so.6", "libmvec.so.1", "libgomp.so.1", "libatomic.so.1")  # fmt: skip
USERS = "root:x:0:0:root:/:/bin/sh\nplayer:x:10001:10001:player:/work:/bin/sh\n"
GROUP = "root:x:0:\nplayer:x:10001:\n"
_LDD_LINE = re.compile(r"(?:=>\s*)?(/\S+) \(0x")


class HostPython:
    """The interpreter that runs this, as the makings of an image."""

    def __init__(self) -> None:
        self.prefix = Path(sys.base_prefix)
        self.version = "{}.{}".format(*sys.version_info)
        self.stdlib = Path(sysconfig.get_path("stdlib", vars={"installed_base": str(self.prefix)}))
        self.binary = Path(getattr(sys, "_base_executable", sys.executable)).resolve()

    def identity(self) -> str:
        """The same on machines with the same Python and C library: hashed by content, not by date."""
        digest = hashlib.sha256(sys.version.encode())
        for path in [self.binary, *(p for p in libraries([self.binary]) if "libc" in p.name or "python" in p.name)]:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def write_tar(self, to: IO[bytes], *, packages: Iterable[Path]) -> None:
        """The root file system. `packages` are shared objects whose libraries are wanted too."""
        with tarfile.open(fileobj=to, mode="w|") as tar:
            _system_links(tar)
            modules = list(self._stdlib_files())
            for path in modules:
                _add(tar, path, f"usr/local/lib/python{self.version}/{path.relative_to(self.stdlib)}")
            _add(tar, self.binary, f"usr/local/bin/python{self.version}")
            for link in ("python3", "python"):
                _link(tar, f"usr/local/bin/{link}", f"python{self.version}")
                _link(tar, f"usr/bin/{link}", f"../local/bin/python{self.version}")
            shell = Path(shutil.which(SHELL) or "/bin/sh").resolve()
            _add(tar, shell, "usr/bin/sh")
            objects = [self.binary, shell, *(p for p in modules if p.suffix == ".so"), *packages]
            bundled = Path(sysconfig.get_path("platlib")).resolve()
            for library in sorted({library.parent.resolve() / library.name for library in libraries(objects)}):
                if not library.is_relative_to(bundled):
                    _add(tar, library, str(library).lstrip("/"), follow=True)
            for locale in sorted(Path("/usr/lib/locale/C.utf8").rglob("*")):
                if locale.is_file():
                    _add(tar, locale, str(locale).lstrip("/"))
            for name, text in (("etc/passwd", USERS), ("etc/group", GROUP)):
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(text), 0o644
                tar.addfile(info, io.BytesIO(text.encode()))

    def _stdlib_files(self) -> Iterator[Path]:
        for path in sorted(self.stdlib.rglob("*")):
            parts = path.relative_to(self.stdlib).parts
            if not path.is_file() or SKIPPED & set(parts[:-1]) or UNWANTED.search(path.name):
                continue
            yield path


def libraries(objects: Iterable[Path]) -> list[Path]:
    """What the dynamic loader would load for these, and what it loads late, by the paths it uses."""
    names = [str(path) for path in objects]
    listed = subprocess.run(["ldd", *names], check=False, capture_output=True, text=True).stdout
    found = {Path(match) for match in _LDD_LINE.findall(listed)}
    late = {folder / name for folder in {path.parent for path in found} for name in ALWAYS}
    found |= {path for path in late if path.exists()}
    return sorted(found)


def _system_links(tar: tarfile.TarFile) -> None:
    for name in ("bin", "lib", "lib64"):
        path = Path("/") / name
        if path.is_symlink():
            _link(tar, name, str(path.readlink()))


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    tar.addfile(info)


def _add(tar: tarfile.TarFile, path: Path, name: str, *, follow: bool = False) -> None:
    source = path.resolve() if follow or path.is_symlink() else path
    info = tarfile.TarInfo(name)
    info.size, info.mode = source.stat().st_size, 0o755 if source.stat().st_mode & 0o100 else 0o644
    info.mtime = int(source.stat().st_mtime)
    with source.open("rb") as file:
        tar.addfile(info, file)
