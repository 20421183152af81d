"""The reader's language: sentences from the catalogues, dates and numbers as they are written there.

The catalogues are gettext's, one per language, keyed by codes (`sign-in.title`); they are read from their `.po` files
when the portal starts, so that nothing has to be compiled beforehand. A sentence's placeholders are those of
`str.format`. A domain message with the code `c` is the sentence `said.c`; a challenge brings its own first.
"""

import gettext
import io
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_gmt, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup

from judge import catalogue
from judge.catalogue import LANGUAGES, Message

FOLDER = Path(__file__).parent / "locale"
LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN", "ko": "ko_KR"}
TAGS = {"en": "en", "zh": "zh-Hans", "ko": "ko"}
NAMES = {"en": "English", "zh": "中文", "ko": "한국어"}
ANY_LANGUAGE = f"any({','.join(LANGUAGES)})"
"""The first part of a path, as a routing rule."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_CODED = {"field": "field", "old": "state", "new": "state", "reason": "reason", "ending": "ending"}
"""Parameters that are codes themselves, and where their words stand in the catalogue."""
_FALLBACK = "said.unknown"
log = logging.getLogger(__name__)

Param = str | int | float | Markup


class Catalogues:
    """All three, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._readers = {
            language: Reader(language, _read(folder / language / "LC_MESSAGES" / "messages.po"))
            for language in LANGUAGES
        }

    def reader(self, language: str) -> "Reader":
        return self._readers[language]


@cache
def _read(path: Path) -> gettext.GNUTranslations:
    with path.open("rb") as file:
        catalog = read_po(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Reader:
    """Writes for a person who reads `language`."""

    language: str
    translations: gettext.GNUTranslations

    @property
    def locale(self) -> Locale:
        return Locale.parse(LOCALES[self.language])

    @property
    def tag(self) -> str:
        """For the `lang` attribute."""
        return TAGS[self.language]

    def has(self, key: str) -> bool:
        return self.translations.gettext(key) != key

    def text(self, key: str, /, **params: Param) -> str:
        """The sentence of a key; numbers among the parameters written as in this language."""
        return self._fill(self.translations.gettext(key), params)

    def count(self, key: str, n: int, /, **params: Param) -> str:
        """The sentence of a key in the form that fits `n`."""
        return self._fill(self.translations.ngettext(key, key, n), {"n": n, **params})

    def html(self, key: str, /, **params: Param) -> Markup:
        """The same as markup: parameters that are not markup themselves are escaped."""
        shown = {name: value if isinstance(value, Markup) else self._shown(value) for name, value in params.items()}
        return Markup(self.translations.gettext(key)).format(**shown)  # noqa: S704 - the catalogue is ours

    def _fill(self, sentence: str, params: Mapping[str, Param]) -> str:
        return sentence.format(**{name: self._shown(value) for name, value in params.items()})

    def _shown(self, value: Param) -> str:
        return value if isinstance(value, str) else self.number(value)

    def of(self, texts: Mapping[str, str], fallback: str = "") -> str:
        """An organiser's or a challenge's text in this language, else in English, else any."""
        return texts.get(self.language) or texts.get("en") or next(iter(texts.values()), fallback)

    def said(self, message: Message, *, challenge: str | None = None, zone: str = "UTC") -> str:
        """A domain message as a sentence: a challenge's own where it has one for the code."""
        try:
            own = challenge and catalogue.sentence(challenge, message, self.language)
            key = f"said.{message.code}"
            if own or not self.has(key):
                return own or self.text(_FALLBACK, code=message.code)
            params = {name: self._param(name, value, zone) for name, value in message.params.items()}
            if "bytes" in message.params:  # the sandbox counts in bytes what the judge counts in MiB
                params.setdefault("largest_mib", int(message.params["bytes"]) >> 20)
            return self.text(key, **params)
        except (KeyError, IndexError, ValueError):
            log.exception("the message %r has not the parameters that its sentence wants", message)
            return self.text(_FALLBACK, code=message.code)

    def _param(self, name: str, value: Param, zone: str) -> Param:
        if name == "bytes" and isinstance(value, int | float):
            return self.size(int(value))
        if not isinstance(value, str):
            return value
        if name in _CODED:
            key = f"{_CODED[name]}.{value}"
            return self.text(key) if self.has(key) else value
        if _TIME.fullmatch(value):
            return self.moment(datetime.fromisoformat(value), zone)
        return value

    # -----------------------------------------------------------------------------------------------------------------
    # Figures and times

    def number(self, value: float, digits: int | None = None) -> str:
        """With exactly `digits` decimals, or as many as it has (three at most)."""
        if digits is None:
            return str(format_decimal(value, locale=self.locale))
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return str(format_decimal(value, format=pattern, locale=self.locale))

    def size(self, size_bytes: int) -> str:
        """A file's size, in the unit that suits it."""
        if size_bytes < 1024:
            return self.count("size.bytes", size_bytes)
        if size_bytes < 1 << 20:
            return self.text("size.kib", n=self.number(size_bytes / 1024, 1 if size_bytes % 1024 else 0))
        return self.text("size.mib", n=self.number(size_bytes / (1 << 20), 1 if size_bytes % (1 << 20) else 0))

    def moment(self, when: datetime, zone: str = "UTC", *, seconds: bool = False) -> str:
        """A time in a zone, with the zone's distance from UTC."""
        local = when.astimezone(ZoneInfo(zone))
        pattern = {"en": "d MMM y, HH:mm", "zh": "y年M月d日 HH:mm", "ko": "y년 M월 d일 HH:mm"}[self.language]
        if seconds:
            pattern += ":ss"
        return f"{format_datetime(local, pattern, locale=self.locale)} {self._offset(local)}"

    def _offset(self, local: datetime) -> str:
        if not local.utcoffset():
            return "UTC"
        written: str = get_timezone_gmt(local, width="iso8601_short", locale=Locale("en"))
        return f"UTC{written}"

    def day(self, when: datetime, zone: str = "UTC") -> str:
        return str(format_date(when.astimezone(ZoneInfo(zone)), "long", locale=self.locale))

    def time(self, when: datetime, zone: str = "UTC", *, seconds: bool = False) -> Markup:
        """A `time` element."""
        exact = when.astimezone(UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(exact, self.moment(when, zone, seconds=seconds))

    def zone(self, zone: str, at: datetime) -> str:
        """A zone's name with its distance from UTC."""
        local = at.astimezone(ZoneInfo(zone))
        name = str(get_timezone_name(local, width="long", locale=self.locale))
        return name if not local.utcoffset() else f"{name} ({zone}, {self._offset(local)})"

    def distance(self, when: datetime, now: datetime) -> str:
        """How far a time is from now, in whole units: “in 3 days”."""
        left = when - now
        if abs(left) >= timedelta(days=2):
            return str(format_timedelta(left, granularity="day", threshold=99, add_direction=True, locale=self.locale))
        if abs(left) >= timedelta(hours=2):
            return str(format_timedelta(left, granularity="hour", threshold=99, add_direction=True, locale=self.locale))
        return str(format_timedelta(left, granularity="minute", threshold=99, add_direction=True, locale=self.locale))

    def seconds(self, value: float) -> str:
        """A duration: seconds with one decimal under a minute, minutes and seconds above."""
        if value < 60:
            return self.text("unit.seconds", n=self.number(value, 1))
        return self.text("unit.minutes", minutes=int(value // 60), seconds=int(value % 60))
