"""Small checks that every kind of view is made of. Whatever JSON comes, they end or raise BadView."""

import json
from collections.abc import Callable, Collection

from challenges.base import VIEW_BYTES, Json

LARGEST = 1e12
"""No figure of a view is further from 0."""
MOST_LETTERS = 300
LANGUAGES = {"en", "zh", "ko"}


class BadView(ValueError):
    """A view is not of its shape; the message says where."""


def require(holds: bool, where: str) -> None:
    if not holds:
        raise BadView(where)


def keys(value: Json, where: str, wanted: Collection[str], *, perhaps: Collection[str] = ()) -> None:
    """An object with the `wanted` keys and no other, but those that it has `perhaps`."""
    require(
        isinstance(value, dict) and set(value) - set(perhaps) == set(wanted),
        f"{where}: its keys are not {', '.join(wanted)}",
    )


def each(value: Json, where: str, check: Callable[[Json, str], None], *, least: int = 0, most: int) -> None:
    require(isinstance(value, list) and least <= len(value) <= most, f"{where}: not {least} to {most} of them")
    for i, item in enumerate(value):
        check(item, f"{where}[{i}]")


def different(items: Json, key: str, where: str) -> None:
    require(len({item[key] for item in items}) == len(items), f"{where}: the same {key} occurs twice")


def choice(value: Json, where: str, allowed: Collection[str]) -> None:
    require(isinstance(value, str) and value in allowed, f"{where}: none of {', '.join(sorted(allowed))}")


def number(value: Json, where: str, *, above: float = -LARGEST - 1) -> None:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    require(real and abs(value) <= LARGEST and value > above, f"{where}: no number, or out of range")


def numbers(value: Json, count: int, where: str) -> None:
    require(isinstance(value, list) and len(value) == count, f"{where}: not {count} numbers")
    for figure in value:
        number(figure, where)


def index(value: Json, count: int, where: str) -> None:
    require(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count, f"{where}: no such index")


def truth(value: Json, where: str) -> None:
    require(isinstance(value, bool), f"{where}: neither true nor false")


def word(value: Json, where: str, *, least: int = 0) -> None:
    """A text that is the same in every language: a name, a unit."""
    require(isinstance(value, str) and least <= len(value) <= MOST_LETTERS, f"{where}: no text, or too long a one")
    require(not any("\ud800" <= letter <= "\udfff" for letter in value), f"{where}: half a letter")


def text(value: Json, where: str) -> None:
    """A text for people, in every language."""
    require(isinstance(value, dict) and set(value) == LANGUAGES, f"{where}: not in en, zh, ko")
    for written in value.values():
        word(written, where, least=1)


def small_enough(data: Json) -> None:
    size = len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())
    require(size <= VIEW_BYTES, f"{size} bytes are more than {VIEW_BYTES}")
