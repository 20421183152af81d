"""What came of a judgement: stored once, in one transaction, by the attempt that owns it; and who may see how much.

A result is never changed: a rejudge writes runs of its own (their pairing names the judgement), and the standing moves
to the current judgement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from challenges.base import About, Message, View
from judge import columns, ledger, standings, views
from judge.errors import PlatformFault
from judge.judgements import Claim, end_attempt, owned
from judge.models import Judgement, JudgementScore, Phase, Run, RunSeat, Submission
from judge.scoring import Judged, SeatRecord, kept, seat_message, seat_verdict
from judge.states import JudgementState, check_move
from judge.storage import Storage
from sandbox.types import Verdict

ARTEFACT_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class PlayedRun:
    """One run as the referee hands it back: a record per seat, replies and prints as bytes, something to look at, what
    later runs need. A seat without a program has a record alone."""

    records: Mapping[str, SeatRecord]
    transcripts: Mapping[str, bytes]
    view: View | None
    artefacts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under which a judgement came about (DESIGN, promise 5)."""

    image: str
    challenge_version: str
    cpu_model: str
    engine: str
    builder: str | None = None
    """Content of the image in which the entry was built; None where it was not."""
    build_log_sha256: str | None = None
    build_core_seconds: float = 0.0


def store_files(storage: Storage, played: PlayedRun) -> dict[str, str]:
    """Keep a run's view, transcripts, logs and artefacts, before any row names them: their SHA-256 by name. Raises
    PlatformFault for an artefact that is larger than it may be: meetings would have to do without it."""
    files = {}
    view = views.stored_form(played.view)
    if view is not None:
        files["view"] = storage.keep_bytes(view)
    for seat, transcript in played.transcripts.items():
        files[f"transcript {seat}"] = storage.keep_bytes(transcript)
        files[f"log {seat}"] = storage.keep_bytes(log_text(played.records[seat]).encode("utf-8", "replace"))
    for seat, artefact in played.artefacts.items():
        if len(artefact) > ARTEFACT_BYTES:
            raise PlatformFault(
                "challenge-failed", f"an artefact of {len(artefact)} bytes, where {ARTEFACT_BYTES} are most"
            )
        files[f"artefact {seat}"] = storage.keep_bytes(artefact)
    return files


def log_text(record: SeatRecord) -> str:
    """What a program printed, standard output before standard error, with a mark where it was cut."""
    result = record.result
    parts = [part for part in (result.stdout, result.stderr) if part]
    return "\n".join(parts) + ("\n[…]\n" if result.truncated else "")


def record(
    session: Session,
    *,
    claim: Claim,
    played: Sequence[PlayedRun],
    files: Sequence[Mapping[str, str]],
    judged: Judged,
    circumstances: Circumstances,
    now: datetime,
) -> JudgementState:
    """Store everything that a judgement gave and move the board, if `claim` still owns it.

    `files[i]` names what `played[i]` left in the storage. Raises StaleAttempt where another attempt owns the judgement.
    """
    judgement = owned(session, claim)
    end_attempt(session, claim, now=now)
    submission = session.get_one(Submission, judgement.submission_id)
    phase = session.get_one(Phase, judgement.phase_id)
    for run, stored in zip(played, files, strict=True):
        case = next(iter(run.records.values())).case
        row = Run(
            phase_id=judgement.phase_id,
            judgement_id=judgement.id,
            challenge_version=circumstances.challenge_version,
            image=circumstances.image,
            case=case.name,
            showcase=case.showcase,
            pairing=f"judgement-{judgement.id}",
            view_sha256=stored.get("view"),
            recorded_at=now,
        )
        store_run(session, row, run, stored, submissions=dict.fromkeys(run.records, judgement.submission_id))
    for track, score in judged.scores.items():
        session.add(JudgementScore(judgement_id=claim.id, track=track, **kept(score, submission.received_at)))
    state = JudgementState.SCORED if judged.verdict == Verdict.AC else JudgementState.FAILED
    if judged.awaits_panel:
        state = JudgementState.AWAITING_PANEL
    judgement.state = check_move(judgement.state, state)
    judgement.verdict = None if judged.awaits_panel else judged.verdict.value
    judgement.message = judged.message.to_json() if judged.message else None
    judgement.image, judgement.challenge_version = circumstances.image, circumstances.challenge_version
    judgement.cpu_model, judgement.engine = circumstances.cpu_model, circumstances.engine
    judgement.builder, judgement.build_log_sha256 = circumstances.builder, circumstances.build_log_sha256
    judgement.core_seconds = circumstances.build_core_seconds + sum(
        seat.result.cpu_seconds for run in played for seat in run.records.values()
    )
    judgement.finished_at, judgement.lease_until = None if judged.awaits_panel else now, None
    session.add(judgement)
    session.flush()
    ledger.mark(
        session,
        action="awaits-panel" if judged.awaits_panel else "judged",
        subject=f"judgement-{judgement.id}",
        now=now,
        facts={
            "verdict": judgement.verdict,
            "scores": {track: score.public for track, score in judged.scores.items()},
        },
    )
    for track in judged.scores:
        standings.follow(session, phase=phase, track=track, enrolment_id=judgement.enrolment_id, now=now)
    return state


def store_run(
    session: Session, run: Run, played: PlayedRun, files: Mapping[str, str], *, submissions: Mapping[str, int]
) -> None:
    """A run and its seats, by which submission each was taken."""
    session.add(run)
    session.flush()
    assert run.seq is not None
    for seat, record in played.records.items():
        session.add(
            RunSeat(
                run_seq=run.seq,
                seat=seat,
                submission_id=submissions[seat],
                verdict=seat_verdict(record.outcome, record.result).value,
                message=message.to_json() if (message := seat_message(record.outcome, record.result)) else None,
                score=record.outcome.score,
                columns=dict(record.outcome.columns),
                artefact_sha256=files.get(f"artefact {seat}"),
                transcript_sha256=files.get(f"transcript {seat}"),
                log_sha256=files.get(f"log {seat}"),
                wall_seconds=record.result.wall_seconds,
                cpu_seconds=record.result.cpu_seconds,
                memory_mib=record.result.memory_mib,
            )
        )


# ---------------------------------------------------------------------------------------------------------------------
# Who may see how much (DESIGN, promise 8)


@dataclass(frozen=True, slots=True)
class VisibleRun:
    """A run as its own team may see it now (`judge.columns`). Where a phase hides its cases, only a showcase has
    figures, log and view until the phase is over."""

    case: str
    showcase: bool
    verdict: str
    message: Message | None
    open: bool
    score: float | None
    columns: dict[str, float]
    log_sha256: str | None
    view_sha256: str | None
    wall_seconds: float | None
    cpu_seconds: float | None
    memory_mib: float | None


def visible_runs(session: Session, *, judgement: Judgement, phase: Phase) -> list[VisibleRun]:
    """A judgement's runs in the order in which they were played, as far as its team may see them. Of a hidden case the
    team sees that it was played and its verdict."""
    rows = session.exec(
        select(Run, RunSeat)
        .join(RunSeat, col(RunSeat.run_seq) == Run.seq)
        .where(Run.judgement_id == judgement.id, col(Run.superseded_by).is_(None))
        .order_by(col(Run.seq))
    )
    about = columns.sheet_of(session, phase)
    track = session.get_one(Submission, judgement.submission_id).track
    return [_visible(run, seat, phase, about, track) for run, seat in rows]


def _visible(run: Run, seat: RunSeat, phase: Phase, about: About, track: str) -> VisibleRun:
    shown = run.showcase or columns.cases_open(phase)
    on_board = about.columns_on(track) if run.showcase else columns.shown(about, phase, track)
    return VisibleRun(
        case=run.case,
        showcase=run.showcase,
        verdict=seat.verdict,
        message=Message.from_json(seat.message) if seat.message and shown else None,
        open=shown,
        score=seat.score if shown else None,
        columns=columns.only(seat.columns, on_board) if shown else {},
        log_sha256=seat.log_sha256 if shown else None,
        view_sha256=run.view_sha256 if run.showcase or columns.views_open(about, phase) else None,
        wall_seconds=seat.wall_seconds if shown else None,
        cpu_seconds=seat.cpu_seconds if shown else None,
        memory_mib=seat.memory_mib if shown else None,
    )


_FIGURES_HIDDEN = {f"ended-{verdict}" for verdict in ("rte", "tle", "mle", "ole", "pe", "sv")}


def said(judgement: Judgement, phase: Phase) -> Message | None:
    """Why a judgement ended as it did, as far as its team may know now. An exit code or a figure of memory is chosen by
    the entry, which has seen hidden cases: while these are hidden the sentence comes without them."""
    if judgement.message is None:
        return None
    message = Message.from_json(judgement.message)
    if message.code in _FIGURES_HIDDEN and not columns.cases_open(phase):
        return Message(f"{message.code}-hidden")
    return message


def scores_of(session: Session, *, judgement: Judgement) -> list[JudgementScore]:
    """By track; none unless scored."""
    return list(
        session.exec(
            select(JudgementScore)
            .where(JudgementScore.judgement_id == judgement.id)
            .order_by(col(JudgementScore.track))
        )
    )
