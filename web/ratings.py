"""A ladder's rating over time with its band, as curves."""

import math
from collections.abc import Sequence

from judge import views
from judge.derived import Shown
from web.i18n import Reader
from web.pictures import Picture, drawn

ROUND = 100
"""The axis ends at hundreds of points."""


def rating_picture(history: Sequence[Shown], reader: Reader) -> Picture | None:
    """None before the first game."""
    if len(history) < 2:
        return None
    history = history[-views.MAX_POINTS :]
    low = ROUND * math.floor(min(low for _, low, _ in history) / ROUND)
    high = ROUND * math.ceil(max(high for _, _, high in history) / ROUND)

    def words(key: str) -> dict[str, str]:
        return dict.fromkeys(views.LANGUAGES, reader.text(key))

    curve = {
        "name": "rating",
        "title": words("rating.rating"),
        "role": "own",
        "kind": "points",
        "points": [[played, figure] for played, (figure, _, _) in enumerate(history)],
        "sizes": None,
        "band": [[low, high] for _, low, high in history],
    }
    plot = {
        "name": "rating",
        "title": words("sub.rating"),
        "x": {"title": words("rating.games"), "range": [0, len(history) - 1]},
        "y": {"title": words("rating.rating"), "range": [low, high]},
        "diagonal": False,
        "curves": [curve],
    }
    data = {"version": 1, "title": words("sub.rating"), "plots": [plot], "figures": []}
    return drawn(views.checked("curves", data), reader)
