"""A detector at work: flows in batches, a probability for each."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from challenges.base import Case, Json, Player, derive
from challenges.errors import InvalidEntry
from challenges.security.flows import FEATURES, TEST_FLOWS, draw, rows
from challenges.security.replies import Flaw, Patience, greeting_fault, invalid, probabilities, value_of

BATCH = 250


def hello() -> Json:
    return {"challenge": "security", "track": "detect", "features": list(FEATURES), "flows": TEST_FLOWS, "batch": BATCH}


@dataclass(slots=True)
class Detection:
    """What a detector said of the flows of one case."""

    labels: NDArray[np.int64]
    messages: list[Json]
    patience: Patience = field(default_factory=Patience)
    given: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, case: Case) -> "Detection":
        flows, labels = draw(derive(case.seed, "flows"), TEST_FLOWS, test=True)
        ready = rows(flows)
        return cls(labels, [{"flows": ready[start : start + BATCH]} for start in range(0, TEST_FLOWS, BATCH)])

    def run(self, player: Player) -> None:
        """Batch after batch, up to the first fault."""
        flaw = greeting_fault(player.hello(hello()))
        if flaw is not None:
            self.patience.never_ready(flaw)
            return
        for message in self.messages:
            value = value_of(player.ask(message))
            try:
                if not isinstance(value, Flaw):
                    self.given += probabilities(value, len(message["flows"]))
                    continue
            except InvalidEntry as error:
                value = invalid(error)
            self.patience.add(value)
            return

    @property
    def complete(self) -> bool:
        return len(self.given) == len(self.labels)
