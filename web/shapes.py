"""What a page or the API may show. Stored rows stay behind: a figure that is not named here cannot leak."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from judge import columns, contests
from judge.catalogue import About, Column, Message, about
from judge.leaderboard import PAGE, Row, Snapshot, figure_of
from judge.models import Contest, Judgement, JudgementScore, Phase, Submission, User
from judge.results import VisibleRun
from judge.states import PhaseState
from web.i18n import Reader


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, to that person alone."""

    name: str
    email: str
    organiser: bool = False


def person(user: User, *, organiser: bool = False) -> Person:
    return Person(user.name, user.email, organiser)


@dataclass(frozen=True, slots=True)
class PhaseShape:
    """`word` is the state a reader cares for: planned, open, frozen, paused, closed or revealed."""

    slug: str
    title: str
    word: str
    takes_uploads: bool
    starts_at: datetime
    ends_at: datetime
    freeze_at: datetime | None
    cases: int
    hidden: bool
    counts: str
    chosen: int
    quota_per_day: int
    quota_total: int
    commitment: str | None
    seed: str | None
    files: tuple[tuple[str, str], ...]
    """Public files: name and SHA-256."""
    kit: str | None = None
    """The SHA-256 of the starter kit, once there is one."""


def phase_shape(phase: Phase, reader: Reader, *, now: datetime) -> PhaseShape:
    return PhaseShape(
        slug=phase.slug,
        title=phase_title(phase, reader),
        word=phase_word(phase, now=now),
        takes_uploads=contests.takes_uploads(phase, now=now),
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        freeze_at=phase.freeze_at,
        cases=phase.cases,
        hidden=not columns.cases_open(phase),
        counts=phase.counts,
        chosen=phase.chosen,
        quota_per_day=phase.quota_per_day,
        quota_total=phase.quota_total,
        commitment=phase.commitment,
        seed=phase.seed_hex if phase.state == PhaseState.REVEALED else None,
        files=tuple(sorted(phase.materials.items())),
        kit=phase.starter_sha256,
    )


def phase_title(phase: Phase, reader: Reader) -> str:
    known = f"phase.{phase.slug}"
    return reader.of(phase.title) or (reader.text(known) if reader.has(known) else phase.slug)


def phase_word(phase: Phase, *, now: datetime) -> str:
    if phase.state in (PhaseState.OPEN, PhaseState.FROZEN):
        if now < phase.starts_at:
            return "planned"
        if now >= phase.ends_at:
            return PhaseState.CLOSED.value
        if phase.freeze_at is not None and now >= phase.freeze_at:
            return PhaseState.FROZEN.value
    return phase.state.value


@dataclass(frozen=True, slots=True)
class ContestShape:
    slug: str
    title: str
    summary: str
    word: str
    zone: str
    phases: tuple[PhaseShape, ...]
    current: PhaseShape | None
    enrolled: int
    entry_mib: int
    memory_mib: int
    cpu_seconds: float
    processes: int
    tracks: tuple[tuple[str, str], ...]
    pairing: str = "solo"
    kind: str = "program"
    entry_pages: int = 0
    summary_characters: int = 0
    links: int = 0
    categories: tuple[tuple[str, str], ...] = ()
    rubric: tuple["CriterionShape", ...] = ()
    reviews: int = 0

    @property
    def by_people(self) -> bool:
        """Whether people score entries, and nothing is played."""
        return self.pairing == "none"

    @property
    def meets(self) -> bool:
        """Whether entries meet each other."""
        return self.pairing in ("cross", "match")


@dataclass(frozen=True, slots=True)
class CriterionShape:
    """A measure by which people score; `anchors` says what its levels mean."""

    name: str
    title: str
    weight: float
    anchors: tuple[tuple[float, str], ...]


def _rubric_shape(sheet: About, reader: Reader) -> tuple[CriterionShape, ...]:
    return tuple(
        CriterionShape(
            name=criterion.name,
            title=reader.of(criterion.title),
            weight=criterion.weight,
            anchors=tuple((level, reader.of(texts)) for level, texts in criterion.anchors.items()),
        )
        for criterion in (sheet.rubric.criteria if sheet.rubric else ())
    )


def contest_shape(
    contest: Contest, phases: Sequence[Phase], current: Phase | None, *, enrolled: int, reader: Reader, now: datetime
) -> ContestShape:
    """Drafts among `phases` are left out."""
    sheet = about(contest.challenge)
    shown = tuple(phase_shape(phase, reader, now=now) for phase in phases if phase.state != PhaseState.DRAFT)
    at = next((phase for phase in shown if current is not None and phase.slug == current.slug), None)
    word = contest.state.value
    if contest.state in (PhaseState.OPEN, PhaseState.FROZEN) and at is not None:
        word = at.word
    return ContestShape(
        slug=contest.slug,
        title=contest_title(contest, reader),
        summary=reader.of(sheet.summary),
        word=word,
        zone=contest.timezone,
        phases=shown,
        current=at,
        enrolled=enrolled,
        entry_mib=sheet.entry_mib,
        memory_mib=sheet.memory_mib,
        cpu_seconds=sheet.cpu_seconds,
        processes=sheet.processes,
        tracks=tuple((track.name, reader.of(track.title)) for track in sheet.tracks),
        pairing=sheet.pairing,
        kind=sheet.entry.kind,
        entry_pages=sheet.entry.pages,
        summary_characters=sheet.entry.summary_characters,
        links=sheet.entry.links,
        categories=tuple((category.name, reader.of(category.title)) for category in sheet.categories),
        rubric=_rubric_shape(sheet, reader),
        reviews=sheet.rubric.reviews if sheet.rubric else 0,
    )


def contest_title(contest: Contest, reader: Reader) -> str:
    return reader.of(contest.title) or reader.of(about(contest.challenge).title, contest.slug)


# ---------------------------------------------------------------------------------------------------------------------
# Boards


@dataclass(frozen=True, slots=True)
class ColumnShape:
    name: str
    title: str
    unit: str
    digits: int


def column_shapes(columns: Iterable[Column], reader: Reader) -> tuple[ColumnShape, ...]:
    return tuple(ColumnShape(column.name, reader.of(column.title), column.unit, column.digits) for column in columns)


@dataclass(frozen=True, slots=True)
class BoardShape:
    contest: str
    phase: str
    track: str
    version: str
    computed_at: datetime
    frozen_at: datetime | None
    ledger_head: str
    score_unit: str
    score_digits: int
    columns: tuple[ColumnShape, ...]
    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    category: str | None = None

    @property
    def ties(self) -> bool:
        """Whether any two neighbours on this page cannot be told apart."""
        return any(row.tied for row in self.rows)

    @property
    def intervals(self) -> bool:
        return any(row.interval for row in self.rows)


def board_shape(
    snapshot: Snapshot, *, contest: Contest, phase: Phase, reader: Reader, page: int, category: str | None = None
) -> BoardShape:
    sheet = about(contest.challenge)
    return BoardShape(
        contest=contest.slug,
        phase=phase.slug,
        track=snapshot.track,
        version=snapshot.version,
        computed_at=snapshot.computed_at,
        frozen_at=snapshot.frozen_at,
        ledger_head=snapshot.ledger_head,
        score_unit=sheet.score_unit,
        score_digits=sheet.score_digits,
        columns=column_shapes(columns.shown(sheet, phase, snapshot.track), reader),
        rows=snapshot.rows,
        total=snapshot.total,
        page=page,
        pages=max(1, -(-snapshot.total // PAGE)),
        category=category,
    )


def board_json(board: BoardShape) -> dict[str, Any]:
    """Times as ISO 8601 in UTC."""
    shape = asdict(board)
    for holder in (shape, *shape["rows"]):
        for name, value in holder.items():
            if isinstance(value, datetime):
                holder[name] = value.isoformat()
    return shape


# ---------------------------------------------------------------------------------------------------------------------
# Submissions


@dataclass(frozen=True, slots=True)
class ScoreShape:
    track: str
    title: str
    score: float
    interval: tuple[float, float] | None
    columns: tuple[tuple[ColumnShape, float], ...]


@dataclass(frozen=True, slots=True)
class SubmissionShape:
    """A submission as its own team sees it."""

    public_id: str
    filename: str
    sha256: str
    size_bytes: int
    state: str
    received_at: datetime
    judgement_state: str
    final: bool
    verdict: str | None
    message: Message | None
    attempt: int
    number: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    ahead: int | None
    refunded: bool
    toolchain: str | None = None
    build_log_sha256: str | None = None
    track: str = ""
    settled: bool = False
    pitch: dict[str, Any] | None = None
    scores: tuple[ScoreShape, ...] = ()
    runs: tuple[VisibleRun, ...] = ()


def score_shapes(
    scores: Sequence[JudgementScore], *, contest: Contest, phase: Phase, reader: Reader
) -> tuple[ScoreShape, ...]:
    """The public figures while a phase is open, the final ones once it is revealed."""
    sheet = about(contest.challenge)
    titles = {track.name: reader.of(track.title) for track in sheet.tracks}
    figures = [figure_of(score, revealed=phase.state == PhaseState.REVEALED) for score in scores]
    return tuple(
        ScoreShape(
            track=score.track,
            title=titles.get(score.track, score.track),
            score=figure,
            interval=interval,
            columns=tuple(
                (column, score.columns[column.name])
                for column in column_shapes(columns.shown(sheet, phase, score.track), reader)
                if column.name in score.columns
            ),
        )
        for score, (figure, interval) in zip(scores, figures, strict=True)
    )


def submission_shape(
    submission: Submission,
    judgement: Judgement,
    *,
    message: Message | None = None,
    ahead: int | None = None,
    refunded: bool = False,
    scores: tuple[ScoreShape, ...] = (),
    runs: Sequence[VisibleRun] = (),
) -> SubmissionShape:
    """`message`: what its team may know of the reason (`results.said`)."""
    return SubmissionShape(
        public_id=submission.public_id,
        filename=submission.filename,
        sha256=submission.sha256,
        size_bytes=submission.size_bytes,
        state=submission.state.value,
        received_at=submission.received_at,
        judgement_state=judgement.state.value,
        final=judgement.state.final,
        verdict=judgement.verdict,
        message=message,
        attempt=judgement.attempt,
        number=judgement.number,
        queued_at=judgement.queued_at,
        started_at=judgement.started_at,
        finished_at=judgement.finished_at,
        ahead=ahead,
        refunded=refunded,
        toolchain=submission.toolchain,
        build_log_sha256=judgement.build_log_sha256,
        track=submission.track,
        settled=judgement.state.settled,
        pitch=submission.pitch,
        scores=scores,
        runs=tuple(runs),
    )
