"""What the portal may know of challenges: their sheets, statements and sentences. Loads no simulator."""

from functools import cache

from challenges import registry, sheet
from challenges.base import About, Column, Message, Track
from challenges.sheet import LANGUAGES

__all__ = ["LANGUAGES", "About", "Column", "Message", "Track", "about", "names", "sentence", "statement"]


def names() -> list[str]:
    """Slugs of every challenge."""
    return registry.names()


@cache
def about(slug: str) -> About:
    """The sheet of a challenge."""
    return sheet.about(slug)


@cache
def statement(slug: str, language: str) -> str:
    """The statement, as Markdown."""
    return sheet.statement(slug, language)


def sentence(slug: str, message: Message, language: str) -> str | None:
    """A challenge's own message in the reader's language; None where the code is not one of its own."""
    return sheet.sentence(slug, message, language)
