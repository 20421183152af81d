"""What the portal's views share: the settings, the database, the files, the queue and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast

from flask import current_app

from judge.db import Database
from judge.settings import Settings
from judge.storage import Storage
from web.assets import Assets
from web.i18n import Catalogues
from web.pages import PublicPages

EXTENSION = "podium"


class Hints(Protocol):
    """The part of `judge.queue.Queue` that the portal needs. Nothing here raises because Redis is away."""

    def judge(self, judgement_id: int, *, attempt: int) -> bool:
        """Ask for a judgement; whether the hint was taken."""
        ...

    def tend_field(self, phase_id: int, *, due_at: datetime) -> bool:
        """Ask for a phase's field to be looked at."""
        ...

    def length(self) -> int | None:
        """Jobs waiting; None where Redis does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class Portal:
    settings: Settings
    db: Database
    storage: Storage
    queue: Hints
    clock: Callable[[], datetime]
    catalogues: Catalogues
    assets: Assets
    pages: PublicPages = field(default_factory=PublicPages)


def portal() -> Portal:
    """Of the application that serves this request."""
    return cast("Portal", current_app.extensions[EXTENSION])
