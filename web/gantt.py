"""A schedule as a Gantt chart, drawn on the server: a row each machine, a colour and a number each job."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from web.axes import Axis
from web.i18n import Reader

WIDTH, LEFT, RIGHT, TOP, FOOT = 1000, 46, 14, 40, 42
"""Units of the picture; LEFT holds the machines' names, TOP the marks', FOOT the times."""
ROW = {10: 32, 20: 26, 40: 20}
"""A row's height, by the number of machines up to which it holds."""
LOW_ROW = 14
COLOURS = 10
"""Colours repeat after so many jobs, with stripes."""
DIGIT, ROOM = 7.6, 6
"""Widths of a digit, and of what is around a number."""
MOST_BARS = 1_500
"""With more, nobody could read a number: a job is one path then, and there is no table."""
MOST_LEGEND = 60


@dataclass(frozen=True, slots=True)
class Bar:
    job: int
    x: float
    y: float
    width: float
    label: bool
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the chart. `row`: 0 above, 1 below, so that two labels do not collide."""

    kind: str
    x: float
    row: int
    text: str


def chart(data: Any, reader: Reader) -> dict[str, Any]:
    """What `views/gantt.html` draws, of data of its shape (`challenges/views.py`)."""
    bars, machines, makespan, reference = data["bars"], data["machines"], data["makespan"], data["reference"]
    height = next((height for most, height in ROW.items() if machines <= most), LOW_ROW)
    times = Axis(0, max(makespan, reference or 0, 1), LEFT, WIDTH - RIGHT)
    many = len(bars) > MOST_BARS
    ticks, _ = times.ticks(10)
    busy = sum(end - start for _, _, start, end in bars) / (machines * max(makespan, 1))
    drawn = [_bar(bar, times, height, reader) for bar in bars]
    marks = [Mark("makespan", times.at(makespan), 0, reader.text("gantt.makespan", n=makespan))]
    if reference is not None:
        marks.append(Mark("reference", times.at(reference), 1, reader.text("gantt.reference", n=reference)))
    return {
        "title": reader.of(data["title"]),
        "width": WIDTH,
        "height": TOP + machines * height + FOOT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "bottom": TOP + machines * height,
        "row": height,
        "machines": [(number, TOP + number * height) for number in range(machines)],
        "bars": [] if many else drawn,
        "paths": _paths(drawn, height - 4) if many else [],
        "legend": sorted({bar.job for bar in drawn}) if len({bar.job for bar in drawn}) <= MOST_LEGEND else [],
        "colours": COLOURS,
        "ticks": [(times.at(tick), reader.number(tick, 0)) for tick in ticks],
        "marks": marks,
        "facts": _facts(makespan, reference, busy, reader),
        "rows": [] if many else _rows(bars, machines, reader),
    }


def _bar(bar: list[int], times: Axis, height: int, reader: Reader) -> Bar:
    job, machine, start, end = bar
    x = times.at(start)
    width = round(max(times.at(end) - x, 1.0), 1)
    title = reader.text("gantt.bar", job=str(job), machine=str(machine), start=start, end=end, duration=end - start)
    fits = height >= DIGIT + ROOM and width >= len(str(job)) * DIGIT + ROOM
    return Bar(job, x, TOP + machine * height + 2, width, fits, title)


def _paths(bars: list[Bar], height: int) -> list[tuple[int, str]]:
    paths: dict[int, list[str]] = defaultdict(list)
    for bar in bars:
        paths[bar.job].append(f"M{bar.x:g} {bar.y:g}h{bar.width:g}v{height}h-{bar.width:g}z")
    return [(job, "".join(steps)) for job, steps in sorted(paths.items())]


def _facts(makespan: int, reference: int | None, busy: float, reader: Reader) -> list[tuple[str, str]]:
    facts = [(reader.text("gantt.makespan-word"), reader.number(makespan, 0))]
    if reference is not None:
        facts.append((reader.text("gantt.reference-word"), reader.number(reference, 0)))
        if makespan:
            facts.append((reader.text("gantt.ratio"), reader.number(reference / makespan, 3)))
    return [*facts, (reader.text("gantt.busy"), f"{reader.number(100 * busy, 0)} %")]


def _rows(bars: list[list[int]], machines: int, reader: Reader) -> list[tuple[int, list[str]]]:
    """By machine, its operations in order, as words."""
    rows: list[tuple[int, list[str]]] = [(number, []) for number in range(machines)]
    for job, machine, start, end in bars:
        rows[machine][1].append(reader.text("gantt.cell", job=str(job), start=start, end=end))
    return rows
