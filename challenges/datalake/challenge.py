"""The data-processing contest as Podium plays it: the train file in the first message, hidden rows in batches."""

import json
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from challenges import sheet
from challenges.base import (
    SHOWCASE_SEED,
    Case,
    Json,
    Materials,
    Outcome,
    Phase,
    Played,
    Player,
    Players,
    Score,
    SeatOutcome,
    View,
    derive,
)
from challenges.datalake import columns, plots
from challenges.datalake.copies import copies, packed, unpacked
from challenges.datalake.generator import stream
from challenges.datalake.measures import Measured, mean_interval, measured
from challenges.datalake.replies import Flaw, greeting_fault, read
from challenges.datalake.season import BATCH_ROWS, BATCHES, HIDDEN_ROWS, PUBLIC_ROWS, Season, season
from challenges.errors import BrokenChallenge

SEAT = "model"
SCORE_DIGITS = 2
"""Of 100 · ROC-AUC: four digits, as the board shows and ranks them. What a prober learns from one figure is no more."""
LOSS_DIGITS = 4


class Datalake:
    """Seasons of 8,000 rows: half to learn from, half hidden."""

    def __init__(self) -> None:
        self.about = sheet.about("datalake")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:
        """The train file of each of the phase's seasons, and what the fields mean."""
        files = {"columns.json": _readable({"fields": columns.schema(), "target": columns.TARGET})}
        for case in _hidden_cases(seed, cases):
            name = "train.csv" if case.name == "season-1" else f"train-{case.name}.csv"
            files[name] = season(case.seed).train_csv()
        return Materials(public=files)

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:  # noqa: ARG002
        """`phase.cases` seasons, each with a seed of its own; then the showcase."""
        return _hidden_cases(phase.seed, phase.cases) + [_showcase()] * phase.showcase

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:  # noqa: ARG002
        player, rows = players[SEAT], season(case.seed)
        flaw = greeting_fault(player.hello(hello(rows)))
        predictions = flaw or _ask(player, rows)
        if isinstance(predictions, Flaw):
            return Outcome({SEAT: SeatOutcome(None, fault=predictions.fault, message=predictions.message)})
        return _measured(case, rows, np.array(predictions, dtype=np.float64))

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        """The mean over the seasons: of the public parts while a phase is open, of the private ones in the end, each
        with its own interval and log loss."""
        rows = sorted(played, key=lambda row: row.case.name)
        if not rows:
            raise BrokenChallenge("there is no run to score")
        public, private = [_scored(row) for row in rows], _column(rows, "private")
        low, high = mean_interval(public, _column(rows, "low"), _column(rows, "high"))
        private_low, private_high = mean_interval(private, _column(rows, "private_low"), _column(rows, "private_high"))
        loss = round(fmean(_column(rows, "log_loss")), LOSS_DIGITS)
        private_interval = (round(private_low, 6), round(private_high, 6))
        private_loss = round(fmean(_column(rows, "private_log_loss")), 6)
        return {
            "": Score(
                public=round(fmean(public), SCORE_DIGITS),
                final=round(fmean(private), 6),
                interval=(round(low, SCORE_DIGITS), round(high, SCORE_DIGITS)),
                columns={
                    "log_loss": loss,
                    "private": round(fmean(private), 6),
                    "private_low": private_interval[0],
                    "private_high": private_interval[1],
                    "private_log_loss": private_loss,
                },
                ties=(loss,),
                final_interval=private_interval,
                final_ties=(private_loss,),
            )
        }

    def meetings(self, materials: Materials, phase: Phase) -> list[Case]:  # noqa: ARG002
        return []

    def alike(self, pieces: Sequence[bytes], *, known: Sequence[bytes] = ()) -> list[tuple[int, int, float]]:
        """By the rank correlation of the predictions (`challenges.datalake.copies`)."""
        predictions = {f"{number:08d}": unpacked(piece) for number, piece in enumerate(pieces)}
        found = copies(predictions, known=[unpacked(piece) for piece in known])
        return [(int(pair.one), int(pair.other), pair.correlation) for pair in found]

    def field(self, matrix: Json) -> Json:  # noqa: ARG002
        raise BrokenChallenge("datalake is played alone: there is no field to total")


# ---------------------------------------------------------------------------------------------------------------------
# Cases and messages


def _hidden_cases(seed: bytes, count: int) -> list[Case]:
    return [Case(name := f"season-{i + 1}", derive(seed, name), group="season") for i in range(count)]


def _showcase() -> Case:
    return Case("showcase", derive(SHOWCASE_SEED, "datalake"), group="season", showcase=True)


def hello(rows: Season) -> Json:
    """The first message: what the fields mean, what will come, and the whole train file."""
    return {
        "challenge": "datalake",
        "fields": columns.schema(),
        "target": columns.TARGET,
        "hidden": {"rows": HIDDEN_ROWS, "batches": BATCHES, "batch_rows": BATCH_ROWS},
        "train": rows.train(),
    }


def _readable(value: Json) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


# ---------------------------------------------------------------------------------------------------------------------
# Playing and measuring


def _ask(player: Player, rows: Season) -> list[float] | Flaw:
    """The predictions of all hidden rows. Each batch is answered before the next one is seen."""
    predictions: list[float] = []
    for number, batch in enumerate(rows.batches(), 1):
        got = read(player.ask({"rows": list(batch)}), rows=len(batch), batch=number)
        if isinstance(got, Flaw):
            return got
        predictions += got
    return predictions


def _measured(case: Case, rows: Season, predictions: np.ndarray) -> Outcome:
    public = measured(
        "public", rows.labels[:PUBLIC_ROWS], predictions[:PUBLIC_ROWS], stream(case.seed, "public resamples")
    )
    private = measured(
        "private", rows.labels[PUBLIC_ROWS:], predictions[PUBLIC_ROWS:], stream(case.seed, "private resamples")
    )
    return Outcome(
        seats={SEAT: SeatOutcome(public.score, _columns(public, private))},
        view=View("curves", plots.view(case.name, [public, private])),
        artefacts={SEAT: packed(predictions)},
    )


def _columns(public: Measured, private: Measured) -> dict[str, float]:
    return {
        "low": public.low,
        "high": public.high,
        "log_loss": public.log_loss,
        "private": private.score,
        "private_low": private.low,
        "private_high": private.high,
        "private_log_loss": private.log_loss,
    }


def _scored(row: Played) -> float:
    if row.outcome.score is None:
        raise BrokenChallenge(f"the run {row.case.name} has no score")
    return row.outcome.score


def _column(rows: Sequence[Played], name: str) -> list[float]:
    return [row.outcome.columns[name] for row in rows]
