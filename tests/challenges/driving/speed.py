"""How fast is the simulator? `python -m tests.challenges.driving.speed [rounds] [seed]`: ticks a second of CPU by
discipline, the best of the rounds, with the sound sample's answers given again, so that only the evaluator counts."""

import hashlib
import sys
import time

from challenges import registry, sheet
from challenges.base import Answer, Json, Phase, Reply
from tests.challenges.fakes import Entry, seats


def main(rounds: int, seed: str) -> None:
    driving = registry.load("driving")
    sound = next(sample.path for sample in sheet.samples("driving") if sample.name == "sound")
    phase = Phase(hashlib.sha256(seed.encode()).digest(), 1, showcase=False)
    for case in driving.cases(driving.prepare(phase.seed, cases=phase.cases), phase):
        heard = _Heard(sound)
        driving.play(case, seats(driver=heard), {})
        answers = heard.answers
        best = float("inf")
        for _ in range(rounds):
            told = _Told(answers)
            began = time.process_time()
            driving.play(case, seats(driver=told), {})
            best = min(best, time.process_time() - began)
        print(f"{case.group}: {len(answers)} ticks in {best:.3f} s, {len(answers) / best:.0f} ticks/s", flush=True)


class _Heard(Entry):
    """Keeps what it answers."""

    answers: list[Answer]

    def hello(self, info: Json) -> Answer:
        self.answers = []
        return super().hello(info)

    def ask(self, message: Json) -> Answer:
        self.answers.append(super().ask(message))
        return self.answers[-1]


class _Told:
    """Answers what it is told to."""

    def __init__(self, answers: list[Answer]) -> None:
        self._answers = iter(answers)

    def hello(self, info: Json) -> Answer:
        return Reply(None)

    def ask(self, message: Json) -> Answer:
        return next(self._answers)


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["7"])[0]), (sys.argv[2:3] or ["speed"])[0])
