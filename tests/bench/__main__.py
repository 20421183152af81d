"""`make bench`: our side and its control in the same run, and the ratio. Reports; asserts nothing.

Absolute figures move with the machine, ratios do not: interleaved rounds, medians.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bench import costs, fairness, latency, sandbox, separation, uploads
from tests.bench.table import Line, Row

ROWS: dict[str, Callable[[Path], Iterable[Row | Line]]] = {
    "sandbox": sandbox.rows,
    "fairness": fairness.rows,
    "latency": latency.rows,
    "uploads": uploads.rows,
    "separation": separation.rows,
    "costs": costs.rows,
}


def main(names: list[str]) -> int:
    unknown = set(names) - set(ROWS)
    if unknown:
        print(f"there is no bench named {', '.join(sorted(unknown))}; there are: {', '.join(ROWS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as folder:
        for name in names or ROWS:
            print(f"# {name}", flush=True)
            for row in ROWS[name](Path(folder)):
                print(row.text(), flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
