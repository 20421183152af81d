"""What a row holds: one place for the order, the names and the units of its fields."""

from dataclasses import asdict, dataclass
from typing import Literal

from challenges.base import Json


@dataclass(frozen=True, slots=True)
class Field:
    """`low` and `high`: between them lies every true number; `digits`: how many are written after the point."""

    name: str
    kind: Literal["time", "category", "number"]
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    digits: int = 0
    values: tuple[str, ...] = ()


DISTRICTS = ("heping", "nankai", "hexi", "dongli", "binhai")
CHANNELS = ("app", "web", "shop")

FIELDS = (
    Field("time", "time", "ISO 8601, to the minute"),
    Field("segment", "category", values=DISTRICTS),
    Field("channel", "category", values=CHANNELS),
    Field("temperature", "number", "°C", 0.0, 40.0, digits=1),
    Field("price", "number", "CNY", 5.0, 400.0, digits=2),
    Field("visits", "number", "in 30 days", 0.0, 60.0),
    Field("age", "number", "years", 18.0, 80.0),
    Field("tenure", "number", "days", 1.0, 3000.0),
    Field("basket", "number", "items", 1.0, 30.0),
    Field("inflow", "number", "people a minute", 0.0, 60.0, digits=1),
    Field("outflow", "number", "people a minute", 0.0, 60.0, digits=1),
    Field("pressure", "number", "hPa", 940.0, 1060.0, digits=1),
    Field("noise", "number", "dB", 30.0, 110.0, digits=1),
)
NAMES = tuple(field.name for field in FIELDS)
NUMBERS = {field.name: field for field in FIELDS if field.kind == "number"}
TARGET = "bought"


def schema() -> Json:
    """The fields as a team gets them, in the order of a row: name, kind, and what there is of unit, values, range."""
    shown = []
    for field in FIELDS:
        facts = {key: value for key, value in asdict(field).items() if key in {"name", "kind", "unit"} and value}
        if field.kind == "category":
            facts["values"] = list(field.values)
        if field.kind == "number":
            facts["range"] = [field.low, field.high]
        shown.append(facts)
    return shown
