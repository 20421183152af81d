"""From what was said in a run to what each seat got."""

import math
from collections.abc import Mapping
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from challenges.base import Case, Outcome, Players, SeatOutcome, View
from challenges.security import pictures
from challenges.security.assaults import ASSAULTS
from challenges.security.attacking import IMAGES, Attack
from challenges.security.defending import ATTACKED, CLEAN, Defence, by_the_house
from challenges.security.detecting import Detection
from challenges.security.digits import WHITE
from challenges.security.house import DEFENCES, house
from challenges.security.kept import Kept, pack, unpack
from challenges.security.replies import Patience
from challenges.security.scoring import detection

UNDER = {name: f"under_{name}" for name in ASSAULTS}
"""Columns of a defence: the share that is still right under a house attack, %."""
AGAINST = {name: f"vs_{name}" for name in DEFENCES}
"""Columns of an attack: the share that a house defence gets wrong by it, %."""


def attack(case: Case, players: Players) -> Outcome:
    """Against the house; what it made is kept for everybody else."""
    made = Attack.of(case)
    made.run(players["attack"])
    if made.patience.gone:
        return Outcome({"attack": _seat(None, {}, made.patience)})
    kept = made.kept()
    columns = {AGAINST[name]: _percent(1 - still_right(kept, name)) for name in DEFENCES}
    score = fmean(columns.values())
    columns["perturbation"] = round(_perturbation(kept), 6)
    columns["queries"] = round(made.queries / IMAGES, 6)
    columns["faults"] = float(made.patience.count)
    seat = _seat(score, columns, made.patience)
    return Outcome({"attack": seat}, pictures.attacked(kept), {"attack": pack(kept)})


def still_right(kept: Kept, name: str) -> float:
    """Of the images that a house defence gets right when clean, the share that it gets right all the same."""
    model = house().models[name]
    clean = model.labels(kept.clean) == kept.labels
    return _share(model.labels(kept.attacked) == kept.labels, clean)


def _perturbation(kept: Kept) -> float:
    """The median over the images of the Euclidean length of what was added, pixels in 0..1. Square roots of whole
    numbers, hence the same everywhere."""
    squares = ((kept.attacked - kept.clean) ** 2).sum(axis=1).tolist()
    return math.sqrt(median(squares)) / WHITE


def defence(case: Case, players: Players) -> Outcome:
    """Against the house attacks."""
    asked = Defence(by_the_house(case), case.seed)
    asked.run(players["defence"])
    if asked.patience.gone:
        return Outcome({"defence": _seat(None, {}, asked.patience)})
    clean, after = asked.right(CLEAN), asked.right(ATTACKED)
    which = np.arange(len(clean)) % len(ASSAULTS)
    columns = {UNDER[name]: _percent(_share(after, clean & (which == i))) for i, name in enumerate(ASSAULTS)}
    score = fmean(columns.values())
    columns |= _conduct(asked, clean)
    view = pictures.by_digit(asked.kept.labels, {CLEAN: clean, ATTACKED: after})
    return Outcome({"defence": _seat(score, columns, asked.patience)}, view)


def meeting(case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:
    """The kept images of an attack before a live defence. A defence that is gone has lost everything: the attack must
    not go away with less."""
    asked = Defence(unpack(artefacts["attack"]), case.seed)
    asked.run(players["defence"])
    clean, after = asked.right(CLEAN), asked.right(ATTACKED)
    share = 0.0 if asked.patience.gone else _percent(_share(after, clean))
    return Outcome(
        {
            "attack": SeatOutcome(round(100 - share, 6)),
            "defence": _seat(share, _conduct(asked, clean), asked.patience),
        },
        pictures.met(asked),
    )


def detect(case: Case, players: Players) -> Outcome:
    """Flows that nobody has seen, in another mix."""
    asked = Detection.of(case)
    asked.run(players["detect"])
    if asked.patience.gone:
        return Outcome({"detect": _seat(None, {}, asked.patience)})
    precision, caught = detection(asked.labels, asked.given) if asked.complete else (0.0, 0.0)
    columns = {"average_precision": _percent(precision), "caught": _percent(caught)}
    view: View | None = pictures.curves(asked.labels, asked.given) if asked.complete else None
    return Outcome({"detect": _seat(fmean(columns.values()), columns, asked.patience)}, view)


def _conduct(asked: Defence, clean: NDArray[np.bool_]) -> dict[str, float]:
    return {
        "clean": _percent(float(clean.mean())),
        "unsteady": float(asked.unsteady()),
        "faults": float(asked.patience.count),
    }


def _share(right: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    """0 where there is nothing to be among."""
    return float(right[among].mean()) if among.any() else 0.0


def _percent(share: float) -> float:
    return round(100 * share, 6)


def _seat(score: float | None, columns: Mapping[str, float], patience: Patience) -> SeatOutcome:
    flaw = patience.first
    return SeatOutcome(
        None if score is None else round(score, 6),
        columns,
        fault=flaw.fault if flaw else None,
        message=flaw.message if flaw else None,
    )
