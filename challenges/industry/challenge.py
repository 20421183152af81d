"""The industry contest's automatic part as Podium plays it: one instance in, one schedule out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from statistics import fmean

from challenges import sheet
from challenges.base import (
    SHOWCASE_SEED,
    Case,
    Fault,
    Json,
    Materials,
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
from challenges.industry import benchmark, gantt, references
from challenges.industry.instances import SHOWCASE_SIZE, SIZES, Jobs, instance, message
from challenges.industry.replies import Flaw, greeting_fault, read
from challenges.industry.scoring import instance_score, ratio
from challenges.metrics import stratified_interval

SEAT = "planner"
LIMIT_SECONDS = 20
"""What a player is told; its clock, in `about.toml`, has a second more for the way there and back."""
COLUMN_OF = {size.name: f"size_{size.name}" for size in SIZES}


class Industry:
    """Job shops of four sizes, one message each."""

    def __init__(self) -> None:
        self.about = sheet.about("industry")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:
        """References of the phase's instances, and published ones for teams. With no more cases than practice has they
        are the quick ones; otherwise the thorough ones (up to ten minutes an instance). Of each, the private part keeps
        {makespan, proven, method}."""
        find = references.thorough if cases > self.about.practice_cases else references.quick
        found = {_key(case): find(instance(case)) for case in _hidden_cases(seed, cases)}
        note = references.note(list(found.values()))
        found[_key(_showcase())] = references.quick(instance(_showcase()))
        private = {"references": {key: asdict(reference) for key, reference in found.items()}}
        return Materials(public={"taillard.json": benchmark.file()}, private=private, note=note)

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        """`phase.cases` of each size by turns, each with a seed of its own; then the showcase."""
        known: Mapping[str, Json] = (materials.private or {}).get("references", {})
        planned = _hidden_cases(phase.seed, phase.cases) + [_showcase()] * phase.showcase
        return [_with_reference(case, known.get(_key(case))) for case in planned]

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:  # noqa: ARG002
        player, jobs, reference = players[SEAT], instance(case), _reference(case)
        flaw = greeting_fault(player.hello({"challenge": "industry", "limit_seconds": LIMIT_SECONDS}))
        if flaw is not None:
            return Outcome({SEAT: SeatOutcome(None, fault=flaw.fault, message=flaw.message)})
        got = read(player.ask(message(jobs, limit_seconds=LIMIT_SECONDS)), jobs)
        if isinstance(got, Flaw):
            return _failed(got)
        return _scheduled(case, jobs, got, reference)

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        """The mean over the instances of each size, then over the sizes that were played."""
        rows = sorted(played, key=lambda row: row.case.name)
        groups = {
            size.name: [row for row in rows if row.case.group == size.name]
            for size in SIZES
            if any(row.case.group == size.name for row in rows)
        }
        if not groups:
            raise BrokenChallenge("there is no run to score")
        scores = {name: [_scored(row) for row in group] for name, group in groups.items()}
        ratios = fmean(fmean(row.outcome.columns["ratio"] for row in group) for group in groups.values())
        columns = {COLUMN_OF[name]: round(fmean(values), 6) for name, values in scores.items()}
        columns["ratio"] = round(ratios, 6)
        columns["feasible"] = sum(row.outcome.columns["feasible"] for row in rows)
        total = round(fmean(fmean(values) for values in scores.values()), 6)
        interval = stratified_interval(scores)
        return {
            "": Score(
                public=total,
                final=total,
                interval=interval and (round(max(0.0, interval[0]), 6), round(min(100.0, interval[1]), 6)),
                columns=columns,
                ties=(-columns["ratio"],),
            )
        }

    def meetings(self, materials: Materials, phase: Phase) -> list[Case]:  # noqa: ARG002
        return []

    def field(self, matrix: Json) -> Json:  # noqa: ARG002
        raise BrokenChallenge("industry is played alone: there is no field to total")


# ---------------------------------------------------------------------------------------------------------------------
# Cases


def _hidden_cases(seed: bytes, count: int) -> list[Case]:
    return [
        Case(name := f"{size.name}-{i + 1}", derive(seed, name), group=size.name)
        for i in range(count)
        for size in SIZES
    ]


def _showcase() -> Case:
    return Case("showcase", derive(SHOWCASE_SEED, "industry"), group=SHOWCASE_SIZE.name, showcase=True)


def _key(case: Case) -> str:
    """Under what a case's reference is kept: its secret seed's mark, so that no other phase's fits."""
    return derive(case.seed, "reference").hex()[:16]


def _with_reference(case: Case, known: Json | None) -> Case:
    """The case with its reference, where `prepare` made one."""
    return case if known is None else replace(case, params={"reference": known["makespan"]})


def _reference(case: Case) -> int:
    """What a makespan is measured against. Raises BrokenChallenge for a hidden case that `prepare` did not know of: a
    reference is settled before the phase opens, or entries would not be measured alike."""
    reference: int | None = case.params.get("reference")
    if reference is not None:
        return reference
    if not case.showcase:
        raise BrokenChallenge(f"the case {case.name} has no reference: the phase was not prepared for it")
    return references.quick(instance(case)).makespan


# ---------------------------------------------------------------------------------------------------------------------
# Outcomes


def _failed(flaw: Flaw) -> Outcome:
    """No schedule: 0 points, and none at all where the program is gone."""
    if flaw.fault is Fault.GONE:
        return Outcome({SEAT: SeatOutcome(None, fault=flaw.fault, message=flaw.message)})
    columns = {"ratio": 0.0, "feasible": 0.0}
    return Outcome({SEAT: SeatOutcome(0.0, columns, fault=flaw.fault, message=flaw.message)})


def _scheduled(case: Case, jobs: Jobs, starts: list[list[int]], reference: int) -> Outcome:
    view = gantt.chart(jobs, starts, name=case.name, reference=reference)
    length = view["makespan"]
    columns = {"ratio": round(100 * ratio(reference, length), 6), "feasible": 1.0}
    return Outcome({SEAT: SeatOutcome(round(instance_score(reference, length), 6), columns)}, View("gantt", view))


def _scored(row: Played) -> float:
    if row.outcome.score is None:
        raise BrokenChallenge(f"the run {row.case.name} has no score")
    return row.outcome.score
