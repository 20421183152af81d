"""A recorded trajectory seen from above, the same for cars and for a ball.

{
  "version": 1,
  "title": {"en": …, "zh": …, "ko": …},
  "unit": "m",                            what one unit of length is: "m", "px"
  "y_axis": "down" | "up",                "down": y grows towards the bottom of the screen, as a canvas has it, and
                                          angles turn clockwise; "up": y grows to the top, angles turn the other
                                          way. Angles are radians from +x towards +y.
  "seconds_per_frame": 0.2,               frames are evenly spaced; draw in between by interpolation
  "bounds": [xmin, ymin, xmax, ymax],     of everything worth seeing
  "follow": 0 | null,                     index of the actor that the camera may follow
  "shapes": [                             never move; drawn in this order, first at the bottom
    {"kind": "line" | "area",             a polyline, or a filled polygon
     "role": "road" | "edge" | "divider" | "route" | "finish" | "field" | "goal" | "wall",
     "points": [[x, y], …],               at least 2 (line) or 3 (area)
     "width": 4.0}                        of the line, in units of length; 0: as thin as can be seen
  ],
  "actors": [
    {"id": "ego",                         unique
     "kind": "box" | "disc",              a rectangle centred on its place, `length` along its heading; or a disc
     "role": "ego" | "traffic" | "rival" | "obstacle" | "left" | "right" | "ball",     the colour
     "length": 5.0, "width": 2.0}         a disc's diameter is `length`
  ],
  "frames": [                             one flat list per frame, four numbers for every actor that is there:
    [index, x, y, heading,  index, x, y, heading, …], …
  ],
  "series": [                             a figure per frame, to be shown beside the picture
    {"name": "speed", "title": {"en": …, "zh": …, "ko": …}, "unit": "m/s", "values": [one per frame]}
  ],
  "marks": [                              what happened when and where, by frame
    {"frame": 17, "x": …, "y": …, "kind": "collision" | "fault" | "off_lane" | "finish" | "goal" | "kick" | "drop",
     "bad": true,                         whether it cost the player something
     "text": {"en": …, "zh": …, "ko": …}}
  ]
}
"""

from challenges.base import VIEW_BYTES, Json
from challenges.checking import (
    choice,
    different,
    each,
    index,
    keys,
    number,
    numbers,
    require,
    small_enough,
    text,
    truth,
    word,
)

SCENE_KEYS = [
    *("version", "title", "unit", "y_axis", "seconds_per_frame", "bounds", "follow"),
    *("shapes", "actors", "frames", "series", "marks"),
]
SHAPE_KINDS = {"line": 2, "area": 3}
SHAPE_ROLES = {"road", "edge", "divider", "route", "finish", "field", "goal", "wall"}
ACTOR_KINDS = {"box", "disc"}
ACTOR_ROLES = {"ego", "traffic", "rival", "obstacle", "left", "right", "ball"}
MARK_KINDS = {"collision", "fault", "off_lane", "finish", "goal", "kick", "drop"}
MAX_FRAMES, MAX_SHAPES, MAX_ACTORS, MAX_SERIES, MAX_MARKS = 5_000, 2_000, 500, 12, 500


def validate_scene(data: Json) -> None:
    """Raises BadView where `data` is no scene or its JSON is larger than VIEW_BYTES."""
    keys(data, "scene", SCENE_KEYS)
    require(data["version"] == 1, "version")
    text(data["title"], "title")
    choice(data["unit"], "unit", {"m", "px"})
    choice(data["y_axis"], "y_axis", {"up", "down"})
    number(data["seconds_per_frame"], "seconds_per_frame", above=0)
    numbers(data["bounds"], 4, "bounds")
    require(data["bounds"][0] < data["bounds"][2] and data["bounds"][1] < data["bounds"][3], "bounds: no extent")
    each(data["shapes"], "shapes", _shape, most=MAX_SHAPES)
    each(data["actors"], "actors", _actor, most=MAX_ACTORS)
    different(data["actors"], "id", "actors")
    count = len(data["actors"])
    if data["follow"] is not None:
        index(data["follow"], count, "follow")
    each(data["frames"], "frames", lambda frame, where: _frame(frame, count, where), least=1, most=MAX_FRAMES)
    frames = len(data["frames"])
    each(data["series"], "series", lambda series, where: _series(series, frames, where), most=MAX_SERIES)
    each(data["marks"], "marks", lambda mark, where: _mark(mark, frames, where), most=MAX_MARKS)
    small_enough(data)


def _shape(value: Json, where: str) -> None:
    keys(value, where, ["kind", "role", "points", "width"])
    choice(value["kind"], f"{where}.kind", SHAPE_KINDS)
    choice(value["role"], f"{where}.role", SHAPE_ROLES)
    least = SHAPE_KINDS[value["kind"]]
    each(value["points"], f"{where}.points", lambda point, at: numbers(point, 2, at), least=least, most=VIEW_BYTES)
    number(value["width"], where, above=-1e-9)


def _actor(value: Json, where: str) -> None:
    keys(value, where, ["id", "kind", "role", "length", "width"])
    word(value["id"], f"{where}.id", least=1)
    choice(value["kind"], f"{where}.kind", ACTOR_KINDS)
    choice(value["role"], f"{where}.role", ACTOR_ROLES)
    for key in ("length", "width"):
        number(value[key], f"{where}.{key}", above=0)


def _frame(value: Json, actors: int, where: str) -> None:
    require(isinstance(value, list) and len(value) % 4 == 0, f"{where}: not four numbers an actor")
    for figure in value:
        number(figure, where)
    for actor in value[::4]:
        index(actor, actors, where)
    require(len(set(value[::4])) == len(value) // 4, f"{where}: an actor occurs twice")


def _series(value: Json, frames: int, where: str) -> None:
    keys(value, where, ["name", "title", "unit", "values"])
    text(value["title"], f"{where}.title")
    for key in ("name", "unit"):
        word(value[key], f"{where}.{key}")
    numbers(value["values"], frames, f"{where}.values")


def _mark(value: Json, frames: int, where: str) -> None:
    keys(value, where, ["frame", "x", "y", "kind", "bad", "text"])
    index(value["frame"], frames, f"{where}.frame")
    for key in ("x", "y"):
        number(value[key], f"{where}.{key}")
    choice(value["kind"], f"{where}.kind", MARK_KINDS)
    truth(value["bad"], f"{where}.bad")
    text(value["text"], f"{where}.text")
