"""What a language is to us. Standard library only: the images hold this folder too."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SelfTest:
    """A tiny entry that proves a language on this host: its files, and the replies that it owes to some messages after
    the hello. `executable`: which files may be executed as they come."""

    files: Mapping[str, bytes]
    exchange: tuple[tuple[object, object], ...] = ((7, [7]), ("é", ["é"]))
    executable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """One language of `entry.toml`. Commands are words, run in the entry's folder without a shell.

    `build` None: nothing is built unless the entry says how. `run` None: the entry must say it; empty: its agent.py is
    served. `packages` are Debian's, all that building needs beyond the player image; `links` are names that Debian sets
    only when it installs them (`/usr/bin/cc`), as path and target. `tools` are those packages whose versions are shown.
    """

    slug: str
    title: str
    self_test: SelfTest
    run: tuple[str, ...] | None = None
    build: tuple[str, ...] | None = None
    packages: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
