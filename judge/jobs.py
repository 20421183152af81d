"""The jobs that the queue may start.

Each loads, checks that there is something to do, and calls the domain; running one twice is harmless. The one wide
`except` of a worker stands here: whatever it is becomes `JE`, not a dead worker.
"""

import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from challenges import registry
from challenges.base import Case, Challenge
from judge import decks, field, judgements, leases, meetings, opening, panel, results, scoring, starter
from judge.errors import PlatformFault, StaleAttempt, StorageFull
from judge.kit import Kit, Lease, equipped
from judge.leases import Claim
from judge.models import Contest, Judgement, Meeting, Phase
from judge.plan import Assignment, assignment, cases_of, live_seats, meeting_case
from judge.referee import Referee, Stopping
from judge.results import Circumstances, PlayedRun
from judge.states import JudgementState
from sandbox.types import Program, Verdict

QUICK_SECONDS, STOP_SECONDS = 20, 5
"""So long a job waits for a phase to be prepared; and a worker that is to stop until that has come to its end."""
OPENING = "opening-"
"""Before the names of threads."""
log = logging.getLogger(__name__)

Play = Callable[[Kit, Claim], None]
"""Plays and records what a claim is for. Raises PlatformFault, Stopping, StaleAttempt."""
Fault = Callable[[Kit, Claim, PlatformFault], None]
"""Records that our side failed."""


def _attempt(kit: Kit, claim: Claim, play: Play, fault: Fault) -> None:
    """One attempt, under its lease; our own faults are recorded as such."""
    try:
        with Lease(kit, claim):
            try:
                play(kit, claim)
            except (Stopping, StaleAttempt):
                raise
            except PlatformFault as error:
                log.warning("%s, attempt %s: %s", claim.name, claim.attempt, error)
                fault(kit, claim, error)
            except Exception as error:
                log.exception("%s, attempt %s", claim.name, claim.attempt)
                code = "storage-full" if isinstance(error, StorageFull) else "internal"
                fault(kit, claim, PlatformFault(code, f"{type(error).__name__}: {error}"))
    except Stopping:
        with kit.db.write() as session:
            leases.hand_back(session, claim, now=kit.clock())
    except StaleAttempt as error:
        log.warning("%s", error)


# ---------------------------------------------------------------------------------------------------------------------
# Judging


def judge_submission(judgement_id: int) -> None:
    """One attempt at a judgement, if it is queued, this worker can serve it, and no other of its team is running."""
    kit = equipped()
    with kit.db.read() as session:
        if session.get(Judgement, judgement_id) is None:
            return
        work = assignment(session, judgement_id)
    if work.judgement.state != JudgementState.QUEUED or not kit.able(work.phase, work.submission):
        return
    with kit.db.write() as session:
        claim = judgements.claim(
            session, judgement_id=judgement_id, worker=kit.worker, settings=kit.settings, now=kit.clock()
        )
    if claim is None:
        return
    _attempt(kit, claim, lambda kit, claim: _judge(kit, claim, work), _judging_failed)
    _wake_next(kit, work)
    _tend_if_due(kit, work.phase)


def _judge(kit: Kit, claim: Claim, work: Assignment) -> None:
    """Play, score, record."""
    played, judged, circumstances = _play(kit, claim, work)
    files = [results.store_files(kit.storage, run) for run in played]
    with kit.db.write() as session:
        results.record(
            session,
            claim=claim,
            played=played,
            files=files,
            judged=judged,
            circumstances=circumstances,
            now=kit.clock(),
        )


def _judging_failed(kit: Kit, claim: Claim, error: PlatformFault) -> None:
    with kit.db.write() as session:
        judgements.fault(session, claim, error=error, settings=kit.settings, now=kit.clock())


def _play(kit: Kit, claim: Claim, work: Assignment) -> tuple[list[PlayedRun], scoring.Judged, Circumstances]:
    challenge = registry.load(work.contest.challenge)
    if challenge.about.entry.kind == "deck":
        complaint = decks.complaint(kit.storage.local_path(work.submission.sha256))
        return [], scoring.looked_at(complaint), kit.circumstances(challenge.about.version)
    cases = cases_of(challenge, work.phase, settings=kit.settings, track=work.submission.track)
    with kit.built(claim, work.submission) as built:
        played = play_all(kit, challenge, cases, built.program) if built.program else []
    records = [record for run in played for record in run.records.values()]
    judged = scoring.judged(challenge, records) if built.program else scoring.not_built(built.message)
    if judged.verdict == Verdict.JE:
        raise PlatformFault(judged.message.code if judged.message else "internal", "a run has neither score nor fault")
    return played, judged, kit.circumstances(challenge.about.version, built)


def play_all(kit: Kit, challenge: Challenge, cases: list[Case], program: Program) -> list[PlayedRun]:
    """Every case, side by side where cores are free, each in a container of its own; in case order."""
    referee = Referee(challenge.about, kit.sandbox, kit.nursery, stop=kit.stop)

    def one(case: Case) -> PlayedRun:
        seats = live_seats(challenge.about, case)
        with kit.cores.one() as number:
            cores = dict.fromkeys(seats, kit.core(number))
            return referee.play(case, dict.fromkeys(seats, program), {}, cores=cores)

    with ThreadPoolExecutor(max_workers=min(kit.settings.cores, len(cases))) as pool:
        futures = [pool.submit(one, case) for case in cases]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()


def _wake_next(kit: Kit, work: Assignment) -> None:
    """A team's next entry has waited for this one."""
    with kit.db.read() as session:
        waiting = judgements.next_of_team(session, enrolment_id=work.judgement.enrolment_id)
        judgement = session.get(Judgement, waiting) if waiting is not None else None
    if judgement is not None and judgement.id is not None:
        kit.queue.judge(judgement.id, attempt=judgement.attempt)


# ---------------------------------------------------------------------------------------------------------------------
# Meetings


def play_meeting(meeting_id: int) -> None:
    """One attempt at a meeting, if it is queued and this worker can serve both entries."""
    kit = equipped()
    with kit.db.read() as session:
        work = meetings.assignment(session, meeting_id)
    if work is None or work.meeting.state != JudgementState.QUEUED or not kit.able(work.phase, *work.entries):
        return
    with kit.db.write() as session:
        claim = leases.claim(
            session, kind=Meeting, work_id=meeting_id, worker=kit.worker, settings=kit.settings, now=kit.clock()
        )
    if claim is not None:
        _attempt(kit, claim, lambda kit, claim: _meet(kit, claim, work), _meeting_failed)


def _meet(kit: Kit, claim: Claim, work: meetings.Assignment) -> None:
    """Play, record, and bring the field up to date, in one transaction; whoever is to meet next is queued behind it."""
    challenge = registry.load(work.contest.challenge)
    about = challenge.about
    case = meeting_case(challenge, work.phase, work.meeting.case, settings=kit.settings)
    with kit.db.read() as session:
        brought = meetings.brought(session, work, case, about)
    artefacts = {seat: kit.storage.read(sha256) for seat, sha256 in brought.items()}
    seated = work.seated(about)
    live = [seat for seat in case.seats or about.seats if seat not in artefacts]
    with ExitStack() as stack:
        programs = {}
        for seat in live:
            built = stack.enter_context(kit.built(claim, seated[seat]))
            if built.program is None:
                raise PlatformFault("build-changed", f"{seat}: an entry that was built before cannot be built now")
            programs[seat] = built.program
        numbers = stack.enter_context(kit.cores.several(len(live)))
        cores = {seat: kit.core(number) for seat, number in zip(live, itertools.cycle(numbers), strict=False)}
        referee = Referee(about, kit.sandbox, kit.nursery, stop=kit.stop)
        played = referee.play(case, programs, artefacts, cores=cores)
    files = results.store_files(kit.storage, played)
    with kit.db.write() as session:
        now = kit.clock()
        meetings.record(
            session,
            claim=claim,
            played=played,
            files=files,
            circumstances=kit.circumstances(about.version),
            seats={seat: entry.id for seat, entry in seated.items() if entry.id is not None},
            now=now,
        )
        made = field.tend(session, phase_id=work.meeting.phase_id, challenge=challenge, now=now)
    _hint(kit, made)


def _meeting_failed(kit: Kit, claim: Claim, error: PlatformFault) -> None:
    with kit.db.write() as session:
        meetings.fault(session, claim, error=error, settings=kit.settings, now=kit.clock())


def tend_field(phase_id: int) -> None:
    """Bring a phase's field up to date, or what follows from its reviews, if anything has happened to it."""
    kit = equipped()
    with kit.db.read() as session:
        phase = session.get(Phase, phase_id)
    if phase is not None:
        _tend_if_due(kit, phase)


def _tend_if_due(kit: Kit, phase: Phase) -> None:
    with kit.db.read() as session:
        known = session.get_one(Phase, phase.id)
        contest = session.get_one(Contest, known.contest_id)
    if known.field_due_at is None or known.id is None:
        return
    challenge = registry.load(contest.challenge)
    try:
        with kit.db.write() as session:
            if challenge.about.pairing == "none":
                panel.tend(session, phase_id=known.id, about=challenge.about, now=kit.clock())
                return
            made = field.tend(session, phase_id=known.id, challenge=challenge, now=kit.clock())
    except PlatformFault:
        log.exception("the field of phase %s stays as it was, until the challenge is mended", known.id)
        return
    _hint(kit, made)


def _hint(kit: Kit, made: list[int]) -> None:
    for meeting_id in made:
        kit.queue.play(meeting_id, attempt=0)


# ---------------------------------------------------------------------------------------------------------------------
# Phases


def open_phase(phase_id: int) -> None:
    """Open a phase, if it is a draft. What is prepared for long goes on beside this worker's other jobs."""
    kit = equipped()
    thread = threading.Thread(target=_open, args=(kit, phase_id), name=f"{OPENING}{phase_id}", daemon=True)
    thread.start()
    thread.join(QUICK_SECONDS)
    if thread.is_alive():
        log.info("phase %s is still being prepared; other jobs go on meanwhile", phase_id)


def settle() -> None:
    """What goes on beside the jobs comes to its end, now that the worker is told to stop."""
    for thread in threading.enumerate():
        if thread.name.startswith(OPENING):
            thread.join(STOP_SECONDS)


def _open(kit: Kit, phase_id: int) -> None:
    try:
        if opening.open_phase(kit, phase_id):
            kit.queue.make_starter(phase_id)
    except Stopping:
        log.info("phase %s: stopped while it was prepared; the sweeper asks for it again", phase_id)
    except Exception:
        log.exception("phase %s could not be opened and stays a draft; open it again once this is mended", phase_id)


def make_starter(phase_id: int) -> None:
    """The starter kit of a phase, if it has none yet. What fails is tried again when the sweeper asks."""
    kit = equipped()
    try:
        starter.make(kit, phase_id)
    except Stopping:
        return
    except Exception:
        log.exception("the starter kit of phase %s could not be made", phase_id)
