"""`entry.toml`: in which language an entry is written, how it is built and how it is run. Standard library only: the
images hold it too.

    language = "cpp"            one of `sandbox.languages`; may be left out
    build = ["make", "-j2"]     the language's own command where left out; no build where neither says one
    run = ["./agent"]           the language's own where left out

Without `language`, an entry with `build` is built where the tools of every language are, and one without is an
executable (or a script) as it comes. A build is never run beside the contest's data, nor where the entry is run.
"""

import shlex
import tomllib
from dataclasses import dataclass

from sandbox import languages
from sandbox.errors import BadArchive

MAX_BYTES = 65_536
KEYS = frozenset({"language", "build", "run"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """`run` empty: the entry's agent.py is served. `toolchain` None: nothing is to be built."""

    run: tuple[str, ...]
    build: tuple[str, ...] | None = None
    language: str | None = None

    @property
    def toolchain(self) -> str | None:
        """For which language the entry is to be built, or `languages.ANY`."""
        return None if self.build is None else self.language or languages.ANY


def read_manifest(text: bytes) -> Manifest:
    """Commands are a list of words, or one string split as a shell would, without a shell to run it.

    Raises BadArchive bad_entry_toml with a reason: too_long, not_toml, unknown_key, language, build (no
    command, or there is nothing to build), run (no command, or none given where the language has none of its own).
    """
    if len(text) > MAX_BYTES:
        raise BadArchive("bad_entry_toml", reason="too_long")
    try:
        table = tomllib.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadArchive("bad_entry_toml", reason="not_toml") from error
    if not KEYS.issuperset(table):
        raise BadArchive("bad_entry_toml", reason="unknown_key")
    slug = table.get("language")
    language = languages.by_slug(slug) if isinstance(slug, str) else None
    if "language" in table and language is None:
        raise BadArchive("bad_entry_toml", reason="language")
    build = _words(table["build"], "build") if "build" in table else language.build if language else None
    if build is not None and language is not None and language.run is None:
        raise BadArchive("bad_entry_toml", reason="build")
    if "run" in table or language is None or language.run is None:
        run = _words(table.get("run"), "run")
    else:
        run = language.run
    return Manifest(run, build, language.slug if language else None)


def _words(value: object, key: str) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError as error:
            raise BadArchive("bad_entry_toml", reason=key) from error
    if not isinstance(value, list) or not value or not all(isinstance(w, str) and w and "\0" not in w for w in value):
        raise BadArchive("bad_entry_toml", reason=key)
    return tuple(value)
