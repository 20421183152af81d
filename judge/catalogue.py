"""What the portal may know of challenges: their sheets, statements and sentences. Loads no simulator."""

from functools import cache

from challenges import registry, sheet
from challenges.base import About, Column, Message, Track
from challenges.sheet import LANGUAGES

__all__ = [
    "LANGUAGES",
    "About",
    "Column",
    "Message",
    "Track",
    "about",
    "names",
    "sentence",
    "statement",
    "tracks_that_follow",
    "tracks_that_meet",
]


def names() -> list[str]:
    """Slugs of every challenge."""
    return registry.names()


@cache
def about(slug: str) -> About:
    """The sheet of a challenge."""
    return sheet.about(slug)


def tracks_that_follow(sheet: About) -> tuple[str, ...]:
    """The boards whose figures follow from more than an entry's own runs: from meetings, or from what people say."""
    return tuple(track.name for track in sheet.tracks) if sheet.pairing == "none" else tracks_that_meet(sheet)


def tracks_that_meet(sheet: About) -> tuple[str, ...]:
    """The boards whose figures follow from meetings: every one of matches; in cross-play those of the seats."""
    if sheet.pairing == "match":
        return tuple(track.name for track in sheet.tracks)
    return sheet.seats if sheet.pairing == "cross" else ()


@cache
def statement(slug: str, language: str) -> str:
    """The statement, as Markdown."""
    return sheet.statement(slug, language)


def sentence(slug: str, message: Message, language: str) -> str | None:
    """A challenge's own message in the reader's language; None where the code is not one of its own."""
    return sheet.sentence(slug, message, language)
