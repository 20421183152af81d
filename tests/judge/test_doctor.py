"""What is wrong with a machine is named together with its cure."""

from pathlib import Path

import pytest

from judge import doctor
from sandbox.alarms import Alarms
from tests.judge.world import settings_in


def test_a_host_on_which_something_of_a_run_is_left_is_not_well_until_it_is_clean(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, PODIUM_DOCKER_HOST="unix:///nowhere/docker.sock")

    def looked_at() -> doctor.Check:
        return next(check for check in doctor.examine(settings) if check.name == "clean host")

    alarms = Alarms(settings.run / "players")
    alarms.tell("a process outlived its container; killed")
    assert looked_at().ok
    alarms.stop_work("control groups that cannot be removed: podium/x")
    assert not looked_at().ok
    assert "podium/x" in looked_at().found
    alarms.all_clear()
    assert looked_at().ok


@pytest.mark.parametrize("there", [True, False])
def test_what_is_optional_is_named_with_its_cure_and_never_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    settings = settings_in(tmp_path, PODIUM_DOCKER_HOST="unix:///nowhere/docker.sock")
    monkeypatch.setattr(doctor, "find_spec", lambda _: object() if there else None)
    monkeypatch.setattr(doctor, "version", lambda name: f"{name} 9.12")
    check = next(check for check in doctor.examine(settings) if check.name == "ortools")
    assert check.ok
    assert "pip install 'podium[prepare]'" in check.cure
    assert check.found == "ortools 9.12" if there else "optional" in check.found and check.cure in check.found
