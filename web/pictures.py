"""What a run looked like: a challenge hands over data, the markup is ours. Every kind is drawn whole, so that it is
complete without scripting; a kind's script only adds to it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from judge import views
from web import curves, gantt, grids, images, scenes
from web.i18n import Reader

Json = Any
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """`template` draws `shape`; `script` adds to it, where there is one."""

    kind: str
    template: str
    shape: Mapping[str, Any]
    script: str | None = None


UNKNOWN = Picture("unknown", "views/unknown.html", {})


def picture(stored: bytes, reader: Reader) -> Picture:
    """From the bytes that `judge.results.store_files` keeps; they are checked anew, since they lay in a storage."""
    try:
        view = views.read(stored)
    except views.BadView as error:
        log.warning("a stored view cannot be drawn: %s", error)
        return UNKNOWN
    return drawn(view, reader)


def drawn(view: views.View, reader: Reader) -> Picture:
    """Of a view of its shape."""
    draw, script = KINDS[view.kind]
    return Picture(view.kind, f"views/{view.kind}.html", draw(view.data, reader), script)


def _table(data: Json, reader: Reader) -> dict[str, Any]:
    columns = data["columns"]
    return {
        "title": reader.of(data["title"]),
        "columns": [{"title": reader.of(column["title"]), "unit": column.get("unit", "")} for column in columns],
        "rows": [
            [_cell(cell, column.get("digits", 2), reader) for cell, column in zip(row, columns, strict=True)]
            for row in data["rows"]
        ],
    }


def _cell(cell: Json, digits: int, reader: Reader) -> str:
    if isinstance(cell, dict):
        return reader.of(cell)
    return cell if isinstance(cell, str) else reader.number(cell, digits)


def _matrix(data: Json, reader: Reader) -> dict[str, Any]:
    return {"heat": grids.matrix(data, reader)}


KINDS: Mapping[str, tuple[Callable[[Json, Reader], dict[str, Any]], str | None]] = {
    "scene": (scenes.still, "scene.js"),
    "gantt": (gantt.chart, "gantt.js"),
    "curves": (curves.plots, None),
    "matrix": (_matrix, None),
    "images": (images.mosaic, None),
    "table": (_table, None),
}
"""One line for each kind: who draws it, and the script that adds to it."""
