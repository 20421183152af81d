"""What `podium try` tells a person, line by line, in English as all of the command line."""

from collections.abc import Iterator

from challenges import sheet
from challenges.base import Message
from judge.results import log_text
from judge.scoring import seat_message, seat_verdict
from judge.sentences import said
from judge.tryout import LookedAt, Tried

LOG_CHARACTERS = 4000
BUILD_CHARACTERS = 8000


def deck(looked: LookedAt) -> Iterator[str]:
    """Of a deck, which people score."""
    slug, rubric = looked.about.slug, looked.about.rubric
    if looked.complaint is not None:
        yield f"{slug}: PE, {said(looked.complaint)}"
        return
    weights = ", ".join(f"{each.name} {each.weight:g}" for each in rubric.criteria) if rubric else ""
    yield f"{slug}: the deck can be read ({looked.size_bytes} bytes). People score it: {weights}"


def entry(tried: Tried) -> Iterator[str]:
    """Of an entry that was played: how it ended and what it is worth, then run by run, with the sentence of each that
    did not go well."""
    slug = tried.challenge.about.slug
    score = next(iter(tried.judged.scores.values()), None)
    worth = f"score {score.public}, interval {score.interval}" if score else "no score"
    yield f"{slug}: {tried.judged.verdict.value}, {worth}"
    if tried.build.message is not None:
        yield f"  {said(tried.build.message)}"
    yield f"  SHA-256 of the entry, packed: {tried.sha256}"
    for name, value in (score.columns if score else {}).items():
        yield f"  {name:<28} {value:g}"
    for record in (record for run in tried.runs for record in run.records.values()):
        verdict = seat_verdict(record.outcome, record.result).value
        yield f"  {record.case.name:<28} {verdict:<4} {record.outcome.score}"
        if (message := seat_message(record.outcome, record.result)) is not None:
            yield f"    {sentence(slug, message)}"
    yield f"  {tried.seconds:.3f} s"


def sentence(slug: str, message: Message) -> str:
    """A challenge's own, or the platform's."""
    return sheet.sentence(slug, message, "en") or said(message)


def logs(tried: Tried) -> Iterator[str]:
    """The build's, and the first run's."""
    if tried.build.log:
        yield f"--- the build said\n{tried.build.log[-BUILD_CHARACTERS:]}"
    records = (record for run in tried.runs for record in run.records.values())
    if (talked := next((record for record in records if log_text(record)), None)) is not None:
        yield f"--- log of {talked.case.name}\n{log_text(talked)[-LOG_CHARACTERS:]}"
