"""A defence at work: clean and attacked images, mixed, asked one by one of processes that remember nothing.

Theory of operation. Every image is there twice, clean and attacked. A process never sees both: the first sees half of
the images clean and the other half attacked, the second the other way round, each once, in an order drawn from the
case's seed. The third draws halves anew and asks everything twice. So of every image one version is asked three times,
in two processes, and nobody can tell which; a version is right if it was right every time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from challenges.base import Case, Json, Player, derive
from challenges.errors import InvalidEntry
from challenges.security.assaults import ASSAULTS
from challenges.security.digits import SIDE, WHITE, draw
from challenges.security.kept import Kept
from challenges.security.replies import Flaw, Patience, greeting_fault, invalid, label, value_of

IMAGES = 160
"""In a case of the qualification: 40 for each house attack."""
CLEAN, ATTACKED = 0, 1

Asked = tuple[int, int]
"""(image, version)."""


def hello() -> Json:
    """The same in a qualification and in a meeting, and without a number of images: who knew where it is could do well
    in the one alone."""
    return {"challenge": "security", "track": "defence", "side": SIDE}


def by_the_house(case: Case) -> Kept:
    """The images of a case of the qualification: the i-th is attacked by house attack i modulo their number."""
    clean, labels = draw(derive(case.seed, "images"), IMAGES)
    attacked = clean.copy()
    for i, (name, assault) in enumerate(ASSAULTS.items()):
        some = slice(i, None, len(ASSAULTS))
        chance = np.random.Generator(np.random.PCG64(int.from_bytes(derive(case.seed, name), "big")))
        attacked[some] = assault(clean[some], labels[some], chance)
    return Kept(clean, labels, attacked)


@dataclass(slots=True)
class Defence:
    """What a defence said of the images of one case."""

    kept: Kept
    seed: bytes
    patience: Patience = field(default_factory=Patience)
    answers: dict[Asked, list[int | None]] = field(default_factory=dict)

    def run(self, player: Player) -> None:
        """Three processes, one after the other; what is never asked is wrong."""
        for i, batch in enumerate(self._batches()):
            process = player.fresh() if i else player
            flaw = greeting_fault(process.hello(hello()))
            if flaw is not None:
                self.patience.never_ready(flaw)
                return
            for asked in batch:
                self.answers.setdefault(asked, []).append(self._ask(process, asked))
                if self.patience.over:
                    return

    def _batches(self) -> Iterator[list[Asked]]:
        count = len(self.kept.labels)
        chance = np.random.Generator(np.random.PCG64(int.from_bytes(derive(self.seed, "order"), "big")))
        first = chance.permutation(count) % 2
        third = chance.permutation(count) % 2
        for versions, times in ((first, 1), (1 - first, 1), (third, 2)):
            order = chance.permutation(count * times) % count
            yield [(int(image), int(versions[image])) for image in order]

    def _ask(self, player: Player, asked: Asked) -> int | None:
        image, version = asked
        shown = self.kept.attacked if version == ATTACKED else self.kept.clean
        value = value_of(player.ask({"image": (shown[image] / WHITE).tolist()}))
        try:
            if not isinstance(value, Flaw):
                return label(value)
        except InvalidEntry as error:
            value = invalid(error)
        self.patience.add(value)
        return None

    def right(self, version: int) -> NDArray[np.bool_]:
        """(count,): which images were taken for what they are, every time and in every process."""
        asked = [self.answers.get((image, version), [None]) for image in range(len(self.kept.labels))]
        return np.asarray([set(given) == {int(label)} for given, label in zip(asked, self.kept.labels, strict=True)])

    def unsteady(self) -> int:
        """How many versions got answers that disagree."""
        return sum(len(set(given)) > 1 for given in self.answers.values())
