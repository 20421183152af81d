"""What people typed: read as text, and shown again when it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request
from flask_wtf.csrf import CSRFProtect

from judge.catalogue import Message
from judge.errors import BadInput, Refusal

csrf = CSRFProtect()
LONGEST = 4_000
"""No field of ours is longer; the domain says how long each may be."""
FIELD_OF = {
    "email-malformed": "email",
    "email-taken": "email",
    "password-short": "password",
    "password-long": "password",
    "team-taken": "team",
    "terms-missing": "terms",
    "team-unknown": "team",
    "file-missing": "file",
    "archive-too-large": "file",
    "deck-wrong-type": "file",
    "links-too-many": "links",
    "link-malformed": "links",
    "category-missing": "category",
    "category-unknown": "category",
}
"""Beside which field a sentence stands; on top of the form where its code is not here."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: what was typed, and what was wrong with it."""

    values: Mapping[str, str] = field(default_factory=dict)
    error: Message | None = None

    @property
    def at(self) -> str | None:
        """The field that the error is about."""
        if self.error is None:
            return None
        if self.error.code.startswith("field-"):
            return str(self.error.params.get("field"))
        if self.error.code.startswith("archive-"):
            return "file"
        return FIELD_OF.get(self.error.code)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def text(name: str) -> str:
    """A field as it was typed; empty where it is missing. Raises BadInput for what nobody can type."""
    value = request.form.get(name, "")
    if len(value) > LONGEST:
        raise BadInput("field-too-long", field=name, longest=LONGEST)
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadInput("field-characters", field=name)
    return value


def refused(refusal: Refusal, *names: str) -> Form:
    """The form again, with what was typed into `names` (never a password or a file) and why it was refused."""
    return Form(typed(*names), refusal.public)


def typed(*names: str) -> dict[str, str]:
    """Fields as they may be shown again."""
    return {name: request.form.get(name, "")[:LONGEST].replace("\x00", "") for name in names}
