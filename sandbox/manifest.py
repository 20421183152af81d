"""`entry.toml`: how an entry that is not Python is built and run. Standard library only: the image holds it too."""

import shlex
import tomllib
from dataclasses import dataclass

from sandbox.errors import BadArchive

MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Manifest:
    run: tuple[str, ...]
    build: tuple[str, ...] | None = None


def read_manifest(text: bytes) -> Manifest:
    """`run` and, if given, `build`: a list of words or one string split as a shell would, without a shell to run it.

    Raises BadArchive bad_entry_toml (reason: too_long, not_toml, run, build).
    """
    if len(text) > MAX_BYTES:
        raise BadArchive("bad_entry_toml", reason="too_long")
    try:
        table = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise BadArchive("bad_entry_toml", reason="not_toml") from error
    build = _words(table["build"], "build") if "build" in table else None
    return Manifest(run=_words(table.get("run"), "run"), build=build)


def _words(value: object, key: str) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError as error:
            raise BadArchive("bad_entry_toml", reason=key) from error
    if not isinstance(value, list) or not value or not all(isinstance(w, str) and w and "\0" not in w for w in value):
        raise BadArchive("bad_entry_toml", reason=key)
    return tuple(value)
