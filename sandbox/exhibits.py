"""The hostile corpus, read: `sandbox/corpus/` holds programs that mean harm, each saying what must become of it.

A file begins with comment lines that are read by this module, of the form `# Key: value`; a value goes on in lines that
are indented behind their `#`. What follows the first other line is the exhibit itself, and is data: our own code never
imports it.

    Tries      what it is after
    Must       what has to happen, in words
    Kind       program (by default), agent, pair, turns, archive or build; see `Kind`
    Verdict    the verdict and how it ended, `or` another such pair where the kernel decides: `MLE memory or RTE
               exited`; of a pair or of turns that of the second program
    Limits     where they are not `LIMITS`: `cpu_seconds=2 processes=8`
    Figures    bounds: `cpu_seconds=1.0..1.6 stdout_bytes=65536..65536`
    Says       a text that standard output must hold
    Logs       a text that standard error must hold
    Hears      for an agent: what the host must hear after the hello and after each message, see `sandbox.trials`
    Given      what it gets as standard input: `listener`, or a text
    Refused    for an archive: the rule that it breaks, `or` another where its two readers may meet either first

A program that can tell by itself whether a wall held prints a line that begins with `HOLE` where it did not: such a
line fails the exhibit, whatever else is expected.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.types import Ending, Limits, Verdict

CORPUS = Path(__file__).parent / "corpus"
LIMITS = Limits(cpu_seconds=1.0, wall_seconds=30.0, memory_mib=64, processes=16, output_kib=64, inodes=256, file_mib=16)
FIGURES = frozenset({"wall_seconds", "cpu_seconds", "memory_mib", "written_bytes", "stdout_bytes", "stderr_bytes"})


class Kind(StrEnum):
    PROGRAM = "program"
    """Run by itself to its end."""
    AGENT = "agent"
    """Opened and talked to."""
    PAIR = "pair"
    """Run twice at once: `leave` goes on while `look` tries to see it."""
    TURNS = "turns"
    """Run twice, `look` after `leave` has ended."""
    ARCHIVE = "archive"
    """Made by `sandbox.odd_archives` of what the file says, and offered to the portal's check and to a container."""
    BUILD = "build"
    """An entry whose build command it is."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    name: str
    path: Path
    tries: str
    must: str
    kind: Kind
    endings: tuple[tuple[Verdict, Ending], ...]
    limits: Limits
    figures: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    given: str = ""
    refused: tuple[str, ...] = ()

    @property
    def table(self) -> dict[str, Any]:
        """An archive's members."""
        return tomllib.loads(self.path.read_text(encoding="utf-8"))


@cache
def read_corpus(folder: Path = CORPUS) -> tuple[Exhibit, ...]:
    """All of it, by name. Raises ValueError where a file does not say what it should."""
    exhibits = tuple(read(path) for path in sorted(folder.glob("*.*")) if path.suffix in {".py", ".toml"})
    if len({exhibit.name for exhibit in exhibits}) != len(exhibits):
        raise ValueError("two exhibits have the same name")
    return exhibits


@cache
def corpus_hash(folder: Path = CORPUS) -> str:
    """Of every file, so that a proof by another corpus is known for what it is."""
    digest = hashlib.sha256()
    for exhibit in read_corpus(folder):
        digest.update(exhibit.path.name.encode() + b"\0" + hashlib.sha256(exhibit.path.read_bytes()).digest())
    return digest.hexdigest()


def read(path: Path) -> Exhibit:
    """One file. Raises ValueError."""
    try:
        return _exhibit(path, _header(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _header(text: str) -> dict[str, list[str]]:
    """Values by key, in order."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if line.startswith("#  ") and key:
            found[key][-1] += f" {line[1:].strip()}"
            continue
        key, colon, value = line[1:].strip().partition(":")
        if not colon or key not in _KEYS:
            raise ValueError(f"no such key: {line!r}")
        found.setdefault(key, []).append(value.strip())
    return found


_KEYS = frozenset(
    {"Tries", "Must", "Kind", "Verdict", "Limits", "Figures", "Says", "Logs", "Hears", "Given", "Refused"}
)


def _exhibit(path: Path, header: Mapping[str, list[str]]) -> Exhibit:
    def one(key: str, default: str | None = None) -> str:
        values = header.get(key, [] if default is None else [default])
        if len(values) != 1 or (default is None and not values[0]):
            raise ValueError(f"{key} must be said once")
        return values[0]

    kind = Kind(one("Kind", "program"))
    refused = one("Refused", "")
    exhibit = Exhibit(
        name=path.stem,
        path=path,
        tries=one("Tries"),
        must=one("Must"),
        kind=kind,
        endings=tuple(_endings(one("Verdict", "RTE not_started" if refused else None))),
        limits=_limits(one("Limits", "")),
        figures=dict(_figures(one("Figures", ""))),
        says=tuple(header.get("Says", ())),
        logs=tuple(header.get("Logs", ())),
        hears=tuple(word.strip() for word in one("Hears", "").split("|") if word.strip()),
        given=one("Given", ""),
        refused=tuple(word.strip() for word in refused.split(" or ") if word.strip()),
    )
    if (kind is Kind.ARCHIVE) != (path.suffix == ".toml") or (kind is Kind.AGENT) != bool(exhibit.hears):
        raise ValueError(f"a {path.suffix} of kind {kind} with what it says")
    return exhibit


def _endings(text: str) -> Iterator[tuple[Verdict, Ending]]:
    for pair in text.split(" or "):
        verdict, _, ending = pair.strip().partition(" ")
        yield Verdict(verdict), Ending(ending)


def _limits(text: str) -> Limits:
    given = dict(word.split("=") for word in text.split())
    kinds: Mapping[str, Callable[[str], Any]] = {
        name: float if isinstance(getattr(LIMITS, name), float) else int for name in LIMITS.__dataclass_fields__
    }
    return replace(LIMITS, **{name: kinds[name](value) for name, value in given.items()})


def _figures(text: str) -> Iterator[tuple[str, tuple[float, float]]]:
    for word in text.split():
        name, _, bounds = word.partition("=")
        least, dots, most = bounds.partition("..")
        if name not in FIGURES or not dots:
            raise ValueError(f"no such figure: {word}")
        yield name, (float(least or 0), float(most or "inf"))
