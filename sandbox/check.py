"""`podium sandbox check`: an operator proves a host before a contest opens.

Theory of operation. First what the host says of itself. Then the whole hostile corpus, several exhibits at once, and
beside it, on cores that other processes of ours keep busy, the proof that the program's own clock is the one that
judges; then every language's self-test. Then, with the machine to itself, latency and throughput; and at last, when our
sandboxes are closed, the proof that nothing of all this is left. The host is proven only if every part holds.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sandbox import proof, speed
from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.errors import SandboxError
from sandbox.exhibits import Exhibit, corpus_hash, read_corpus
from sandbox.fairness import SPREAD_RUNS, Fairness, Spread, fairness, loaded, spread
from sandbox.host import Host, look
from sandbox.languages import LANGUAGES, Language
from sandbox.listener import Listener
from sandbox.speed import Latency
from sandbox.traces import traces
from sandbox.trials import Surroundings, Trial, try_exhibit
from sandbox.types import Ending

FAIR_RUNS = 100
"""Of each kind: so many times under the limit, so many times over."""
LOAD_NICE = 19
"""How far the spinning processes give way. They leave no core a moment's rest; what takes the cores from the runs that
are measured is the corpus beside them, at full weight. `make bench` has spinning processes at full weight too."""


class Progress(Protocol):
    def __call__(self, stage: str, done: int, of: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold. `cure` is what to do about it, where that is known."""

    part: str
    expected: str
    seen: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was seen. `problems` is empty where the host is proven."""

    host: Host
    image: str
    corpus: str
    seconds: float
    trials: tuple[Trial, ...]
    fairness: Fairness | None
    spread: Spread | None
    latency: Latency | None
    throughput: dict[int, float]
    languages: dict[str, str]
    """By language: why it cannot be played here; empty where it can."""
    left: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "seconds": self.seconds,
            "host": {**self.host.identity, "facts": [asdict(fact) for fact in self.host.facts]},
            "image": self.image,
            "corpus": self.corpus,
            "exhibits": [{**asdict(trial), "ok": trial.ok} for trial in self.trials],
            "fairness": {**asdict(self.fairness), "ok": self.fairness.ok} if self.fairness else None,
            "spread": {**asdict(self.spread), "percent": round(self.spread.percent, 1)} if self.spread else None,
            "latency": asdict(self.latency) if self.latency else None,
            "throughput": {str(at_once): rate for at_once, rate in self.throughput.items()},
            "languages": [{"language": slug, "ok": not why, "why": why} for slug, why in self.languages.items()],
            "cleanup": {"ok": not self.left, "left": list(self.left)},
            "problems": [asdict(problem) for problem in self.problems],
        }


@dataclass(frozen=True, slots=True)
class Where:
    """What is checked: an engine and sandboxes on it. `make` opens one that keeps so many containers waiting; all have
    the same `owner` and `runtime_dir`. `scratch` is an empty folder of the check's own."""

    engine: Engine
    make: Callable[[int], DockerSandbox]
    owner: str
    runtime_dir: Path
    scratch: Path
    runtime: str | None = None


@dataclass(slots=True)
class _Counter:
    """Tells a stage's progress, from any thread."""

    progress: Progress
    stage: str
    of: int
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> None:
        with self.lock:
            self.done += 1
            self.progress(self.stage, self.done, self.of)


def check(
    where: Where,
    *,
    progress: Progress,
    stop: threading.Event,
    fair_runs: int = FAIR_RUNS,
    exhibits: Sequence[Exhibit] | None = None,
    languages: Sequence[Language] = LANGUAGES,
) -> Report:
    """All of it, or of the corpus and the languages a part; once `stop` is set nothing more is begun. Raises
    EngineUnavailable, ImageMissing where nothing can be tried at all."""
    began = time.monotonic()
    corpus = read_corpus() if exhibits is None else tuple(exhibits)
    host = look(where.engine, runtime=where.runtime)
    run = _Run(where, progress, stop)
    sandbox = where.make(0)
    image = sandbox.image
    try:
        with run.part("corpus"):
            run.under_attack(sandbox, corpus, languages, fair_runs)
        with run.part("speed"):
            run.speed(sandbox)
    except BaseException:
        stop.set()
        raise
    finally:
        sandbox.close()
    with run.part("clean-up"):
        run.clean_up()
    return Report(
        host=host,
        image=image,
        corpus=corpus_hash(),
        seconds=round(time.monotonic() - began, 1),
        trials=tuple(run.trials),
        fairness=run.fair,
        spread=run.even,
        latency=run.fast,
        throughput=run.rates,
        languages=run.spoken,
        left=tuple(run.left),
        problems=(*_host_problems(host), *run.problems),
    )


def _host_problems(host: Host) -> Iterator[Problem]:
    return (Problem(fact.name, "there", fact.found, fact.cure) for fact in host.facts if not fact.ok)


class _Run:
    """The parts of one check, and what came of them."""

    def __init__(self, where: Where, progress: Progress, stop: threading.Event) -> None:
        self._where, self._progress, self._stop = where, progress, stop
        self.trials: list[Trial] = []
        self.fair: Fairness | None = None
        self.even: Spread | None = None
        self.fast: Latency | None = None
        self.rates: dict[int, float] = {}
        self.spoken: dict[str, str] = {}
        self.left: list[str] = []
        self.problems: list[Problem] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """A part that the sandbox itself breaks off is a problem like another: the rest is still tried."""
        try:
            yield
        except (SandboxError, TimeoutError, OSError) as error:
            self.problems.append(Problem(name, "it runs to its end", f"{type(error).__name__}: {error}"))

    def under_attack(
        self, sandbox: DockerSandbox, corpus: Sequence[Exhibit], languages: Sequence[Language], fair_runs: int
    ) -> None:
        """The corpus and, beside it, on busy cores, fairness and spread, and then the languages."""
        cores = os.cpu_count() or 1
        told = _Counter(self._progress, "corpus", len(corpus))
        with Listener(self._where.engine) as listener:
            around = Surroundings(sandbox, self._where.scratch, listener.said)

            def one(exhibit: Exhibit) -> Trial | None:
                if self._stop.is_set():
                    return None
                trial = try_exhibit(exhibit, around)
                told()
                return trial

            with loaded(cores, nice=LOAD_NICE), ThreadPoolExecutor(cores + 2) as pool:
                beside = [
                    pool.submit(self._fairness, sandbox, fair_runs, cores),
                    pool.submit(self._languages, sandbox, languages),
                ]
                try:
                    tried = list(pool.map(one, _longest_first(corpus)))
                    for stage in beside:
                        stage.result()
                except BaseException:
                    self._stop.set()  # what waits in the pool is not begun any more
                    raise
            caught = listener.caught()
        self._judge(tried, caught)

    def _judge(self, tried: Sequence[Trial | None], caught: Sequence[str]) -> None:
        self.trials = sorted((trial for trial in tried if trial is not None), key=lambda trial: trial.name)
        for trial in self.trials:
            if not trial.ok:
                cure = f"read what it tries in sandbox/corpus/{trial.name}.*; do not judge strangers' entries here"
                self.problems.append(Problem(trial.name, trial.expected, f"{trial.seen}: {trial.why}", cure))
        if caught:
            self.problems.append(
                Problem("network", "nobody reaches this machine", f"reached by {caught}", "do not judge here")
            )

    def _fairness(self, sandbox: DockerSandbox, runs: int, cores: int) -> None:
        told = _Counter(self._progress, "fairness", 2 * runs + SPREAD_RUNS)
        scratch = self._where.scratch
        with self.part("fairness"):
            self.fair = fairness(sandbox, scratch, runs=runs, at_once=cores, done=told, stop=self._stop)
            self.even = spread(sandbox, scratch, done=told)
        if self.fair is not None and not self.fair.ok:
            seen = f"{self.fair.under_accepted} and {self.fair.over_late} of {runs}; {self.fair.others}"
            self.problems.append(
                Problem(
                    "fairness",
                    f"AC {runs} times of {runs} at 80 % of the CPU limit, TLE {runs} times at 120 %",
                    seen,
                    "run nothing else on this machine and check again; fewer runs at once with PODIUM_CORES",
                )
            )

    def speed(self, cold: DockerSandbox) -> None:
        if self._stop.is_set():
            return
        told = _Counter(self._progress, "speed", 2 * speed.ROUNDS + sum(speed.AT_ONCE.values()))
        warm = self._where.make(2)
        try:
            self.fast = speed.latency(cold, warm, self._where.scratch, done=told)
            self.rates = speed.throughput(warm, self._where.scratch, done=told)
        finally:
            warm.close()

    def _languages(self, sandbox: DockerSandbox, languages: Sequence[Language]) -> None:
        """Those whose tools this engine has; a language that cannot be had here is told and is no hole."""
        told = _Counter(self._progress, "languages", len(languages))
        for language in languages:
            if self._stop.is_set():
                return
            why = proof.prove(sandbox, language)
            self.spoken[language.slug] = why
            told()
            if why and not why.startswith("ImageMissing"):
                self.problems.append(
                    Problem(f"language {language.slug}", "its self-test is built and played", why, "podium doctor")
                )

    def clean_up(self) -> None:
        told = _Counter(self._progress, "clean-up", 1)
        where = self._where
        self.left = traces(where.engine, owner=where.owner, runtime_dir=where.runtime_dir)
        told()
        if self.left:
            self.problems.append(
                Problem("clean-up", "nothing is left", "; ".join(self.left[:5]), "restart the engine, and check again")
            )


def _longest_first(corpus: Sequence[Exhibit]) -> list[Exhibit]:
    """What waits for its wall clock begins early, so that nobody waits for it at the end."""
    return sorted(corpus, key=lambda exhibit: not any(ending is Ending.WALL_TIME for _, ending in exhibit.endings))
