"""Reads a challenge's `about.toml`, `samples.toml`, statements and message catalogues: the facts beside its code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from challenges import rubric
from challenges.base import About, Clock, Column, Message, Track
from challenges.entries import Category, Entry, Kind
from challenges.errors import BrokenChallenge
from challenges.registry import folder

LANGUAGES = ("en", "zh", "ko")
_UNPLAYED: dict[str, Any] = {
    "seats": [],
    "clocks": {},
    "limits": dict.fromkeys(("cpu_seconds", "memory_mib", "processes", "judgement_core_seconds", "run_seconds"), 0),
    "cases": dict.fromkeys(("practice_cases", "public_cases", "final_cases"), 1),
}
"""What a sheet need not say where nothing is played. (A phase always has a number of cases; here nobody asks.)"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled entry that ships with a challenge: what judging it in the practice phase must give."""

    name: str
    path: Path
    label: str
    team: Mapping[str, str]
    track: str
    verdict: str
    score_min: float | None
    score_max: float | None
    category: str = ""

    def holds(self, verdict: str, score: float | None) -> bool:
        """Whether a judgement is what the label says. A sample that must fail has no band and gets no score."""
        if verdict != self.verdict:
            return False
        if self.score_min is None or self.score_max is None:
            return score is None
        return score is not None and self.score_min <= score <= self.score_max


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BrokenChallenge(f"{path}: {error}") from error


def about(slug: str) -> About:
    """The sheet of a challenge. Raises BrokenChallenge where the file is missing, incomplete or at odds with itself."""
    raw = _toml(folder(slug) / "about.toml")
    try:
        if raw["pairing"] == "none":
            raw = {**_UNPLAYED, **raw, "limits": {**_UNPLAYED["limits"], **raw["limits"]}}
        found = About(
            slug=slug,
            version=raw["version"],
            title=raw["title"],
            summary=raw["summary"],
            pairing=raw["pairing"],
            seats=tuple(raw["seats"]),
            tracks=tuple(Track(**track) for track in raw.get("tracks", [{"name": "", "title": raw["title"]}])),
            columns=tuple(Column(**column) for column in raw.get("columns", [])),
            clocks={seat: Clock(**clock) for seat, clock in raw["clocks"].items()},
            score_unit=raw["score"]["unit"],
            score_digits=raw["score"]["digits"],
            **raw["limits"],
            **raw["cases"],
            **{f"meeting_{name}": value for name, value in raw.get("meetings", {}).items()},
            **{f"quota_{name}": value for name, value in raw.get("quota", {}).items()},
            entry=Entry(**raw.get("entry", {})),
            categories=tuple(Category(**category) for category in raw.get("categories", [])),
            rubric=rubric.read(measures) if (measures := folder(slug) / "rubric.toml").exists() else None,
        )
    except (KeyError, TypeError) as error:
        raise BrokenChallenge(f"challenges/{slug}/about.toml: {error!r}") from error
    _check_quota(found)
    _check_columns(found)
    _check_pairing(found)
    _check_people(found)
    return found


def _check_quota(about: About) -> None:
    """Raises BrokenChallenge where nobody could enter, or more were to be chosen than can be entered."""
    if not 1 <= about.quota_per_day <= about.quota_total or not 0 <= about.quota_chosen <= about.quota_total:
        raise BrokenChallenge(f"challenges/{about.slug}/about.toml: a quota that nobody can keep")


def _check_columns(about: About) -> None:
    """Raises BrokenChallenge where a column would stand on no board, or twice on one."""
    tracks = [track.name for track in about.tracks]
    for column in about.columns:
        if column.track and column.track not in tracks:
            raise BrokenChallenge(
                f"challenges/{about.slug}/about.toml: the column {column.name!r} names no track: {column.track!r}"
            )
    for track in tracks:
        names = [column.name for column in about.columns_on(track)]
        if len(set(names)) < len(names):
            raise BrokenChallenge(f"challenges/{about.slug}/about.toml: two columns of one name on a board")


def _check_pairing(about: About) -> None:
    """Raises BrokenChallenge where entries that meet would not know where to sit."""
    if about.pairing in ("cross", "match") and len(about.seats) != 2:
        raise BrokenChallenge(f"challenges/{about.slug}/about.toml: two seats, where entries meet")
    if about.pairing == "cross" and not set(about.seats) <= {track.name for track in about.tracks}:
        raise BrokenChallenge(f"challenges/{about.slug}/about.toml: in cross-play every seat is a track")
    if about.meeting_margin and about.meeting_margin not in {column.name for column in about.columns}:
        raise BrokenChallenge(f"challenges/{about.slug}/about.toml: {about.meeting_margin!r} is no column")


def _check_people(about: About) -> None:
    """Raises BrokenChallenge where people are to score what they cannot."""
    where = f"challenges/{about.slug}/about.toml"
    if about.entry.kind not in get_args(Kind):
        raise BrokenChallenge(f"{where}: an entry is one of {', '.join(get_args(Kind))}, not {about.entry.kind!r}")
    if about.pairing == "none" and (about.rubric is None or about.seats):
        raise BrokenChallenge(f"{where}: where nothing is played there is a rubric.toml, and no seats")
    if about.pairing == "none" and len(about.tracks) > 1:
        raise BrokenChallenge(f"{where}: what people score has one track")
    if about.entry.kind == "deck" and about.pairing != "none":
        raise BrokenChallenge(f"{where}: a deck cannot be played")
    names = [category.name for category in about.categories]
    if len(set(names)) < len(names) or "" in names:
        raise BrokenChallenge(f"{where}: every category has a name of its own")


def samples(slug: str) -> list[Sample]:
    """The labelled samples, in the order of `samples.toml`."""
    here = folder(slug)
    return [
        Sample(
            name=name,
            path=here / "samples" / row.get("folder", name),
            label=row["label"],
            team=row["team"],
            track=row.get("track", ""),
            verdict=row["verdict"],
            score_min=row.get("score_min"),
            score_max=row.get("score_max"),
            category=row.get("category", ""),
        )
        for name, row in _toml(here / "samples.toml").items()
    ]


@dataclass(frozen=True, slots=True)
class RecordedReview:
    """What a judge once said of a sample. `refused`: the code of the sentence with which it must not be taken."""

    judge: str
    entry: str
    scores: Mapping[str, float]
    comment: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class RecordedJudge:
    """A judge of samples; `team` is the sample in whose team he sits, where he does."""

    name: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class RecordedPanel:
    """The reviews that ship with samples which people score; judges by a word of their own."""

    judges: Mapping[str, RecordedJudge]
    reviews: tuple[RecordedReview, ...]


def recorded(slug: str) -> RecordedPanel:
    """The reviews of a challenge's samples; none where nobody scores them. Raises BrokenChallenge where one names a
    judge or an entry that there is not."""
    path = folder(slug) / "samples" / "reviews.toml"
    if not path.exists():
        return RecordedPanel({}, ())
    raw = _toml(path)
    try:
        judges = {word: RecordedJudge(**judge) for word, judge in raw["judges"].items()}
        reviews = tuple(RecordedReview(**review) for review in raw["reviews"])
    except (KeyError, TypeError) as error:
        raise BrokenChallenge(f"{path}: {error!r}") from error
    entries = {sample.name for sample in samples(slug)}
    for review in reviews:
        if review.judge not in judges or review.entry not in entries:
            raise BrokenChallenge(f"{path}: nobody knows {review.judge!r} or {review.entry!r}")
    return RecordedPanel(judges, reviews)


def statement(slug: str, language: str) -> str:
    """The statement as Markdown."""
    return (folder(slug) / f"statement.{language}.md").read_text(encoding="utf-8")


def sentence(slug: str, message: Message, language: str) -> str | None:
    """A challenge's own message in the reader's language; None where `messages.toml` has no such code."""
    row = _toml(folder(slug) / "messages.toml").get(message.code)
    return str(row[language]).format(**message.params) if row else None
