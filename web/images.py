"""Small pictures in rows, drawn on the server: every pixel a square, crisp at any size."""

from collections import defaultdict
from typing import Any

from web.i18n import Reader

MOST_PIXELS = 40_000
"""Of one page. Rows beyond are left to the data."""
LESS, SAME, MORE = (16, 52, 140), (214, 214, 214), (255, 208, 64)
"""A difference from less to more: dark to light as well as blue to yellow, so that it is read without colours too. The
same in both themes, as the pictures themselves are."""


def mosaic(data: Any, reader: Reader) -> dict[str, Any]:
    """What `views/images.html` draws, of data of its shape (`challenges/views.py`)."""
    width, height = data["width"], data["height"]
    kinds = [column["kind"] for column in data["columns"]]
    fit = max(1, MOST_PIXELS // (width * height * len(kinds)))
    return {
        "title": reader.of(data["title"]),
        "width": width,
        "height": height,
        "columns": [(reader.of(column["title"]), column["kind"]) for column in data["columns"]],
        "rows": [
            {
                "text": reader.of(row["text"]),
                "bad": row["bad"],
                "images": [painted(image, width, kind) for image, kind in zip(row["images"], kinds, strict=True)],
            }
            for row in data["rows"][:fit]
        ],
        "more": max(0, len(data["rows"]) - fit),
        "difference": "difference" in kinds,
        "shades": [shade(level, "difference") for level in (0, 64, 128, 192, 255)],
    }


def painted(image: list[int], width: int, kind: str) -> list[tuple[str, str]]:
    """By colour, a path of all its pixels; neighbours in a row are one stroke."""
    paths: dict[str, list[str]] = defaultdict(list)
    for y in range(len(image) // width):
        row = image[y * width : (y + 1) * width]
        x = 0
        while x < width:
            end = x
            while end < width and row[end] == row[x]:
                end += 1
            paths[shade(row[x], kind)].append(f"M{x} {y}h{end - x}v1h-{end - x}z")
            x = end
    return [(colour, "".join(steps)) for colour, steps in paths.items()]


def shade(level: int, kind: str) -> str:
    """The colour of a level from 0 to 255."""
    if kind == "grey":
        return f"#{level:02x}{level:02x}{level:02x}"
    end, share = (LESS, (128 - level) / 128) if level < 128 else (MORE, (level - 128) / 127)
    mixed = (round(same + share * (to - same)) for same, to in zip(SAME, end, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
