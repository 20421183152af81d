"""Opening a phase: draft → open. Only workers can, since they alone make and read seeds.

Theory of operation. What a challenge prepares may take an hour. A worker therefore claims the phase first
(`Phase.opening_at`, renewed like a lease), prepares in a child process with no transaction open, and goes on with other
jobs meanwhile (`jobs.open_phase`). When everything is there one transaction seals the seed, names the files and opens
the phase; until then the phase is a draft, which nobody can see or upload to. A claim whose worker died runs out, and
the sweeper asks for the phase again; a challenge that failed is not asked again by itself.
"""

import json
import logging
import time
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from challenges import registry
from challenges.base import Materials
from judge import contests, ledger
from judge.kit import Kit
from judge.models import Contest, Phase
from judge.plan import meeting_names, seal_context
from judge.preparing import prepared
from judge.referee import Stopping
from judge.seeds import commitment, new_seed, seal
from judge.states import PhaseState

CLAIM = timedelta(minutes=1)
"""A claim that was not renewed for so long is over."""
log = logging.getLogger(__name__)


def open_phase(kit: Kit, phase_id: int) -> bool:
    """Draw the seed, prepare, pin image and version, publish the commitment. Whether the phase was opened here; not
    where it is no draft, or another worker is at it. Raises PlatformFault where the challenge fails, Stopping."""
    with kit.db.write() as session:
        phase = claim(session, phase_id, now=kit.clock())
        if phase is None:
            return False
        contest = session.get_one(Contest, phase.contest_id)
    began = time.monotonic()
    log.info("%s/%s: preparing %s case(s) of each kind", contest.slug, phase.slug, phase.cases)
    seed = new_seed()
    try:
        materials = prepared(
            kit.nursery,
            contest.challenge,
            seed,
            cases=phase.cases,
            stop=kit.stop,
            say=log.info,
            alive=lambda: _renew(kit, phase_id),
        )
        opened = _open(kit, phase_id, seed, materials)
    except Stopping:
        _claimed_at(kit, phase_id, kit.clock() - CLAIM)  # anybody may take it now, and the sweeper asks
        raise
    except Exception:
        _claimed_at(kit, phase_id, None)
        raise
    if materials.note:
        log.info("%s/%s: %s", contest.slug, phase.slug, materials.note)
    log.info("%s/%s: open after %.1f s", contest.slug, phase.slug, time.monotonic() - began)
    return opened


def claim(session: Session, phase_id: int, *, now: datetime) -> Phase | None:
    """A draft that nobody is preparing, for whoever asks first."""
    phase = session.exec(select(Phase).where(Phase.id == phase_id).with_for_update()).first()
    if phase is None or phase.state != PhaseState.DRAFT:
        return None
    if phase.opening_at is not None and phase.opening_at > now - CLAIM:
        return None
    phase.opening_at = now
    session.add(phase)
    return phase


def abandoned(session: Session, *, now: datetime) -> list[int]:
    """Drafts whose worker has died while it prepared them."""
    query = select(Phase.id).where(Phase.state == PhaseState.DRAFT, col(Phase.opening_at) <= now - CLAIM)
    return [phase_id for phase_id in session.exec(query) if phase_id is not None]


def _renew(kit: Kit, phase_id: int) -> None:
    """A database that is away for a moment undoes nothing: at worst another worker prepares the same."""
    try:
        _claimed_at(kit, phase_id, kit.clock())
    except Exception:
        log.exception("the claim to phase %s could not be renewed", phase_id)


def _claimed_at(kit: Kit, phase_id: int, when: datetime | None) -> None:
    with kit.db.write() as session:
        session.connection().execute(update(Phase).where(col(Phase.id) == phase_id).values(opening_at=when))


def _open(kit: Kit, phase_id: int, seed: bytes, materials: Materials) -> bool:
    with kit.db.read() as session:
        phase = session.get_one(Phase, phase_id)
        challenge = registry.load(session.get_one(Contest, phase.contest_id).challenge)
    planned = meeting_names(challenge, materials, seed, phase.cases)
    public = {name: kit.storage.keep_bytes(content) for name, content in materials.public.items()}
    key, context = kit.settings.seed_key(), seal_context(phase)
    with kit.db.write() as session:
        phase = session.get_one(Phase, phase_id, with_for_update=True)
        contest = session.get_one(Contest, phase.contest_id)
        if phase.state != PhaseState.DRAFT:
            return False
        now = kit.clock()
        phase.sealed_seed = seal(seed, key=key, context=context)
        if materials.private is not None:
            phase.sealed_materials = seal(json.dumps(materials.private).encode(), key=key, context=context)
        phase.materials, phase.meeting_cases = public, planned
        phase.image, phase.challenge_version = kit.sandbox.image, challenge.about.version
        phase.commitment = commitment(
            contest=contest.slug,
            phase=phase.slug,
            challenge_version=challenge.about.version,
            image=kit.sandbox.image,
            seed=seed,
        )
        phase.opened_at, phase.opening_at = now, None
        contests.move_phase(session, phase, PhaseState.OPEN, now=now)
        if contest.state == PhaseState.DRAFT:
            contest.state = PhaseState.OPEN
            session.add(contest)
        ledger.mark(
            session, action="seed-committed", subject=f"phase-{phase.id}", now=now, facts={"sha256": phase.commitment}
        )
    return True
