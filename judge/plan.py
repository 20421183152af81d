"""What is to be played for a judgement: the challenge's cases, or, where submissions meet, the missing pairs."""

import json
from dataclasses import dataclass

from sqlmodel import Session

from challenges.base import Case, Challenge, Materials
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


def cases_of(challenge: Challenge, phase: Phase, *, settings: Settings) -> list[Case]:
    """A phase's cases, hidden ones too: for workers only, since the seed must be unsealed.

    Raises PlatformFault where the phase is of another version of the challenge, Misconfigured for a wrong key.
    """
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
    return list(challenge.cases(materials, PhaseFacts(seed=seed, cases=phase.cases)))
