"""Entries: what a team may hand in to a contest, and what is told from the file alone."""

from dataclasses import dataclass
from pathlib import Path

from challenges.base import About
from judge import decks
from judge.errors import BadInput, TooMuch
from judge.pitches import Pitch
from judge.storage import Kept
from sandbox import archive
from sandbox.archive import EntryFacts
from sandbox.errors import BadArchive


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed in, once its file is kept. `toolchain`: what it is to be built with, None where nothing is."""

    kept: Kept
    toolchain: str | None = None
    pitch: Pitch | None = None


def track_of(about: About, chosen: str) -> str:
    """The track that an upload is for: what was chosen, or the only one that there is. Raises BadInput."""
    names = [track.name for track in about.tracks]
    if len(names) == 1 and not chosen:
        return names[0]
    if chosen not in names:
        raise BadInput("track-unknown" if chosen else "track-missing")
    return chosen


def checked(path: Path, *, filename: str, about: About) -> str | None:
    """Whether an upload is an entry of its contest; the toolchain that it is to be built with, None where nothing is
    to be built. Raises BadInput or TooMuch with the rule that it breaks."""
    if about.entry.kind == "deck":
        decks.check_file(path, about=about)
        return None
    facts = check_file(path, filename=filename, about=about)
    return facts.manifest.toolchain if facts.manifest else None


def check_file(path: Path, *, filename: str, about: About) -> EntryFacts:
    """What is in an upload. Raises BadInput or TooMuch with the rule that it breaks."""
    if path.stat().st_size > about.entry_mib << 20:
        raise TooMuch("archive-too-large", largest_mib=about.entry_mib)
    try:
        return archive.check(path, filename=filename)
    except BadArchive as error:
        raise BadInput(f"archive-{error.code.replace('_', '-')}", **error.params) from error
