"""Duel: the smallest match there can be, known to tests alone (PODIUM_CHALLENGES). Three numbers are called; whoever
names the nearer one wins the point, whoever has more points the game."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from challenges import sheet
from challenges.base import (
    SHOWCASE_SEED,
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
    derive_int,
)
from challenges.errors import BrokenChallenge

SEATS = ("left", "right")
CALLS = 3
HOUSE = 50.0
COLUMNS = ("wins", "near", "far", "wide")
_FAULTS: Mapping[type, Fault] = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}
_TITLE = {"en": "Duel", "zh": "对决", "ko": "대결"}


class Duel:
    def __init__(self) -> None:
        self.about = sheet.about("duel")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:
        return Materials()

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        """Against the house, which always says the same, on either side."""
        cases = [
            Case(name := f"house-{number}-{seat}", derive(phase.seed, name), seats=(seat,))
            for number in range(1, phase.cases + 1)
            for seat in SEATS
        ]
        if phase.showcase:
            cases.append(Case("showcase", derive(SHOWCASE_SEED, "duel"), showcase=True, seats=("left",)))
        return cases

    def meetings(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        return [Case(name := f"game-{number}", derive(phase.seed, name)) for number in range(1, phase.cases + 1)]

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:
        live = case.seats or SEATS
        faults: dict[str, Message] = {}
        ended: dict[str, Fault] = {}

        def heard(seat: str, answer: Answer) -> float | None:
            fault = _FAULTS.get(type(answer))
            value = answer.value if isinstance(answer, Reply) else None
            if fault is None and (type(value) not in (int, float) or not -1000 <= value <= 1000):
                fault = Fault.INVALID
            if fault is not None and seat not in ended:
                ended[seat], faults[seat] = fault, Message(fault.value, {"seat": seat})
            return None if fault else float(value)

        for seat in live:
            if (fault := _FAULTS.get(type(players[seat].hello({"calls": CALLS})))) is not None:
                ended[seat], faults[seat] = fault, Message(fault.value, {"seat": seat})
        points, wide = dict.fromkeys(SEATS, 0), dict.fromkeys(SEATS, 0.0)
        rows = []
        for number in calls(case):
            asked = {seat: {"call": number} for seat in live if seat not in ended}
            answers = players.ask_all(asked)
            said = {seat: heard(seat, answers[seat]) if seat in answers else None for seat in live}
            if case.seats:
                said |= {seat: HOUSE for seat in SEATS if seat not in live}
            missed = {seat: abs(said[seat] - number) if said[seat] is not None else 10_000.0 for seat in SEATS}
            for seat, other in (SEATS, SEATS[::-1]):
                points[seat] += missed[seat] < missed[other]
                wide[seat] += missed[seat]
            rows.append([number, missed["left"], missed["right"]])
        return Outcome(
            {seat: _outcome(seat, points, wide[seat], ended, faults, qualifying=bool(case.seats)) for seat in live},
            View("table", _table(rows)),
        )

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        mean = round(fmean(sorted(100 * (row.outcome.score or 0.0) for row in played)), 6)
        columns = {name: sum(row.outcome.columns[name] for row in played) for name in COLUMNS}
        return {"": Score(mean, mean, columns=columns)}

    def field(self, matrix: Json) -> Json:
        raise BrokenChallenge("a field of matches is rated, not totalled")


def calls(case: Case) -> list[int]:
    """What is called in a case: secret as its seed is."""
    return [derive_int(case.seed, f"call-{number}") % 100 for number in range(CALLS)]


def _outcome(
    seat: str,
    points: Mapping[str, int],
    wide: float,
    ended: Mapping[str, Fault],
    faults: Mapping[str, Message],
    *,
    qualifying: bool,
) -> SeatOutcome:
    """Who leaves in the qualification has no score there; in a game it has lost."""
    (other,) = (name for name in SEATS if name != seat)
    mine, theirs = points[seat], points[other]
    score = 0.0 if seat in ended else 0.5 + 0.5 * (mine > theirs) - 0.5 * (mine < theirs)
    return SeatOutcome(
        None if qualifying and seat in ended else score,
        {"wins": float(score == 1), "near": float(mine), "far": float(theirs), "wide": wide},
        ended.get(seat),
        faults.get(seat),
    )


def _table(rows: list[list[float]]) -> Json:
    names = ({"en": "Call", "zh": "数", "ko": "수"}, {"en": "Left", "zh": "左", "ko": "왼쪽"}, _TITLE)
    return {"title": _TITLE, "columns": [{"title": name, "unit": "", "digits": 0} for name in names], "rows": rows}
