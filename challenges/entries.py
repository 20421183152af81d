"""What a contest takes from teams, and how it groups them: facts of its sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Category:
    """A group of teams with a ranking of its own, beside the one of all. A team chooses one when it enters."""

    name: str
    title: Mapping[str, str]


Kind = Literal["program", "deck"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a team hands in: a program that is run, or a deck (a PDF) that people read. A deck comes with a summary of
    so many characters at most and with so many links at most."""

    kind: Kind = "program"
    pages: int = 0
    summary_characters: int = 0
    links: int = 0


PROGRAM = Entry()
