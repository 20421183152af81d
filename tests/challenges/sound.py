"""The sound samples of a challenge, by track, played alone in this process: for tests that run over every challenge.
 `python -m tests.challenges.sound SLUG` prints what came of it, one line a run, for other processes to
compare."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from challenges import registry, sheet
from challenges.base import Case, Challenge, Materials, Outcome, Phase, Played
from challenges.sheet import Sample
from tests.challenges.fakes import Entry, seats

SEED = hashlib.sha256(b"sound").digest()


def samples(slug: str) -> dict[str, Sample]:
    """By track."""
    return {sample.track: sample for sample in sheet.samples(slug)[::-1] if sample.label == "sound"}


def prepared(challenge: Challenge, phase: Phase) -> Materials:
    """What a phase's cases are made with; cases are made of the private part alone. As in practice, however many cases
    there are: what may take hours for a final is quick there."""
    about = challenge.about
    challenge.about = replace(about, practice_cases=max(phase.cases, about.practice_cases))
    try:
        return Materials(private=challenge.prepare(phase.seed, cases=phase.cases).private)
    finally:
        challenge.about = about


def cases(challenge: Challenge, track: str, *, showcase: bool = True) -> list[Case]:
    """What an entry of a track plays by itself in a phase of one case."""
    phase = Phase(SEED, 1, showcase=showcase)
    return [case for case in challenge.cases(prepared(challenge, phase), phase) if case.track in ("", track)]


def play(challenge: Challenge, folder: Path, planned: Sequence[Case]) -> list[tuple[Case, Outcome]]:
    """Each case with its outcome; a case that brings something gets it from the run that left it."""
    left: dict[str, bytes] = {}
    found = []
    for case in planned:
        live = case.seats or challenge.about.seats[:1]
        brought = {seat: left[name] for seat, name in case.brings.items()}
        outcome = challenge.play(case, seats(**{seat: Entry(folder) for seat in live}), brought)
        for content in outcome.artefacts.values():
            left[case.name] = content
        found.append((case, outcome))
    return found


def played(runs: Sequence[tuple[Case, Outcome]]) -> list[Played]:
    """As `score` sees them: the seats of the entry, showcases left out."""
    return [
        Played(case, seat, outcome.seats[seat])
        for case, outcome in runs
        for seat in case.seats or tuple(outcome.seats)[:1]
        if not case.showcase
    ]


def told(challenge: Challenge, sample: Sample) -> list[str]:
    """What must be the same wherever it is made: every run's outcome, view and what it leaves, and the score."""
    runs = play(challenge, sample.path, cases(challenge, sample.track))
    scores = {track: score.to_json() for track, score in challenge.score(played(runs)).items()}
    return [*(f"{case.name} {json.dumps(outcome.to_json())}" for case, outcome in runs), json.dumps(scores)]


def main(slug: str) -> None:
    challenge = registry.load(slug)
    for sample in samples(slug).values():
        print(*told(challenge, sample), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
