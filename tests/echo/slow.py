"""Echo with something to prepare; what happens, the number of cases says."""

import json
import os
import time

from challenges import sheet
from challenges.base import Materials
from tests.echo.challenge import Echo

TELLS, TAKES_TIME, FAILS, NEVER_ENDS, IS_WRONG = 1, 2, 3, 4, 5
SECONDS = 3.0
NOTE = "made by hand"


class Slow(Echo):
    def __init__(self) -> None:
        self.about = sheet.about("slow")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:
        match cases:
            case 1:
                facts = {"environment": sorted(os.environ), "nice": os.nice(0), "process": os.getpid()}
                facts_file = json.dumps(facts).encode()
                return Materials(public={"facts.json": facts_file}, private={"cases": cases}, note=NOTE)
            case 2:
                time.sleep(SECONDS)
            case 3:
                raise ValueError("nothing can be prepared")
            case 4:
                time.sleep(600)
            case 5:
                return Materials(private=float("nan"))
        return super().prepare(seed, cases=cases)
