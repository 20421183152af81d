"""A season of the data lake, from a seed: who came, what the sensors said, and who bought.

Theory of operation. Nature draws one part of the season at a time (train, public, private), each from streams of its
own, so that whoever worked back from the train file to the state of a generator would hold nothing that made a hidden
row, nor a label. The season's `Habits` (what people like this season) hold for all three parts.

The score behind a purchase is a sum of effects. Each is brought to mean 0 and spread 1 on a reference sample before it
is weighed, so that seasons differ in where their habits lie and hardly in how hard they are to learn. A straight line
through the raw fields sees the first; the others are a hump, a rhythm that turns with the district, a ratio to what is
usual in the district, the ratio of two sensors, and a product of two.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from challenges.base import derive
from challenges.datalake.columns import CHANNELS, DISTRICTS, NUMBERS

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

DAY_MINUTES = 24 * 60
SEASON_DAYS = 180
PARTS = {"train": (0, 90), "public": (90, 124), "private": (124, 180)}
"""Days of the season, from and to: the parts follow one another in time."""
REFERENCE_ROWS = 20_000

WEIGHTS = {"line": 0.85, "comfort": 0.8, "rhythm": 1.05, "bargain": 1.05, "crowd": 1.05, "weather": 0.8}
LEVEL = -1.3
"""The mean of the score (log odds): about three in ten buy."""

SEGMENT_SHARES = (0.26, 0.22, 0.2, 0.17, 0.15)
CHANNEL_SHARES = (0.5, 0.3, 0.2)


def stream(seed: bytes, name: str) -> np.random.Generator:
    """A stream of random numbers of its own for each name."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(derive(seed, name), "big")))


@dataclass(frozen=True, slots=True)
class Habits:
    """What holds for one season: slopes and signs of the straight part, and where humps and peaks lie."""

    age_slope: float
    tenure_slope: float
    channel_level: Numbers
    comfort_c: float
    peak_hours: Numbers
    weekend_level: Numbers
    usual_price_cny: Numbers
    bargain_ratio: float
    pressure_hpa: float
    noise_db: float
    weather_sign: float


def habits(seed: bytes) -> Habits:
    """The season's own."""
    draw = stream(seed, "habits")
    signs = draw.choice([-1.0, 1.0], size=3)
    return Habits(
        age_slope=float(signs[0] * draw.uniform(0.4, 0.6)),
        tenure_slope=float(signs[1] * draw.uniform(0.3, 0.5)),
        channel_level=draw.permutation(np.array([-0.4, 0.0, 0.4])),
        comfort_c=float(draw.uniform(19.0, 23.0)),
        peak_hours=draw.permutation(np.array([8.0, 11.0, 14.0, 17.0, 20.0])) + draw.uniform(-1.0, 1.0, 5),
        weekend_level=draw.permutation(np.array([-1.0, -1.0, 0.0, 1.0, 1.0])),
        usual_price_cny=draw.permutation(np.array([30.0, 45.0, 68.0, 100.0, 150.0])) * draw.uniform(0.9, 1.1, 5),
        bargain_ratio=float(draw.uniform(0.75, 0.9)),
        pressure_hpa=float(draw.uniform(1000.0, 1006.0)),
        noise_db=float(draw.uniform(58.0, 64.0)),
        weather_sign=float(signs[2]),
    )


@dataclass(frozen=True, slots=True)
class Visits:
    """Clean rows in the order of time. `minutes` count from the season's start, a Monday's midnight; `segment` and
    `channel` are indices; `numbers` by the name of the field, each as long as `minutes`."""

    minutes: Whole
    segment: Whole
    channel: Whole
    numbers: Mapping[str, Numbers]


def part(seed: bytes, name: str, rows: int) -> tuple[Visits, Whole]:
    """`rows` rows of a part of the season, and of each whether it ended in a purchase (0 or 1)."""
    likes = habits(seed)
    visits = _draw(stream(seed, f"{name} rows"), likes, rows, PARTS[name])
    chance = 1 / (1 + np.exp(-log_odds(seed, likes, visits)))
    bought = stream(seed, f"{name} labels").random(rows) < chance
    return visits, bought.astype(np.int64)


def log_odds(seed: bytes, likes: Habits, visits: Visits) -> Numbers:
    """The log odds of a purchase."""
    sample = _draw(stream(seed, "reference"), likes, REFERENCE_ROWS, (0, SEASON_DAYS))
    usual, here = _effects(likes, sample), _effects(likes, visits)
    total = np.full(len(visits.minutes), LEVEL)
    for name, weight in WEIGHTS.items():
        total += weight * (here[name] - usual[name].mean()) / usual[name].std()
    return total


def _draw(draw: np.random.Generator, likes: Habits, rows: int, days: tuple[int, int]) -> Visits:
    minutes = np.sort(draw.integers(days[0] * DAY_MINUTES, days[1] * DAY_MINUTES, rows))
    segment = draw.choice(len(DISTRICTS), rows, p=SEGMENT_SHARES)
    channel = draw.choice(len(CHANNELS), rows, p=CHANNEL_SHARES)
    day, hour = minutes / DAY_MINUTES, minutes / 60 % 24
    weather = 20 + 3 * np.sin(2 * np.pi * day / 30) + 4 * np.sin(2 * np.pi * (hour - 9) / 24)
    inflow = draw.gamma(4.0, 4.0, rows)
    raw = {
        "temperature": weather + draw.normal(0, 4, rows),
        "price": likes.usual_price_cny[segment] * np.exp(draw.normal(0, 0.45, rows)),
        "visits": draw.poisson(draw.gamma(2.0, 4.0, rows)).astype(np.float64),
        "age": draw.normal(42, 14, rows),
        "tenure": draw.gamma(1.2, 400, rows),
        "basket": 1.0 + draw.poisson(4.0, rows),
        "inflow": inflow,
        "outflow": inflow * np.exp(draw.normal(0, 0.4, rows)),
        "pressure": draw.normal(1003, 9, rows),
        "noise": draw.normal(61, 9, rows),
    }
    numbers = {
        name: np.clip(values, NUMBERS[name].low, NUMBERS[name].high).round(NUMBERS[name].digits)
        for name, values in raw.items()
    }
    return Visits(minutes, segment, channel, numbers)


def _effects(likes: Habits, visits: Visits) -> dict[str, Numbers]:
    """By the names of `WEIGHTS`, not yet brought to one scale."""
    segment, numbers = visits.segment, visits.numbers
    hour = visits.minutes / 60 % 24
    weekend = np.where(visits.minutes // DAY_MINUTES % 7 >= 5, 1.4, -0.6)
    paid = np.log(numbers["price"] / likes.usual_price_cny[segment])
    return {
        "line": np.log1p(numbers["visits"])
        + likes.age_slope * (numbers["age"] - 42) / 14
        + likes.tenure_slope * np.log(numbers["tenure"])
        + likes.channel_level[visits.channel],
        "comfort": -np.abs(numbers["temperature"] - likes.comfort_c).clip(max=8.0),
        "rhythm": np.cos(2 * np.pi * (hour - likes.peak_hours[segment]) / 24)
        + 0.5 * likes.weekend_level[segment] * weekend,
        "bargain": -np.abs(paid - np.log(likes.bargain_ratio)).clip(max=0.8),
        "crowd": np.tanh(2.5 * np.log((numbers["inflow"] + 1) / (numbers["outflow"] + 1))),
        "weather": likes.weather_sign
        * np.tanh((numbers["pressure"] - likes.pressure_hpa) / 5)
        * np.tanh((numbers["noise"] - likes.noise_db) / 5),
    }
