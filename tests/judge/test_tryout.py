"""What `podium try` plays: the entry that is meant, on the cases that were asked for."""

import hashlib
import threading

import pytest

from challenges import registry
from judge.preparing import prepared
from judge.samples import is_sample, known_hashes, pack
from judge.tryout import drawn, entry_in, phase_seed, try_entry
from sandbox.process import ProcessSandbox
from tests.echo.challenge import Echo


def folder(path, *names: str):
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("")
    return path


@pytest.mark.parametrize(
    ("names", "track", "found"),
    [
        (["agent.py", "entry/agent.py"], "", ""),
        (["entry.toml", "entry/agent.py"], "", ""),
        (["README.md", "entry/agent.py"], "", "entry"),
        (["README.md", "entry/entry.toml", "entry/main.c"], "", "entry"),
        (["entry/agent.py", "entry-defence/agent.py"], "defence", "entry-defence"),
        (["entry/agent.py", "entry-defence/agent.py"], "attack", "entry"),
        (["README.md", "entry/deck.pdf"], "", "entry"),
        (["README.md", "entry/readme.txt"], "", ""),
        (["README.md"], "", ""),
    ],
)
def test_a_starter_kits_entry_is_found_and_an_entry_is_taken_as_it_is(tmp_path, names, track, found):
    assert entry_in(folder(tmp_path, *names), track) == tmp_path / found


def test_a_file_is_taken_as_it_is(tmp_path):
    path = tmp_path / "agent.py"
    path.write_text("")
    assert entry_in(path, "") == path


@pytest.fixture
def draw(nursery, monkeypatch):
    """Draws cases of echo, which has two in a practice phase, and tells for how many it prepared."""
    asked = []

    def noted(*args, cases, **more):
        asked.append(cases)
        return prepared(*args, cases=cases, **more)

    monkeypatch.setattr("judge.tryout.prepared", noted)

    def draw(most):
        options = {"seed": phase_seed(0), "track": "", "stop": threading.Event(), "say": lambda _: None}
        return [case.name for case in drawn(Echo(), nursery, most=most, **options)], asked

    return draw


@pytest.mark.parametrize(
    ("most", "names", "phases"),
    [(None, 2, [2]), (1, 1, [2]), (2, 2, [2]), (3, 3, [2, 3]), (9, 9, [2, 9])],
)
def test_no_larger_phase_is_prepared_than_it_takes(draw, most, names, phases):
    """Where practice has enough cases a newcomer never waits for thorough references."""
    assert draw(most) == ([f"echo-{number}" for number in range(1, names + 1)], phases)


def test_what_was_tried_is_named_by_the_hash_that_a_receipt_would_have(nursery):
    sound = registry.folder("echo") / "samples" / "sound"
    sandbox = ProcessSandbox(allow=is_sample)
    tried = try_entry("echo", sound, sandbox=sandbox, seed=0, cases=1, cores=1, say=lambda _: None)
    assert tried.to_json()["sha256"] == hashlib.sha256(pack(sound)).hexdigest()
    assert tried.sha256 in known_hashes()
