"""Network flows, harmless and not, by a seed: what detectors learn from and what they are asked about.

Theory of operation. A flow is one of several kinds, each a row of numbers that say what its nine features are drawn
from. Training data and hidden test have the same kinds but not in the same shares: in training attacks are mostly the
loud ones, in the test mostly the quiet ones, which look like somebody's backup or a chatty appliance. Nothing else
differs, so that whoever learns what each kind looks like, and not how often it comes, does well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FEATURES: Final = (
    *("duration_s", "bytes_out", "bytes_in", "packets_out", "packets_in"),
    *("port", "peers_60s", "failed_60s", "gap_spread"),
)
DIGITS: Final = (3, 0, 0, 0, 0, 0, 0, 0, 3)
"""Decimal places that are given."""
TRAIN_FLOWS: Final = 8_000
TEST_FLOWS: Final = 2_000
"""In a case."""
ATTACK_SHARE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Kind:
    """Medians and spreads (of the natural logarithm) of what is log-normal; means of what is counted."""

    duration_s: tuple[float, float]
    packets_out: tuple[float, float]
    packets_in: tuple[float, float]
    size_out: tuple[float, float]
    """Bytes a packet."""
    size_in: tuple[float, float]
    ports: tuple[int, ...]
    peers: float
    failed: float
    gap_spread: tuple[float, float]
    """Standard deviation of the gaps between packets over their mean."""


HARMLESS: Final[Mapping[str, tuple[Kind, float]]] = {
    "web": (Kind((2.0, 1.2), (14, 0.9), (22, 1.0), (180, 0.5), (700, 0.5), (443, 443, 80), 6, 0.15, (1.6, 0.5)), 0.46),
    "names": (Kind((0.03, 0.9), (1.3, 0.3), (1.3, 0.3), (60, 0.2), (130, 0.4), (53,), 9, 0.3, (0.6, 0.6)), 0.20),
    "video": (Kind((60, 1.0), (400, 1.0), (2500, 1.0), (90, 0.3), (1250, 0.1), (443,), 4, 0.05, (1.2, 0.4)), 0.08),
    "backup": (
        Kind((90, 1.1), (2200, 1.1), (500, 1.1), (1250, 0.15), (70, 0.3), (443, 22, 873), 2, 0.1, (0.9, 0.5)),
        0.06,
    ),
    "terminal": (Kind((150, 1.4), (160, 1.1), (170, 1.1), (90, 0.4), (140, 0.5), (22,), 2, 0.4, (2.2, 0.5)), 0.06),
    "appliance": (
        Kind((3.0, 1.2), (6, 0.6), (5, 0.6), (130, 0.5), (110, 0.5), (443, 8883, 123), 2, 0.3, (0.35, 0.8)),
        0.10,
    ),
    "crawler": (
        Kind((0.8, 1.0), (7, 0.8), (9, 0.9), (160, 0.4), (500, 0.7), (443, 80, 8080), 26, 2.0, (1.0, 0.5)),
        0.04,
    ),
}
ATTACKS: Final[Mapping[str, tuple[Kind, float, float]]] = {
    "scan": (
        Kind(
            (0.02, 1.0), (1.5, 0.4), (1.0, 0.4), (50, 0.2), (48, 0.3), (22, 23, 80, 445, 3389, 8080), 60, 25, (0.5, 0.6)
        ),
        0.40,
        0.10,
    ),
    "flood": (
        Kind((8, 1.0), (1500, 1.0), (40, 1.2), (80, 0.4), (60, 0.4), (80, 443, 53), 3, 1.5, (0.3, 0.6)),
        0.30,
        0.10,
    ),
    "guessing": (
        Kind((6, 0.9), (24, 0.6), (22, 0.6), (110, 0.3), (130, 0.3), (22, 3389, 443), 3, 7.0, (0.8, 0.5)),
        0.15,
        0.20,
    ),
    "beacon": (
        Kind((2.5, 1.1), (7, 0.6), (5, 0.6), (150, 0.4), (120, 0.5), (443, 80, 8080), 2, 0.35, (0.12, 0.7)),
        0.07,
        0.25,
    ),
    "theft": (
        Kind((110, 1.2), (1500, 1.1), (380, 1.1), (1150, 0.25), (75, 0.3), (443, 443, 22, 53), 1.2, 0.3, (0.45, 0.5)),
        0.05,
        0.20,
    ),
    "slow": (Kind((140, 0.9), (40, 0.8), (14, 0.8), (70, 0.3), (60, 0.4), (80, 443), 2, 1.0, (0.9, 0.6)), 0.03, 0.15),
}
"""Kind, share in training, share in the test."""

Flows = NDArray[np.float64]
"""(count, 9)"""


def draw(seed: bytes, count: int, *, test: bool) -> tuple[Flows, NDArray[np.int64]]:
    """`count` flows and whether each is an attack, 0 or 1; the mix of attacks is that of the test or of training."""
    chance = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    kinds = [kind for kind, _ in HARMLESS.values()] + [kind for kind, _, _ in ATTACKS.values()]
    shares = [(1 - ATTACK_SHARE) * share for _, share in HARMLESS.values()]
    shares += [ATTACK_SHARE * (later if test else first) for _, first, later in ATTACKS.values()]
    chosen = chance.choice(len(kinds), size=count, p=np.asarray(shares) / sum(shares))
    flows = np.empty((count, len(FEATURES)))
    for number, kind in enumerate(kinds):
        some = chosen == number
        flows[some] = _of(kind, int(some.sum()), chance)
    return flows, (chosen >= len(HARMLESS)).astype(np.int64)


def _of(kind: Kind, count: int, chance: np.random.Generator) -> Flows:
    def spread(median: float, sigma: float) -> NDArray[np.float64]:
        return median * np.exp(sigma * chance.standard_normal(count))

    packets_out = np.maximum(1, np.rint(spread(*kind.packets_out)))
    packets_in = np.rint(spread(*kind.packets_in))
    columns = (
        spread(*kind.duration_s),
        packets_out * np.clip(spread(*kind.size_out), 40, 1460),
        packets_in * np.clip(spread(*kind.size_in), 40, 1460),
        packets_out,
        packets_in,
        np.asarray(kind.ports)[chance.integers(len(kind.ports), size=count)],
        1 + chance.poisson(kind.peers * np.exp(0.5 * chance.standard_normal(count))),
        chance.poisson(kind.failed * np.exp(0.5 * chance.standard_normal(count))),
        spread(*kind.gap_spread),
    )
    return np.stack([np.round(column, places) for column, places in zip(columns, DIGITS, strict=True)], axis=1)


def as_csv(flows: Flows, labels: NDArray[np.int64]) -> bytes:
    """With a line of names; the label comes last, 1 for an attack."""
    lines = [",".join([*FEATURES, "attack"])]
    for row, label in zip(rows(flows), labels, strict=True):
        lines.append(",".join([*map(str, row), str(label)]))
    return ("\n".join(lines) + "\n").encode()


def rows(flows: Flows) -> list[list[float]]:
    """As they are sent: whole numbers where a feature has no decimals."""
    return [
        [float(value) if places else int(value) for value, places in zip(row, DIGITS, strict=True)] for row in flows
    ]
