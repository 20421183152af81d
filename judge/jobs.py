"""The jobs that the queue may start.

Each loads, checks that there is something to do, and calls the domain; running one twice is harmless. The one wide
`except` of a worker stands here: whatever it is becomes `JE`, not a dead worker.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from challenges import registry
from challenges.base import Case, Challenge
from judge import contests, judgements, ledger, results, scoring
from judge.builds import Build, Builds, Work
from judge.cores import Cores
from judge.db import Database
from judge.errors import PlatformFault, StaleAttempt, StorageFull
from judge.judgements import Claim, labels
from judge.models import Contest, Judgement, Phase
from judge.plan import Assignment, assignment, cases_of, seal_context
from judge.queue import Queue
from judge.referee import Nursery, Referee, Stopping
from judge.results import Circumstances, PlayedRun
from judge.samples import known_hashes
from judge.seeds import commitment, new_seed, seal
from judge.settings import Settings
from judge.states import JudgementState, PhaseState
from judge.storage import Storage
from sandbox.interface import Sandbox
from sandbox.types import Program, Verdict

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kit:
    """What a worker process works with; made once when it starts."""

    settings: Settings
    db: Database
    storage: Storage
    queue: Queue
    sandbox: Sandbox
    nursery: Nursery
    cores: Cores
    worker: str
    stop: threading.Event
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def builds(self) -> Builds:
        return Builds(self.settings.data / "builds", self.settings.builds_mib)


_kit: Kit | None = None


def equip(kit: Kit) -> None:
    """Called once by a worker, before its first job."""
    global _kit  # noqa: PLW0603 - the queue calls jobs by name, with one integer and nothing else
    _kit = kit


def _equipped() -> Kit:
    if _kit is None:
        raise PlatformFault("internal", "this process is not a worker")
    return _kit


# ---------------------------------------------------------------------------------------------------------------------
# Judging


def judge_submission(judgement_id: int) -> None:
    """One attempt at a judgement, if it is queued, this worker can serve it, and no other of its team is running."""
    kit = _equipped()
    with kit.db.read() as session:
        if session.get(Judgement, judgement_id) is None:
            return
        work = assignment(session, judgement_id)
    if work.judgement.state != JudgementState.QUEUED or not _able(kit, work):
        return
    with kit.db.write() as session:
        claim = judgements.claim(
            session, judgement_id=judgement_id, worker=kit.worker, settings=kit.settings, now=kit.clock()
        )
    if claim is None:
        return
    try:
        with Lease(kit, claim):
            _attempt(kit, claim, work)
    except Stopping:
        with kit.db.write() as session:
            judgements.hand_back(session, claim, now=kit.clock())
    except StaleAttempt as error:
        log.warning("%s", error)
    _wake_next(kit, work)


def _able(kit: Kit, work: Assignment) -> bool:
    """Whether this worker may take it: its engine answers (an attempt is not spent on one that is away), the phase's
    image is here, an entry that nobody knows gets real walls, and one that is to be built the tools for it."""
    if not kit.sandbox.ready():
        return False
    if work.phase.image is not None and work.phase.image != kit.sandbox.image:
        return False
    if not (kit.sandbox.isolated or work.submission.sha256 in known_hashes()):
        return False
    return work.submission.toolchain is None or kit.sandbox.builder(work.submission.toolchain) is not None


def _attempt(kit: Kit, claim: Claim, work: Assignment) -> None:
    """Play, score, record; our own faults are recorded as such."""
    try:
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
    except (Stopping, StaleAttempt):
        raise
    except PlatformFault as fault:
        _fault(kit, claim, fault)
    except Exception as error:
        log.exception("judgement %s, attempt %s", claim.judgement_id, claim.attempt)
        code = "storage-full" if isinstance(error, StorageFull) else "internal"
        _fault(kit, claim, PlatformFault(code, f"{type(error).__name__}: {error}"))


def _fault(kit: Kit, claim: Claim, fault: PlatformFault) -> None:
    log.error("judgement %s, attempt %s: %s", claim.judgement_id, claim.attempt, fault)
    with kit.db.write() as session:
        judgements.fault(session, claim, error=fault, settings=kit.settings, now=kit.clock())


def _play(kit: Kit, claim: Claim, work: Assignment) -> tuple[list[PlayedRun], scoring.Judged, Circumstances]:
    challenge = registry.load(work.contest.challenge)
    cases = cases_of(challenge, work.phase, settings=kit.settings)
    entry = kit.storage.local_path(work.submission.sha256)
    program = Program(entry, filename=work.submission.filename, labels=labels(claim.judgement_id, claim.attempt))
    with _built(kit, program, work) as built:
        played = play_all(kit, challenge, cases, built.program) if built.program else []
    records = [record for run in played for record in run.records.values()]
    judged = scoring.judged(challenge, records) if built.program else scoring.not_built(built.message)
    if judged.verdict == Verdict.JE:
        raise PlatformFault(judged.message.code if judged.message else "internal", "a run has neither score nor fault")
    return (
        played,
        judged,
        Circumstances(
            image=kit.sandbox.image,
            challenge_version=challenge.about.version,
            cpu_model=cpu_model(),
            engine=kit.sandbox.describe(),
            builder=built.builder,
            build_log_sha256=kit.storage.keep_bytes(built.log.encode()) if built.builder else None,
            build_core_seconds=built.cpu_seconds,
        ),
    )


@contextmanager
def _built(kit: Kit, program: Program, work: Assignment) -> Iterator[Build]:
    """The entry as it is to be played, built first where its manifest says so."""
    toolchain, sha256 = work.submission.toolchain, work.submission.sha256
    with ExitStack() as stack:
        if toolchain is None:
            yield stack.enter_context(kit.builds.entry(kit.sandbox, program, Work(None, sha256, kit.stop)))
            return
        with kit.cores.one() as number:
            core = _core(kit, number)
            built = stack.enter_context(kit.builds.entry(kit.sandbox, program, Work(toolchain, sha256, kit.stop, core)))
        yield built


def _core(kit: Kit, number: int) -> int | None:
    """The core that goes with a free slot, where the engine has one for each of them."""
    return number if kit.settings.cores <= kit.sandbox.cores else None


def play_all(kit: Kit, challenge: Challenge, cases: list[Case], program: Program) -> list[PlayedRun]:
    """Every case, side by side where cores are free, each in a container of its own; in case order."""
    referee = Referee(challenge.about, kit.sandbox, kit.nursery, stop=kit.stop)
    (seat,) = challenge.about.seats[:1]

    def one(case: Case) -> PlayedRun:
        with kit.cores.one() as number:
            return referee.play(case, {seat: program}, {}, core=_core(kit, number))

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


class Lease:
    """Renews a claim in the background while its attempt plays."""

    def __init__(self, kit: Kit, claim: Claim) -> None:
        self._kit, self._claim = kit, claim
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{claim.judgement_id}", daemon=True)

    def _renew(self) -> None:
        while not self._done.wait(self._kit.settings.lease_seconds / 3):
            try:
                with self._kit.db.write() as session:
                    judgements.renew(session, self._claim, settings=self._kit.settings, now=self._kit.clock())
            except StaleAttempt:
                return
            except Exception:
                log.exception("the lease of judgement %s could not be renewed", self._claim.judgement_id)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def cpu_model() -> str:
    """What the kernel calls this machine's processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()[:120]
    return "unknown"


# ---------------------------------------------------------------------------------------------------------------------
# Opening a phase


def open_phase(phase_id: int) -> None:
    """draft → open: draw the seed, prepare, pin image and version, publish the commitment."""
    kit = _equipped()
    with kit.db.read() as session:
        phase = session.get(Phase, phase_id)
        if phase is None or phase.state != PhaseState.DRAFT:
            return
        contest = session.get_one(Contest, phase.contest_id)
    challenge = registry.load(contest.challenge)
    seed = new_seed()
    materials = challenge.prepare(seed)
    public = {name: kit.storage.keep_bytes(content) for name, content in materials.public.items()}
    key, context = kit.settings.seed_key(), seal_context(phase)
    with kit.db.write() as session:
        phase = session.get_one(Phase, phase_id, with_for_update=True)
        contest = session.get_one(Contest, phase.contest_id)
        if phase.state != PhaseState.DRAFT:
            return
        now = kit.clock()
        phase.sealed_seed = seal(seed, key=key, context=context)
        if materials.private is not None:
            phase.sealed_materials = seal(json.dumps(materials.private).encode(), key=key, context=context)
        phase.materials = public
        phase.image, phase.challenge_version = kit.sandbox.image, challenge.about.version
        phase.commitment = commitment(
            contest=contest.slug,
            phase=phase.slug,
            challenge_version=challenge.about.version,
            image=kit.sandbox.image,
            seed=seed,
        )
        phase.opened_at = now
        contests.move_phase(session, phase, PhaseState.OPEN, now=now)
        if contest.state == PhaseState.DRAFT:
            contest.state = PhaseState.OPEN
            session.add(contest)
        ledger.mark(
            session, action="seed-committed", subject=f"phase-{phase.id}", now=now, facts={"sha256": phase.commitment}
        )
