"""Echo: the smallest contest there can be, known to tests alone (PODIUM_CHALLENGES). Three words in, three words out;
whatever else a test wants to see, its entry does."""

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
    Score,
    SeatOutcome,
    View,
    derive,
)
from challenges.errors import BrokenChallenge

SEAT = "player"
MESSAGES = 3
_FAULTS: Mapping[type, Fault] = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}
_TITLE = {"en": "Echoes", "zh": "回声", "ko": "메아리"}


class Echo:
    def __init__(self) -> None:
        self.about = sheet.about("echo")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:
        """A public file and a private value, so that both ways are walked."""
        return Materials(public={"words.txt": b"words are 16 hex digits\n"}, private={"check": seed.hex()[:8]})

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        cases = [Case(name := f"echo-{number}", derive(phase.seed, name)) for number in range(1, phase.cases + 1)]
        if phase.showcase:
            cases.append(Case("showcase", derive(SHOWCASE_SEED, "echo"), showcase=True))
        return cases

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:
        player, right, rows = players[SEAT], 0, []
        answer = player.hello({"messages": MESSAGES})
        for number, word in enumerate(words(case), 1):
            if type(answer) in _FAULTS:
                return _ended(answer, number - 1)
            answer = player.ask({"say": word})
            same = getattr(answer, "value", None) == word
            right += same
            rows.append([number, int(same)])
        if type(answer) in _FAULTS:
            return _ended(answer, MESSAGES)
        outcome = SeatOutcome(round(100 * right / MESSAGES, 6), {"right": float(right)})
        return Outcome({SEAT: outcome}, View("table", _table(rows)))

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        scores = sorted(row.outcome.score or 0.0 for row in played)
        mean = round(fmean(scores), 6)
        return {"": Score(mean, mean, columns={"right": sum(row.outcome.columns["right"] for row in played)})}

    def meetings(self, materials: Materials, phase: Phase) -> list[Case]:
        return []

    def field(self, matrix: Json) -> Json:
        raise BrokenChallenge("echo is played alone")


def words(case: Case) -> list[str]:
    """What is said in a case: secret as its seed is."""
    return [derive(case.seed, f"word-{number}").hex()[:16] for number in range(1, MESSAGES + 1)]


def _ended(answer: Answer, number: int) -> Outcome:
    fault = _FAULTS[type(answer)]
    return Outcome({SEAT: SeatOutcome(None, fault=fault, message=Message(fault.value, {"number": number}))})


def _table(rows: list[list[int]]) -> Json:
    columns = [
        {"title": {"en": "Word", "zh": "词", "ko": "단어"}, "unit": "", "digits": 0},
        {"title": {"en": "Right", "zh": "正确", "ko": "정답"}, "unit": "", "digits": 0},
    ]
    return {"title": _TITLE, "columns": columns, "rows": rows}
