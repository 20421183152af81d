"""A pitch: what a team writes beside its deck, a summary of one page and a few links."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from challenges.base import About
from judge.errors import BadInput

LINK_LENGTH = 300
_SHOWN = {"\n", "\t", "\u200c", "\u200d"}
"""Of the signs without a shape: breaks of lines, and the joiners that scripts need."""


@dataclass(frozen=True, slots=True)
class Pitch:
    summary: str
    links: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"summary": self.summary, "links": list(self.links)}


def pitch_of(about: About, *, summary: str, links: Sequence[str]) -> Pitch | None:
    """What was written, in the form in which it is kept; None where the contest wants none. Raises BadInput for what is
    missing, too long, or no link: only `https://` with a host, since strangers will click on it."""
    if about.entry.kind != "deck":
        return None
    text = unicodedata.normalize("NFC", summary.replace("\r\n", "\n")).strip()
    if not text:
        raise BadInput("field-empty", field="summary")
    if len(text) > about.entry.summary_characters:
        raise BadInput("field-too-long", field="summary", longest=about.entry.summary_characters)
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} and letter not in _SHOWN for letter in text):
        raise BadInput("field-characters", field="summary")
    typed = [link.strip() for link in links if link.strip()]
    if len(typed) > about.entry.links:
        raise BadInput("links-too-many", most=about.entry.links)
    for link in typed:
        _check_link(link)
    return Pitch(text, tuple(typed))


def _check_link(link: str) -> None:
    try:
        parts = urlsplit(link)
        good = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        good = False
    if not good or len(link) > LINK_LENGTH or not link.isprintable() or any(letter.isspace() for letter in link):
        raise BadInput("link-malformed", longest=LINK_LENGTH)
