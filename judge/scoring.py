"""From stored runs to a judgement's score and to the order of a board. Pure."""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from challenges.base import Case, Fault, Message, Played, Score, SeatOutcome
from sandbox.types import Ending, Result, Verdict


class Scorer(Protocol):
    """The part of a challenge that this module needs."""

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]: ...


@dataclass(frozen=True, slots=True)
class SeatRecord:
    """What is known of one seat of one run: what the challenge saw and how the sandbox says the program ended."""

    case: Case
    seat: str
    outcome: SeatOutcome
    result: Result


@dataclass(frozen=True, slots=True)
class Judged:
    """How a judgement ended. `scores` by track, empty unless every case has a score. `awaits_panel`: nothing speaks
    against the entry, and people come next."""

    verdict: Verdict
    message: Message | None
    scores: Mapping[str, Score]
    awaits_panel: bool = False


_FAULTS = {Fault.LATE: Verdict.TLE, Fault.INVALID: Verdict.PE}
_KILLED = {Verdict.MLE, Verdict.OLE, Verdict.SV, Verdict.JE}


def seat_verdict(outcome: SeatOutcome, result: Result) -> Verdict:
    """How a run ended for a seat. A program that we ended, or that went after its last answer, did what was asked; one
    that left before is judged by its end, and by `PE` where that was an orderly one."""
    if outcome.fault is None:
        return Verdict.AC
    if outcome.fault == Fault.GONE:
        return Verdict.PE if result.verdict == Verdict.AC else result.verdict
    if result.verdict in _KILLED and result.ending != Ending.STOPPED:
        return result.verdict
    return _FAULTS[outcome.fault]


def judged(scorer: Scorer, records: Sequence[SeatRecord]) -> Judged:
    """`records`: the runs of a submission in case order. Scored when every case has a score; otherwise failed with the
    first other verdict in case order (DESIGN, States)."""
    counting = [record for record in records if not record.case.showcase]
    if counting and all(record.outcome.score is not None for record in counting):
        return Judged(
            Verdict.AC, None, scorer.score([Played(record.case, record.seat, record.outcome) for record in counting])
        )
    for record in counting:
        verdict = seat_verdict(record.outcome, record.result)
        if verdict != Verdict.AC:
            return Judged(verdict, seat_message(record.outcome, record.result), {})
    return Judged(Verdict.JE, Message("challenge-no-score"), {})


def not_built(message: Message | None) -> Judged:
    """An entry that could not be built is not played at all."""
    return Judged(Verdict.CE, message, {})


def looked_at(complaint: Message | None) -> Judged:
    """A deck is read by people, or cannot be: the form of what was handed in is broken, as it is by a reply that cannot
    be read."""
    if complaint is not None:
        return Judged(Verdict.PE, complaint, {})
    return Judged(Verdict.AC, None, {}, awaits_panel=True)


def seat_message(outcome: SeatOutcome, result: Result) -> Message | None:
    """The sentence for a run: what the challenge said, or how the program ended where it left before its time."""
    verdict = seat_verdict(outcome, result)
    if verdict == Verdict.AC:
        return None
    if outcome.fault == Fault.GONE or verdict in _KILLED:
        return end_message(verdict, result)
    return outcome.message or end_message(verdict, result)


def end_message(verdict: Verdict, result: Result) -> Message:
    """The sentence for how a program ended, with the figure that decided it."""
    return Message(
        f"ended-{verdict.value.lower()}",
        {
            "exit_code": -1 if result.exit_code is None else result.exit_code,
            "signal": result.signal or 0,
            "wall_seconds": round(result.wall_seconds, 2),
            "cpu_seconds": round(result.cpu_seconds, 2),
            "memory_mib": round(result.memory_mib, 1),
            "written_kib": math.ceil(result.written_bytes / 1024),
            "ending": result.ending.value,
        },
    )


# ---------------------------------------------------------------------------------------------------------------------
# Order


def _descending(value: float) -> str:
    """16 hex digits that sort as text with the largest value first. Raises ValueError for a NaN."""
    if math.isnan(value):
        raise ValueError("a score is never NaN")
    bits = struct.unpack(">Q", struct.pack(">d", value + 0.0))[0]
    ascending = bits ^ 0xFFFF_FFFF_FFFF_FFFF if bits >> 63 else bits | 1 << 63
    return f"{ascending ^ 0xFFFF_FFFF_FFFF_FFFF:016x}"


def kept(score: Score, received_at: datetime) -> dict[str, Any]:
    """What rows keep of a score: both figures, each with its interval and with what boards are sorted by, while a phase
    is open and once it is revealed."""
    shown, decides = score.provisional, score.decides
    low, high = shown.interval or (None, None)
    final_low, final_high = decides.interval or (None, None)
    return {
        "public": shown.score,
        "final": decides.score,
        "interval_low": low,
        "interval_high": high,
        "final_low": final_low,
        "final_high": final_high,
        "columns": dict(score.columns),
        "order_key": order_key(shown.score, shown.ties, received_at),
        "final_key": order_key(decides.score, decides.ties, received_at),
    }


def order_key(score: float, ties: Sequence[float], received_at: datetime) -> str:
    """A text that sorts better entries first: by score, then by each tie-breaker (lower is better), then by the earlier
    entry. Two entries share a rank only where all of it is equal."""
    parts = [_descending(score), *(_descending(-tie) for tie in ties)]
    return ".".join([*parts, f"{received_at.timestamp():020.6f}"])
