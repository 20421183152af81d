"""What the player image holds besides Python itself: some distributions of the running environment and all they need.

They are copied from the environment that the lock file made, so that an entry has the very versions that it names, and
no network is needed.
"""

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGES: tuple[str, ...] = ("numpy", "scipy", "scikit-learn", "onnxruntime")
"""What entries are promised."""
LEFT_OUT = frozenset({"tests", "__pycache__"})
"""Folders; what Python compiles is compiled again in the image, under the image's own paths."""
SUFFIXES_LEFT_OUT = frozenset({".pyi", ".pyx", ".pxd", ".h", ".hpp", ".c", ".a", ".pyc"})


def names() -> list[str]:
    """The promised ones, then what they need, by their metadata. Raises PackageNotFoundError."""
    found: dict[str, None] = {}
    wanted = list(PACKAGES)
    while wanted:
        name = str(canonicalize_name(wanted.pop(0)))
        if name in found:
            continue
        found[name] = None
        needs = [Requirement(line) for line in importlib.metadata.requires(name) or ()]
        wanted += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return [*found]


def versions() -> list[str]:
    """`numpy 2.4.6`, in the order of `names`."""
    return [f"{name} {importlib.metadata.version(name)}" for name in names()]


def files() -> Iterator[tuple[Path, str]]:
    """Each file and its place below the folder of packages. Licences come along; tests, sources for compilers and what
    lies outside of the packages' own folders do not."""
    for name in names():
        for file in importlib.metadata.files(name) or ():
            if ".." in file.parts or not LEFT_OUT.isdisjoint(file.parts) or file.suffix in SUFFIXES_LEFT_OUT:
                continue
            path = Path(str(file.locate()))
            if path.is_file():
                yield path, file.as_posix()
