"""What `podium try` says in words: why a run did not go well, and whose sentence that is."""

import pytest

from challenges import registry
from judge import told
from judge.samples import is_sample
from judge.tryout import Tried, try_entry
from sandbox.process import ProcessSandbox


def tried(sample: str) -> Tried:
    folder = registry.folder("echo") / "samples" / sample
    return try_entry("echo", folder, sandbox=ProcessSandbox(allow=is_sample), seed=0, cases=1, cores=1, say=str)


def test_an_entry_that_went_well_has_its_score_and_no_complaint():
    head, *rest = told.entry(tried("sound"))
    assert head.startswith("echo: AC, score 100")
    assert [line for line in rest if line.startswith("    ")] == []


@pytest.mark.parametrize(("sample", "verdict", "why"), [("crash", "RTE", "the program crashed"), ("cheat", "AC", None)])
def test_a_run_that_did_not_go_well_says_why(sample, verdict, why):
    head, *rest = told.entry(tried(sample))
    assert head.startswith(f"echo: {verdict}, ")
    assert [why in line for line in rest if line.startswith("    ")] == ([True] if why else [])


def test_the_log_of_the_first_run_that_said_anything_is_shown():
    assert any("Traceback" in log for log in told.logs(tried("crash")))
