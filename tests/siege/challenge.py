"""Siege: the smallest cross-play there can be, known to tests alone (PODIUM_CHALLENGES). An attack names three numbers
once; every defence that meets them says each one's last digit."""

import json
from collections.abc import Mapping, Sequence
from statistics import fmean

from challenges import sheet
from challenges.base import (
    Answer,
    Case,
    Fault,
    Gone,
    Invalid,
    Json,
    Late,
    Materials,
    Message,
    Outcome,
    Phase,
    Played,
    Players,
    Reply,
    Score,
    SeatOutcome,
    View,
    derive,
)

ATTACK, DEFENCE = "attack", "defence"
NUMBERS = 3
HOUSE_ATTACK = (12, 34, 56)
HOUSE_KNOWS = 50
_FAULTS: Mapping[type, Fault] = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}


class Siege:
    def __init__(self) -> None:
        self.about = sheet.about("siege")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:
        return Materials(private={"check": seed.hex()[:8]})

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        assert materials.private
        return [
            Case(f"{seat}-{number}", derive(phase.seed, f"{seat}-{number}"), track=seat, seats=(seat,))
            for number in range(1, phase.cases + 1)
            for seat in (ATTACK, DEFENCE)
        ]

    def meetings(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        assert materials.private
        return [
            Case(
                name := f"siege-{number}",
                derive(phase.seed, name),
                seats=(DEFENCE,),
                brings={ATTACK: f"{ATTACK}-{number}"},
            )
            for number in range(1, phase.cases + 1)
        ]

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:
        if case.track == ATTACK:
            return _attack(players)
        numbers = json.loads(artefacts[ATTACK]) if artefacts else list(HOUSE_ATTACK)
        return _defend(players, numbers, met=bool(artefacts))

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        mean = round(fmean(sorted(row.outcome.score or 0.0 for row in played)), 6)
        columns = _columns(played[0].seat, [row.outcome.score or 0.0 for row in played], len(played))
        return {played[0].seat: Score(mean, mean, columns=columns)}

    def field(self, matrix: Json) -> Json:
        """The mean over the opponents and the house."""
        cells = matrix["scores"]
        return {
            "first": [
                _total(ATTACK, [100 - cell for cell in cells[i] if cell is not None], alone)
                for i, alone in enumerate(matrix["first"])
            ],
            "second": [
                _total(DEFENCE, [row[j] for row in cells if row[j] is not None], alone)
                for j, alone in enumerate(matrix["second"])
            ],
        }


def _total(seat: str, met: Sequence[float], alone: Json) -> Json:
    house = fmean([row["score"] for row in alone.values()])
    mean = round(fmean(sorted([*met, house])), 6)
    columns = _columns(seat, [*met, house], len(met) + 1)
    return Score(mean, mean, columns=columns, ties=(-min(met, default=0.0),)).to_json()


def _columns(seat: str, scores: Sequence[float], rounds: int) -> dict[str, float]:
    worst = {"breach": max(scores)} if seat == ATTACK else {"hold": min(scores)}
    return {"numbers": float(NUMBERS * rounds), **worst}


def _ended(seat: str, answer: Answer, number: int) -> SeatOutcome:
    fault = _FAULTS.get(type(answer), Fault.INVALID)
    return SeatOutcome(None, {}, fault, Message(fault.value, {"number": number}))


def _attack(players: Players) -> Outcome:
    """`{"name": 3}` → three whole numbers from 0 to 99; the house knows those below HOUSE_KNOWS."""
    answer = players[ATTACK].hello({})
    if isinstance(answer, Reply):
        answer = players[ATTACK].ask({"name": NUMBERS})
    value = getattr(answer, "value", None)
    if not isinstance(value, list) or len(value) != NUMBERS or not all(type(n) is int and 0 <= n < 100 for n in value):
        return Outcome({ATTACK: _ended(ATTACK, answer, 1)})
    score = round(100 * sum(n >= HOUSE_KNOWS for n in value) / NUMBERS, 6)
    return Outcome({ATTACK: SeatOutcome(score, {"numbers": 3.0})}, artefacts={ATTACK: json.dumps(value).encode()})


def _defend(players: Players, numbers: Sequence[int], *, met: bool) -> Outcome:
    """`{"number": 34}` → 4. What is late or no digit is wrong; who is gone has no score in its qualification."""
    answer: Answer = players[DEFENCE].hello({})
    right, fault = 0, None
    for number in numbers:
        if isinstance(answer, Gone):
            break
        answer = players[DEFENCE].ask({"number": number})
        right += getattr(answer, "value", None) == number % 10
    if isinstance(answer, Gone):
        fault = _ended(DEFENCE, answer, len(numbers))
    share = round(100 * right / NUMBERS, 6)
    mine = SeatOutcome(
        None if fault and not met else share, {"numbers": 3.0}, fault and fault.fault, fault and fault.message
    )
    seats = {DEFENCE: mine, **({ATTACK: SeatOutcome(100 - share, {"numbers": 3.0})} if met else {})}
    title = dict.fromkeys(("en", "zh", "ko"), "Siege")
    rows = [[number] for number in numbers]
    return Outcome(seats, View("table", {"title": title, "columns": [{"title": title, "digits": 0}], "rows": rows}))
