"""What the bench prints."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`ours` and `control` in the same unit. `goal`: what the ratio ours / control must reach, at least where
    `more_is_better`, at most otherwise; None where there is none."""

    work: str
    unit: str
    ours: float
    control_name: str
    control: float
    goal: float | None = None
    more_is_better: bool = False
    beside: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.control

    def reached(self) -> str:
        if self.goal is None:
            return ""
        good = self.ratio >= self.goal if self.more_is_better else self.ratio <= self.goal
        sign = "at least" if self.more_is_better else "at most"
        return f"  goal {sign} {self.goal:g}: {'reached' if good else 'not reached'}"

    def text(self) -> str:
        line = (
            f"{self.work}: {self.ours:,.1f} {self.unit}; {self.control_name}: {self.control:,.1f} {self.unit}; "
            f"ratio {self.ratio:.3f}{self.reached()}"
        )
        return f"{line}\n    {self.beside}" if self.beside else line


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table that has no control."""

    line: str

    def text(self) -> str:
        return self.line
