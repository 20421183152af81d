"""An attack at work: image by image, with an oracle that says only which digit it sees."""

from dataclasses import dataclass, field

import numpy as np

from challenges.base import Case, Json, Player, derive
from challenges.errors import InvalidEntry
from challenges.security.digits import EPSILON, SIDE, WHITE, Images, Labels, draw, in_ball
from challenges.security.house import ORACLE, house
from challenges.security.kept import Kept
from challenges.security.replies import Flaw, Patience, greeting_fault, invalid, pixels, value_of

IMAGES = 60
QUERIES = 200
"""An image."""


def hello() -> Json:
    return {
        "challenge": "security",
        "track": "attack",
        "epsilon": EPSILON / WHITE,
        "side": SIDE,
        "images": IMAGES,
        "queries": QUERIES,
    }


@dataclass(slots=True)
class Attack:
    """What an attack did to the images of one case."""

    clean: Images
    labels: Labels
    attacked: Images
    patience: Patience = field(default_factory=Patience)
    queries: int = 0

    @classmethod
    def of(cls, case: Case) -> "Attack":
        clean, labels = draw(derive(case.seed, "images"), IMAGES)
        return cls(clean, labels, clean.copy())

    def run(self, player: Player) -> None:
        """Every image in its turn; one that goes wrong stays as it was."""
        flaw = greeting_fault(player.hello(hello()))
        if flaw is not None:
            self.patience.never_ready(flaw)
            return
        for number in range(IMAGES):
            try:
                given = self._one(player, number)
            except InvalidEntry as error:
                given = invalid(error)
            if isinstance(given, Flaw):
                self.patience.add(given)
                if self.patience.over:
                    return
            else:
                one = slice(number, number + 1)
                self.attacked[one] = in_ball(np.asarray([given], dtype=np.int64), self.clean[one])

    def _one(self, player: Player, number: int) -> list[int] | Flaw:
        """The image that it returns, anywhere. Raises InvalidEntry."""
        left = QUERIES
        message: Json = {
            "image": (self.clean[number] / WHITE).tolist(),
            "label": int(self.labels[number]),
            "number": number,
        }
        for _ in range(QUERIES + 1):
            value = value_of(player.ask(message))
            if isinstance(value, Flaw):
                return value
            if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= {"image", "query"}:
                raise InvalidEntry("attack_keys")
            if "image" in value:
                return pixels(value["image"])
            wanted = _queried(value["query"])
            answered = [pixels(image) for image in wanted[:left]]
            left -= len(answered)
            self.queries += len(answered)
            refused = [None] * (len(wanted) - len(answered))
            message = {"labels": [*_oracle(answered), *refused], "left": left}
        raise InvalidEntry("no_end", queries=QUERIES)

    def kept(self) -> Kept:
        return Kept(self.clean, self.labels, self.attacked)


def _queried(value: Json) -> list[Json]:
    """Images that nobody has looked at yet: those beyond the budget never are, so that nobody keeps the evaluator busy
    with them. Raises InvalidEntry."""
    if not isinstance(value, list) or not value:
        raise InvalidEntry("query_no_list")
    if len(value) > QUERIES:
        raise InvalidEntry("query_length", given=len(value), queries=QUERIES)
    return value


def _oracle(images: list[list[int]]) -> list[int]:
    if not images:
        return []
    found: list[int] = house().models[ORACLE].labels(np.asarray(images, dtype=np.int64)).tolist()
    return found
