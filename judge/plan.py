"""What is to be played: a challenge's cases, for a judgement and for a meeting. Hidden ones too, hence for workers
only, since the seed must be unsealed. Who meets whom is for `judge.field`."""

import json
from dataclasses import dataclass

from sqlmodel import Session

from challenges.base import About, Case, Challenge, Materials
from challenges.base import Phase as PhaseFacts
from judge.errors import PlatformFault
from judge.models import Contest, Judgement, Phase, Submission
from judge.seeds import unseal
from judge.settings import Settings


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everything that judging one submission needs to know, read in one go; no transaction stays open behind it."""

    judgement: Judgement
    submission: Submission
    phase: Phase
    contest: Contest


def assignment(session: Session, judgement_id: int) -> Assignment:
    judgement = session.get_one(Judgement, judgement_id)
    phase = session.get_one(Phase, judgement.phase_id)
    return Assignment(
        judgement=judgement,
        submission=session.get_one(Submission, judgement.submission_id),
        phase=phase,
        contest=session.get_one(Contest, phase.contest_id),
    )


def seal_context(phase: Phase) -> str:
    """What a sealed seed is bound to."""
    return f"phase-{phase.id}"


def cases_of(challenge: Challenge, phase: Phase, *, settings: Settings, track: str = "") -> list[Case]:
    """What an entry of a track plays by itself.

    Raises PlatformFault where the phase is of another version of the challenge, Misconfigured for a wrong key.
    """
    cases = challenge.cases(*_unsealed(challenge, phase, settings))
    return [case for case in cases if case.track in ("", track)]


def meeting_case(challenge: Challenge, phase: Phase, name: str, *, settings: Settings) -> Case:
    """What a pairing plays, by its name. Raises as `cases_of`."""
    for case in challenge.meetings(*_unsealed(challenge, phase, settings)):
        if case.name == name:
            return case
    raise PlatformFault("challenge-version", f"the challenge has no meeting {name!r} any more")


def meeting_names(challenge: Challenge, materials: Materials, seed: bytes, cases: int) -> list[dict[str, str]]:
    """What is public of a phase's meetings (`Phase.meeting_cases`)."""
    private = Materials(private=materials.private)
    planned = challenge.meetings(private, PhaseFacts(seed=seed, cases=cases))
    return [{"case": case.name, "track": case.track} for case in planned]


def live_seats(about: About, case: Case) -> tuple[str, ...]:
    """The seats that a program takes in what an entry plays by itself."""
    return case.seats or about.seats[:1]


def _unsealed(challenge: Challenge, phase: Phase, settings: Settings) -> tuple[Materials, PhaseFacts]:
    if phase.sealed_seed is None or phase.challenge_version != challenge.about.version:
        raise PlatformFault(
            "challenge-version",
            f"the phase was opened with version {phase.challenge_version}, this worker has {challenge.about.version}",
        )
    seed = unseal(phase.sealed_seed, key=settings.seed_key(), context=seal_context(phase))
    materials = Materials()
    if phase.sealed_materials is not None:
        private = unseal(phase.sealed_materials, key=settings.seed_key(), context=seal_context(phase))
        materials = Materials(private=json.loads(private))
    return materials, PhaseFacts(seed=seed, cases=phase.cases)
