"""The driving contest as Podium plays it."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from challenges import sheet
from challenges.base import (
    SHOWCASE_SEED,
    Case,
    Json,
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
from challenges.driving import vehicles
from challenges.driving.faults import greeting_fault
from challenges.driving.observation import VEHICLES, VIEW_M
from challenges.driving.scenario import TICK_SECONDS, Scenario
from challenges.driving.scenarios import DISCIPLINES, build
from challenges.driving.simulation import Episode
from challenges.errors import BrokenChallenge
from challenges.metrics import stratified_interval

SEAT = "driver"
SUMS = ("collisions",)
"""Columns that add up over the runs; the others are means over cases, then over disciplines."""


class Driving:
    """Three disciplines, one closed loop: observation, action, five times a second."""

    def __init__(self) -> None:
        self.about = sheet.about("driving")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:  # noqa: ARG002  (nothing is hidden but the seed)
        return Materials()

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:  # noqa: ARG002
        """`phase.cases` of each discipline by turns, each case with a seed of its own; then the showcase (avoid)."""
        cases = [
            Case(name := f"{discipline}-{i + 1}", derive(phase.seed, name), group=discipline)
            for i in range(phase.cases)
            for discipline in DISCIPLINES
        ]
        if phase.showcase:
            cases.append(Case("showcase", derive(SHOWCASE_SEED, "driving"), group=DISCIPLINES[0], showcase=True))
        return cases

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:  # noqa: ARG002
        player, scenario = players[SEAT], build(case)
        flaw = greeting_fault(player.hello(hello(scenario)))
        if flaw is not None:
            return Outcome({SEAT: SeatOutcome(None, fault=flaw.fault, message=Message(flaw.code))})
        episode = Episode(scenario)
        episode.run(player)
        patience, measures = episode.patience, episode.measures()
        gone = patience.message is not None and patience.message.code == "gone"
        return Outcome(
            seats={
                SEAT: SeatOutcome(
                    score=None if gone else round(measures.score(), 6),
                    columns={} if gone else measures.columns(),
                    fault=patience.ended,
                    message=patience.message,
                )
            },
            view=View("scene", episode.recording.scene()),
        )

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        """The mean over the cases of each discipline, then over the disciplines that were played."""
        rows = sorted(played, key=lambda row: row.case.name)
        strata = {
            name: [row for row in rows if row.case.group == name]
            for name in DISCIPLINES
            if any(row.case.group == name for row in rows)
        }
        if not strata:
            raise BrokenChallenge("there is no run to score")
        scores = {name: [_scored(row) for row in group] for name, group in strata.items()}
        columns = {name: round(fmean(values), 6) for name, values in scores.items()}
        for column in rows[0].outcome.columns:
            total = sum(row.outcome.columns[column] for row in rows)
            mean = fmean(fmean(row.outcome.columns[column] for row in group) for group in strata.values())
            columns[column] = round(total if column in SUMS else mean, 6)
        total = round(fmean(fmean(values) for values in scores.values()), 6)
        interval = stratified_interval(scores)
        return {
            "": Score(
                public=total,
                final=total,
                interval=interval and (round(max(0.0, interval[0]), 6), round(min(100.0, interval[1]), 6)),
                columns=columns,
                ties=(columns["collisions"], columns["seconds"], columns["jerk"]),
            )
        }

    def meetings(self, materials: Materials, phase: Phase) -> list[Case]:  # noqa: ARG002
        return []

    def field(self, matrix: Json) -> Json:  # noqa: ARG002
        raise BrokenChallenge("driving is played alone: there is no field to total")


def _scored(row: Played) -> float:
    if row.outcome.score is None:
        raise BrokenChallenge(f"the run {row.case.name} has no score")
    return row.outcome.score


def hello(scenario: Scenario) -> Json:
    """The first message: what holds for the whole episode."""
    return {
        "challenge": "driving",
        "discipline": scenario.discipline,
        "step_seconds": TICK_SECONDS,
        "max_seconds": scenario.seconds,
        "route_m": round(scenario.route.length, 3),
        "vehicle": {"length": vehicles.LENGTH_M, "width": vehicles.WIDTH_M},
        "limits": {
            "accel": [vehicles.ACCEL_MIN, vehicles.ACCEL_MAX],
            "steer": [-vehicles.STEER_MAX, vehicles.STEER_MAX],
            "speed": [0.0, vehicles.MAX_SPEED],
            "grip": vehicles.GRIP,
        },
        "view": {"vehicles": VEHICLES, "metres": VIEW_M},
        **scenario.hello,
    }
