"""The hostile corpus, run for real: each exhibit must come to what its file says, and nothing of it may be left."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.engine import Engine
from sandbox.exhibits import CORPUS, LIMITS, Exhibit, Kind, corpus_hash, read, read_corpus
from sandbox.listener import Listener
from sandbox.traces import traces
from sandbox.trials import Surroundings, Trial, try_exhibit
from sandbox.types import Ending, Verdict
from tests.sandbox.conftest import OWNER

AT_ONCE = 2
GOOD = "# Tries: something\n# Must: hold\n# Verdict: AC exited\nprint()\n"


@pytest.fixture(scope="module")
def trial_of(
    request: pytest.FixtureRequest,
    engine: Engine,
    docker_sandbox: DockerSandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Exhibit], Trial]]:
    """All exhibits that are to be tested here, tried a few at once; that is far quicker than one after the other."""
    wanted = [
        item.callspec.params["exhibit"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == test_an_exhibit_comes_to_what_it_must.__name__
    ]
    with Listener(engine) as listener, ThreadPoolExecutor(AT_ONCE) as pool:
        around = Surroundings(docker_sandbox, tmp_path_factory.mktemp("corpus"), listener.said)
        found = {
            exhibit.name: pool.submit(try_exhibit, exhibit, around)
            for exhibit in sorted(wanted, key=lambda exhibit: exhibit.name)
        }
        yield lambda exhibit: found[exhibit.name].result()
        assert listener.caught() == []


@pytest.mark.docker
@pytest.mark.parametrize("exhibit", read_corpus(), ids=lambda exhibit: exhibit.name)
def test_an_exhibit_comes_to_what_it_must(exhibit: Exhibit, trial_of: Callable[[Exhibit], Trial]) -> None:
    trial = trial_of(exhibit)
    assert trial.ok, f"{trial.why}\n{trial.must}: expected {trial.expected}, seen {trial.seen}"


@pytest.mark.docker
def test_nothing_of_the_corpus_is_left(
    engine: Engine, docker_sandbox: DockerSandbox, runtime_dir: Path, trial_of: Callable[[Exhibit], Trial]
) -> None:
    docker_sandbox.settle()
    assert traces(engine, owner=OWNER, runtime_dir=runtime_dir) == []
    assert docker_sandbox.alarms.standing() is None


def test_every_file_of_the_corpus_is_an_exhibit() -> None:
    """Reading them has held each to its form; nothing else lies there."""
    files = {path.name for path in CORPUS.iterdir() if path.is_file()}
    assert files == {exhibit.path.name for exhibit in read_corpus()}
    assert len(files) > 130
    assert {exhibit.kind for exhibit in read_corpus()} == set(Kind)


@pytest.mark.parametrize("exhibit", read_corpus(), ids=lambda exhibit: exhibit.name)
def test_an_exhibit_says_what_it_tries_in_a_few_words_of_its_own(exhibit: Exhibit) -> None:
    assert 5 < len(exhibit.tries) < 300
    assert 3 < len(exhibit.must) < 300
    assert not exhibit.tries.endswith(".")
    assert sum(other.tries == exhibit.tries for other in read_corpus()) == 1


@pytest.mark.parametrize("exhibit", read_corpus(), ids=lambda exhibit: exhibit.name)
def test_an_exhibit_names_no_other_address_than_those_it_is_given(exhibit: Exhibit) -> None:
    """Attempts at a network go to this machine only."""
    text = exhibit.path.read_text(encoding="utf-8")
    assert "http" not in text
    assert not any(public in text for public in ("8.8.8.8", "1.1.1.1", '.com"', '.org"', '.net"', "169.254"))


def test_what_a_header_says_is_read(tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_text(
        "# Tries: one thing\n#   and another\n# Must: hold\n# Verdict: MLE memory or RTE exited\n"
        "# Limits: cpu_seconds=0.5 processes=3\n# Figures: cpu_seconds=0.5..0.9 stdout_bytes=..7\n"
        "# Says: a\n# Says: b\n# Given: text\nprint()\n# Kind: agent\n"
    )
    exhibit = read(path)
    assert (exhibit.name, exhibit.tries, exhibit.kind) == ("odd", "one thing and another", Kind.PROGRAM)
    assert exhibit.endings == ((Verdict.MLE, Ending.MEMORY), (Verdict.RTE, Ending.EXITED))
    assert (exhibit.limits.cpu_seconds, exhibit.limits.processes) == (0.5, 3)
    assert exhibit.limits.memory_mib == LIMITS.memory_mib
    assert exhibit.figures == {"cpu_seconds": (0.5, 0.9), "stdout_bytes": (0.0, 7.0)}
    assert (exhibit.says, exhibit.given) == (("a", "b"), "text")


@pytest.mark.parametrize(
    "text",
    [
        "print()\n",
        GOOD.replace("Tries", "Attempts"),
        GOOD.replace("# Must: hold\n", ""),
        GOOD.replace("# Must: hold", "# Must:"),
        GOOD.replace("# Verdict: AC exited\n", ""),
        GOOD.replace("AC exited", "WA exited"),
        GOOD.replace("AC exited", "AC well"),
        GOOD.replace("print()", "# Kind: prank"),
        GOOD.replace("print()", "# Kind: agent"),
        GOOD.replace("print()", "# Kind: archive"),
        GOOD.replace("print()", "# Limits: patience=3"),
        GOOD.replace("print()", "# Limits: cpu_seconds=-1"),
        GOOD.replace("print()", "# Figures: patience=1..2"),
        GOOD.replace("print()", "# Figures: cpu_seconds=2"),
        GOOD.replace("print()", "# Must: hold"),
    ],
)
def test_a_header_that_does_not_say_what_it_should_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.py").write_text(text)
    with pytest.raises(ValueError, match=r"odd\.py: "):
        read(tmp_path / "odd.py")


def test_the_corpus_is_known_by_a_hash_of_all_of_it(tmp_path: Path) -> None:
    hashes = []
    for number, (name, text) in enumerate([("a", GOOD), ("a", GOOD + "\n"), ("b", GOOD)]):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / f"{name}.py").write_text(text)
        hashes.append(corpus_hash(tmp_path / str(number)))
    assert len({*hashes, corpus_hash()}) == 4
