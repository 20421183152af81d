"""The rows. Stored rows never leave `judge/` towards the public: `web/shapes.py` says what a page may show.

Every time is UTC and aware. Texts for people are (code, parameters). What is hashed is stored as text.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from judge.states import JudgementState, PhaseState, SubmissionState

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time in both databases; refuses naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[Any]):
    """A state, stored as its word."""

    impl = String(20)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.words(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else self.words(value)


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _time(**options: Any) -> Any:
    return Field(sa_type=UtcDateTime, **options)


def _state(words: type[StrEnum], **options: Any) -> Any:
    return Field(sa_column=Column(Word(words), nullable=False), **options)


def _json(**options: Any) -> Any:
    return Field(sa_type=JSON, **options)


# ---------------------------------------------------------------------------------------------------------------------
# People


class User(SQLModel, table=True):
    """`email` is stored folded (lower case, NFC)."""

    __tablename__ = "account"
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=80)
    password_hash: str
    language: str = Field(default="en", max_length=5)
    demo: bool = False
    created_at: datetime = _time()
    email_verified_at: datetime | None = _time(default=None)
    disabled_at: datetime | None = _time(default=None)


class UserSession(SQLModel, table=True):
    """A signed-in browser: the cookie holds a random token, the row its SHA-256."""

    __tablename__ = "account_session"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    token_sha256: str = Field(max_length=64, unique=True)
    created_at: datetime = _time()
    expires_at: datetime = _time()


class SignInTry(SQLModel, table=True):
    """A failed sign-in, by address and by account: the rate limit counts these. Kept for a day."""

    __tablename__ = "sign_in_try"
    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(max_length=64)
    at: datetime = _time()
    __table_args__ = (Index(None, "subject", "at"),)


class Role(SQLModel, table=True):
    """What a user may do in a contest; `contest_id` None is every contest."""

    __tablename__ = "role"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    contest_id: int | None = Field(default=None, foreign_key="contest.id", ondelete="CASCADE")
    role: str = Field(max_length=10)
    created_at: datetime = _time()
    __table_args__ = (
        UniqueConstraint("user_id", "contest_id", "role"),
        CheckConstraint("role IN ('judge', 'chair', 'organiser')", name="role"),
    )


class Token(SQLModel, table=True):
    """A one-time or bounded link: the first organiser's, a team's invitation. Only the hash is kept."""

    __tablename__ = "link_token"
    id: int | None = Field(default=None, primary_key=True)
    purpose: str = Field(max_length=20)
    token_sha256: str = Field(max_length=64, unique=True)
    team_id: int | None = Field(default=None, foreign_key="team.id", index=True, ondelete="CASCADE")
    created_at: datetime = _time()
    expires_at: datetime = _time()
    used_at: datetime | None = _time(default=None)


class Team(SQLModel, table=True):
    __tablename__ = "team"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60)
    folded_name: str = Field(max_length=120, unique=True)
    slug: str = Field(max_length=80, unique=True)
    created_at: datetime = _time()


class Membership(SQLModel, table=True):
    __tablename__ = "membership"
    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(foreign_key="team.id", index=True, ondelete="CASCADE")
    user_id: int = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    captain: bool = False
    joined_at: datetime = _time()
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)


# ---------------------------------------------------------------------------------------------------------------------
# Contests


class Contest(SQLModel, table=True):
    """One running of a challenge. `title` is a map by language, empty for the challenge's own."""

    __tablename__ = "contest"
    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=60, unique=True)
    challenge: str = Field(max_length=40)
    title: dict[str, str] = _json(default_factory=dict)
    timezone: str = Field(default="UTC", max_length=60)
    state: PhaseState = _state(PhaseState, default=PhaseState.DRAFT)
    created_at: datetime = _time()
    __table_args__ = (_one_of("state", PhaseState),)


class Phase(SQLModel, table=True):
    """A window of time with its own cases, quota and rule of what counts (`best`, `last`, `chosen`).

    `sealed_seed` and `sealed_materials` are readable by workers only; `materials` maps public files to their SHA-256;
    `commitment` is published when the phase opens; `seed_hex` is filled once, when the seed is revealed. `image` and
    `challenge_version` are pinned when it opens.

    `meets` says how entries meet, where a contest pairs them: on a `ladder`, or `all` play all among those invited.
    `meeting_cases` are the names of what every pairing plays, with their tracks; `field_due_at` is since when something
    has changed in the field that no worker has looked at.

    `opening_at` is when the worker that prepares a draft was last known to be at it; `starter_sha256` the starter kit,
    made soon after the phase opens.
    """

    __tablename__ = "phase"
    id: int | None = Field(default=None, primary_key=True)
    contest_id: int = Field(foreign_key="contest.id", index=True)
    position: int
    slug: str = Field(max_length=40)
    title: dict[str, str] = _json(default_factory=dict)
    state: PhaseState = _state(PhaseState, default=PhaseState.DRAFT)
    starts_at: datetime = _time()
    ends_at: datetime = _time()
    freeze_at: datetime | None = _time(default=None)
    cases: int
    hidden: bool = True
    counts: str = Field(default="best", max_length=10)
    chosen: int = 1
    quota_per_day: int = 10
    quota_total: int = 100
    max_judgement_seconds: float = 0.0
    meets: str = Field(default="ladder", max_length=10)
    meeting_cases: list[dict[str, str]] = _json(default_factory=list)
    field_due_at: datetime | None = _time(default=None)
    challenge_version: str | None = Field(default=None, max_length=40)
    image: str | None = Field(default=None, max_length=80)
    sealed_seed: str | None = None
    commitment: str | None = Field(default=None, max_length=64)
    seed_hex: str | None = Field(default=None, max_length=64)
    materials: dict[str, str] = _json(default_factory=dict)
    sealed_materials: str | None = None
    opening_at: datetime | None = _time(default=None)
    opened_at: datetime | None = _time(default=None)
    starter_sha256: str | None = Field(default=None, max_length=64)
    revealed_at: datetime | None = _time(default=None)
    __table_args__ = (
        UniqueConstraint("contest_id", "slug"),
        UniqueConstraint("contest_id", "position"),
        _one_of("state", PhaseState),
        CheckConstraint("counts IN ('best', 'last', 'chosen')", name="counts"),
        CheckConstraint("meets IN ('ladder', 'all')", name="meets"),
        CheckConstraint("ends_at > starts_at", name="window"),
        CheckConstraint("quota_per_day > 0 AND quota_total > 0 AND cases > 0", name="figures"),
    )


class Enrolment(SQLModel, table=True):
    """A team in a contest."""

    __tablename__ = "enrolment"
    id: int | None = Field(default=None, primary_key=True)
    contest_id: int = Field(foreign_key="contest.id")
    team_id: int = Field(foreign_key="team.id", index=True)
    category: str = Field(default="", max_length=40)
    eligible: bool = True
    terms_accepted_at: datetime = _time()
    __table_args__ = (UniqueConstraint("contest_id", "team_id"),)


# ---------------------------------------------------------------------------------------------------------------------
# One submission's line


class Submission(SQLModel, table=True):
    """One immutable upload. `public_id` is what links carry; `received_at` is when the request's headers arrived;
    `toolchain` is the language that it is built for, as its entry.toml says, or None where nothing is to be built;
    `track` the discipline that it is for, '' where a contest has one; `pitch` what was written beside a deck.
    The same `form_token` twice is the same upload sent twice (a double click, a lost answer), not two."""

    __tablename__ = "submission"
    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(max_length=22, unique=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    phase_id: int = Field(foreign_key="phase.id")
    user_id: int = Field(foreign_key="account.id")
    sha256: str = Field(max_length=64, index=True)
    size_bytes: int
    filename: str = Field(max_length=200)
    toolchain: str | None = Field(default=None, max_length=20)
    track: str = Field(default="", max_length=40)
    pitch: dict[str, Any] | None = Field(default=None, sa_column=Column("pitch", JSON(none_as_null=True)))
    state: SubmissionState = _state(SubmissionState, default=SubmissionState.ACTIVE)
    chosen: bool = False
    received_at: datetime = _time()
    acknowledged_at: datetime = _time()
    form_token: str | None = Field(default=None, max_length=64)
    __table_args__ = (
        _one_of("state", SubmissionState),
        UniqueConstraint("enrolment_id", "form_token"),
        Index(None, "enrolment_id", "phase_id"),
        Index(None, "phase_id", "received_at"),
    )


class QuotaUse(SQLModel, table=True):
    """A slot that a submission took: the UNIQUE key makes two uploads at once fight for it, and one loses. `n` counts
    every use of the day, refunded ones too; `serial` those of the whole phase."""

    __tablename__ = "quota_use"
    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    phase_id: int = Field(foreign_key="phase.id", index=True)
    day: str = Field(max_length=10)
    n: int
    serial: int
    submission_id: int = Field(foreign_key="submission.id", unique=True)
    refunded_at: datetime | None = _time(default=None)
    __table_args__ = (
        UniqueConstraint("enrolment_id", "phase_id", "day", "n"),
        UniqueConstraint("enrolment_id", "phase_id", "serial"),
    )


class Leased(SQLModel):
    """What every piece of a worker's work has (see `judge.leases`): `attempt` counts the times a worker began; `faults`
    those that ended by our fault; the lease says until when the worker of the present attempt is believed."""

    attempt: int = 0
    faults: int = 0
    worker: str | None = Field(default=None, max_length=120)
    lease_until: datetime | None = _time(default=None)
    message: dict[str, Any] | None = _json(default=None)
    queued_at: datetime = _time()
    started_at: datetime | None = _time(default=None)
    finished_at: datetime | None = _time(default=None)


class Judgement(Leased, table=True):
    """One attempt of a person to have a submission judged in a phase; a rejudge makes a new one, numbered.

    `builder` is the content of the image in which the entry was built, and
    `build_log_sha256` what its build said. `enrolment_id` is the submission's, repeated for the rule that a team has
    one judged at a time.
    """

    __tablename__ = "judgement"
    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id")
    phase_id: int = Field(foreign_key="phase.id")
    enrolment_id: int = Field(foreign_key="enrolment.id")
    number: int = 1
    current: bool = True
    state: JudgementState = _state(JudgementState, default=JudgementState.QUEUED)
    verdict: str | None = Field(default=None, max_length=3)
    image: str | None = Field(default=None, max_length=80)
    challenge_version: str | None = Field(default=None, max_length=40)
    cpu_model: str | None = Field(default=None, max_length=120)
    engine: str | None = Field(default=None, max_length=120)
    builder: str | None = Field(default=None, max_length=80)
    build_log_sha256: str | None = Field(default=None, max_length=64)
    core_seconds: float | None = None
    __table_args__ = (
        UniqueConstraint("submission_id", "phase_id", "number"),
        _one_of("state", JudgementState),
        Index(
            "uq_judgement_running",
            "enrolment_id",
            unique=True,
            sqlite_where=sql("state = 'running'"),
            postgresql_where=sql("state = 'running'"),
        ),
        Index(
            "uq_judgement_current",
            "submission_id",
            "phase_id",
            unique=True,
            sqlite_where=sql("current"),
            postgresql_where=sql("current"),
        ),
        Index(None, "state", "queued_at"),
        Index(None, "enrolment_id", "phase_id", "state"),
    )


class Meeting(Leased, table=True):
    """Two entries to be played against each other in a phase, once: `first_id` takes the first seat of the contest's
    sheet, `second_id` the second. `pairing` names both; `track` is the ladder that they are on, '' in cross-play, where
    the seats are tracks. What was queued when one of them left the field is cancelled; should the pair be due again,
    that is another `round`. A meeting that our own faults ended is `platform_failed`, and counts for nobody."""

    __tablename__ = "meeting"
    id: int | None = Field(default=None, primary_key=True)
    phase_id: int = Field(foreign_key="phase.id")
    track: str = Field(default="", max_length=40)
    case: str = Field(sa_column=Column("case_name", String(80), nullable=False))
    pairing: str = Field(max_length=80)
    round: int = Field(default=1, sa_column=Column("round_number", Integer, nullable=False))
    first_id: int = Field(foreign_key="submission.id", index=True)
    second_id: int = Field(foreign_key="submission.id", index=True)
    state: JudgementState = _state(JudgementState, default=JudgementState.QUEUED)
    __table_args__ = (
        UniqueConstraint("phase_id", "case_name", "pairing", "round_number"),
        _one_of("state", JudgementState),
        CheckConstraint("first_id <> second_id", name="seats"),
        Index(None, "state", "queued_at"),
        Index(None, "phase_id", "state"),
    )


class Attempt(SQLModel, table=True):
    """What became of one attempt of a judgement, or of a meeting: the honest record behind `JE` and refunds."""

    __tablename__ = "attempt"
    id: int | None = Field(default=None, primary_key=True)
    judgement_id: int | None = Field(default=None, foreign_key="judgement.id")
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id")
    number: int
    worker: str = Field(max_length=120)
    started_at: datetime = _time()
    ended_at: datetime | None = _time(default=None)
    message: dict[str, Any] | None = _json(default=None)
    detail: str | None = None
    __table_args__ = (
        UniqueConstraint("judgement_id", "number"),
        UniqueConstraint("meeting_id", "number"),
        CheckConstraint("(judgement_id IS NULL) <> (meeting_id IS NULL)", name="work"),
    )


class Run(SQLModel, table=True):
    """One case played. Never edited, but for `superseded_by`: the board of a past moment reads by `seq` and
    `recorded_at`. `pairing` names who played: `judgement-<id>` for a solo run, `<first>-<second>` (submissions) for a
    meeting's, of which there is one."""

    __tablename__ = "run"
    seq: int | None = Field(default=None, primary_key=True)
    phase_id: int = Field(foreign_key="phase.id")
    judgement_id: int | None = Field(default=None, foreign_key="judgement.id", index=True)
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", unique=True)
    challenge_version: str = Field(max_length=40)
    image: str = Field(max_length=80)
    case: str = Field(sa_column=Column("case_name", String(80), nullable=False))
    showcase: bool = False
    pairing: str = Field(max_length=80)
    round: int = Field(default=1, sa_column=Column("round_number", Integer, nullable=False))
    view_sha256: str | None = Field(default=None, max_length=64)
    recorded_at: datetime = _time()
    superseded_by: int | None = Field(default=None, foreign_key="run.seq")
    __table_args__ = (
        UniqueConstraint("phase_id", "challenge_version", "image", "case_name", "pairing", "round_number"),
    )


class RunSeat(SQLModel, table=True):
    """What one submission got in one run. `transcript_sha256` holds the replies, byte for byte; `log_sha256` what the
    program printed; `artefact_sha256` what later runs need of it. A seat that was filled with such an artefact had no
    program, and has neither transcript nor log."""

    __tablename__ = "run_seat"
    id: int | None = Field(default=None, primary_key=True)
    run_seq: int = Field(foreign_key="run.seq")
    seat: str = Field(max_length=20)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    verdict: str = Field(max_length=3)
    message: dict[str, Any] | None = _json(default=None)
    score: float | None = None
    columns: dict[str, float] = Field(default_factory=dict, sa_column=Column("figures", JSON, nullable=False))
    artefact_sha256: str | None = Field(default=None, max_length=64)
    transcript_sha256: str | None = Field(default=None, max_length=64)
    log_sha256: str | None = Field(default=None, max_length=64)
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_mib: float = 0.0
    __table_args__ = (UniqueConstraint("run_seq", "seat"),)


class JudgementScore(SQLModel, table=True):
    """What a scored judgement is worth on a track; where people score, what its reviews come to now. The public score
    lies in its `interval`, the final one between `final_low` and `final_high`. `order_key` sorts better ones first by
    the public score, `final_key` by the final one (see `judge.scoring`)."""

    __tablename__ = "judgement_score"
    id: int | None = Field(default=None, primary_key=True)
    judgement_id: int = Field(foreign_key="judgement.id")
    track: str = Field(default="", max_length=40)
    public: float = Field(sa_column=Column("public_score", Float(53), nullable=False))
    final: float = Field(sa_column=Column("final_score", Float(53), nullable=False))
    interval_low: float | None = None
    interval_high: float | None = None
    final_low: float | None = None
    final_high: float | None = None
    columns: dict[str, float] = Field(default_factory=dict, sa_column=Column("figures", JSON, nullable=False))
    order_key: str = Field(max_length=200)
    final_key: str = Field(max_length=200)
    __table_args__ = (UniqueConstraint("judgement_id", "track"),)


class Review(SQLModel, table=True):
    """What one judge says of one entry in a phase: scores by the rubric's criteria, a word on the whole, and words on
    single criteria. Never edited: a change is another row, which the first one names as `superseded_by`; what a panel
    knew at a past moment reads by `recorded_at`. A judge has one current review of an entry."""

    __tablename__ = "review"
    id: int | None = Field(default=None, primary_key=True)
    phase_id: int = Field(foreign_key="phase.id")
    submission_id: int = Field(foreign_key="submission.id", index=True)
    reviewer_id: int = Field(foreign_key="account.id", index=True)
    scores: dict[str, float] = _json(default_factory=dict)
    comment: str = ""
    comments: dict[str, str] = _json(default_factory=dict)
    recorded_at: datetime = _time()
    superseded_by: int | None = Field(default=None, foreign_key="review.id")
    __table_args__ = (
        Index(
            "uq_review_current",
            "phase_id",
            "submission_id",
            "reviewer_id",
            unique=True,
            sqlite_where=sql("superseded_by IS NULL"),
            postgresql_where=sql("superseded_by IS NULL"),
        ),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Boards, hosts, ledger


class Standing(SQLModel, table=True):
    """One row of a living board: the judgement that counts for an enrolment. Where its figures follow from meetings or
    reviews, the row carries them itself, and those of the board as it was at the freeze in a row of its own
    (`frozen`)."""

    __tablename__ = "standing"
    id: int | None = Field(default=None, primary_key=True)
    phase_id: int = Field(foreign_key="phase.id")
    track: str = Field(default="", max_length=40)
    category: str = Field(default="", max_length=40)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    judgement_id: int = Field(foreign_key="judgement.id")
    order_key: str = Field(max_length=200)
    final_key: str = Field(max_length=200)
    entries: int
    improved_at: datetime = _time()
    frozen: bool = False
    public: float | None = Field(default=None, sa_column=Column("public_score", Float(53)))
    final: float | None = Field(default=None, sa_column=Column("final_score", Float(53)))
    interval_low: float | None = None
    interval_high: float | None = None
    final_low: float | None = None
    final_high: float | None = None
    columns: dict[str, float] | None = Field(default=None, sa_column=Column("figures", JSON(none_as_null=True)))
    __table_args__ = (
        UniqueConstraint("phase_id", "track", "enrolment_id", "frozen"),
        Index("ix_standing_order", "phase_id", "track", "order_key"),
        Index("ix_standing_final", "phase_id", "track", "final_key"),
    )


class Board(SQLModel, table=True):
    """The version of a living board: one more with every change that a reader could see."""

    __tablename__ = "board"
    id: int | None = Field(default=None, primary_key=True)
    phase_id: int = Field(foreign_key="phase.id")
    track: str = Field(default="", max_length=40)
    version: int = 0
    changed_at: datetime = _time()
    __table_args__ = (UniqueConstraint("phase_id", "track"),)


class Host(SQLModel, table=True):
    """A worker that says it is alive, with which sandbox and image. The portal reads what it may promise here."""

    __tablename__ = "worker_host"
    name: str = Field(primary_key=True, max_length=120)
    sandbox: str = Field(max_length=20)
    isolated: bool
    image: str = Field(max_length=80)
    note: str = ""
    started_at: datetime = _time()
    seen_at: datetime = _time()


class LedgerEntry(SQLModel, table=True):
    """A mark of every hand on a result: ids only, no personal data. Sealed in batches into a hash chain."""

    __tablename__ = "ledger_entry"
    seq: int | None = Field(default=None, primary_key=True)
    at: datetime = _time()
    actor_id: int | None = None
    action: str = Field(max_length=40)
    subject: str = Field(max_length=60)
    facts: str = "{}"
    batch: int | None = Field(default=None, foreign_key="ledger_batch.id", index=True)


class LedgerBatch(SQLModel, table=True):
    __tablename__ = "ledger_batch"
    id: int | None = Field(default=None, primary_key=True)
    previous_sha256: str = Field(max_length=64, unique=True)
    sha256: str = Field(max_length=64, unique=True)
    sealed_at: datetime = _time()
