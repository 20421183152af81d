"""What a judgement is worth: a figure to show while a phase is open, and one that decides in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the two that a score has, with what belongs to it."""

    score: float
    interval: tuple[float, float] | None
    ties: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """What a judgement is worth on one track. `public` is what an open phase shows, `final` what counts in the end
    (the same where nothing is split); `interval` is the 95 % interval of `public`, None for a single case; `columns`
    are the figures beside it, by the names of `about.toml`; `ties` break equal scores, lower is better, before the
    earlier entry does. `final_interval` and `final_ties` are those of `final` where it is another figure than
    `public`; where nothing is split both stay None, and `decides` knows."""

    public: float
    final: float
    interval: tuple[float, float] | None = None
    columns: Mapping[str, float] = field(default_factory=dict)
    ties: tuple[float, ...] = ()
    final_interval: tuple[float, float] | None = None
    final_ties: tuple[float, ...] | None = None

    @property
    def decides(self) -> "Figure":
        """What counts in the end. An interval of another figure is none: it is not moved there."""
        same = self.interval if self.final == self.public else None
        return Figure(
            self.final, self.final_interval or same, self.ties if self.final_ties is None else self.final_ties
        )

    @property
    def provisional(self) -> "Figure":
        """What an open phase shows."""
        return Figure(self.public, self.interval, self.ties)

    def to_json(self) -> Any:
        return {
            "public": self.public,
            "final": self.final,
            "interval": list(self.interval) if self.interval else None,
            "columns": dict(self.columns),
            "ties": list(self.ties),
            "final_interval": list(self.final_interval) if self.final_interval else None,
            "final_ties": None if self.final_ties is None else list(self.final_ties),
        }

    @classmethod
    def from_json(cls, value: Any) -> "Score":
        """`final_interval` and `final_ties` may be left out."""
        return cls(
            public=float(value["public"]),
            final=float(value["final"]),
            interval=_interval(value["interval"]),
            columns={name: float(figure) for name, figure in value["columns"].items()},
            ties=tuple(float(tie) for tie in value["ties"]),
            final_interval=_interval(value.get("final_interval")),
            final_ties=None if (ties := value.get("final_ties")) is None else tuple(float(tie) for tie in ties),
        )


def _interval(value: Any) -> tuple[float, float] | None:
    return (float(value[0]), float(value[1])) if value else None
