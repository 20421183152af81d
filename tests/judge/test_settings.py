"""Settings come from the environment once; keys are made whole or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from judge import settings as module
from judge.errors import Misconfigured
from judge.settings import MIN_SECRET_BYTES, Settings


def test_nothing_set_up_is_one_machine_on_loopback(tmp_path):
    found = Settings.from_environment({"PODIUM_DATA": str(tmp_path)})
    assert found.database_url == f"sqlite:///{tmp_path}/db/podium.db"
    assert found.storage_url == f"file://{tmp_path}/files"
    assert found.redis_url.startswith("unix://")
    assert found.own_redis
    assert (found.host, found.url) == ("127.0.0.1", "http://127.0.0.1:8000")
    assert found.lease_seconds == 30


def test_every_variable_is_read_and_a_child_reads_the_same(tmp_path):
    environment = {
        "PODIUM_DATA": str(tmp_path / "d"),
        "PODIUM_RUN": "/tmp/p",
        "PODIUM_DATABASE_URL": "postgresql://x/y",
        "PODIUM_REDIS_URL": "redis://elsewhere/1",
        "PODIUM_STORAGE_URL": "s3://bucket",
        "PODIUM_HOST": "::1",
        "PODIUM_PORT": "9",
        "PODIUM_URL": "https://podium.example/",
        "PODIUM_WORKERS": "0",
        "PODIUM_CORES": "3",
        "PODIUM_POOL": "0",
        "PODIUM_BUILDS_MIB": "12",
        "PODIUM_WEB_WORKERS": "4",
        "PODIUM_WEB_THREADS": "5",
        "PODIUM_WEB_USER": "web",
        "PODIUM_REFEREE_USER": "77",
        "PODIUM_SANDBOX": "process",
        "PODIUM_DOCKER_HOST": "unix:///d.sock",
        "PODIUM_RUNTIME": "runsc",
        "PODIUM_TALK": "attach",
        "PODIUM_UNPROVEN_HOST": "I accept unproven walls",
        "PODIUM_LEASE_SECONDS": "6",
        "PODIUM_SWEEP_SECONDS": "7",
        "PODIUM_ATTEMPTS": "8",
        "PODIUM_REFUNDS": "0",
        "PODIUM_MIN_FREE_MIB": "0",
        "PODIUM_SIGN_IN_TRIES": "11",
        "PODIUM_SECURE_COOKIES": "Yes",
        "PODIUM_TRUSTED_PROXIES": "1",
    }
    found = Settings.from_environment(environment)
    assert set(environment) == {f"PODIUM_{name.upper()}" for name in Settings.__dataclass_fields__}
    defaults = Settings.from_environment({"PODIUM_DATA": str(tmp_path), "PODIUM_CORES": "2", "PODIUM_WORKERS": "2"})
    same = [name for name in Settings.__dataclass_fields__ if getattr(found, name) == getattr(defaults, name)]
    assert same == []
    assert found.url == "https://podium.example"
    assert not found.own_redis
    assert Settings.from_environment(found.environment()) == found
    assert Settings.from_environment(defaults.environment()) == defaults


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "-1"),
        ("CORES", "0"),
        ("CORES", "two"),
        ("CORES", "２"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("LEASE_SECONDS", "0"),
        ("LEASE_SECONDS", "1.5"),
        ("ATTEMPTS", "0"),
        ("SWEEP_SECONDS", "9" * 5000),
        ("SECURE_COOKIES", "maybe"),
        ("SANDBOX", "none"),
        ("TALK", "loudly"),
        ("RUN", "/tmp/" + "x" * 100),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name, value):
    with pytest.raises(Misconfigured, match=f"PODIUM_{name}"):
        Settings.from_environment({f"PODIUM_{name}": value})


@pytest.mark.parametrize(
    ("value", "truth"), [("1", True), ("on", True), ("TRUE", True), ("off", False), ("False", False)]
)
def test_yes_and_no_in_several_spellings(value, truth):
    assert Settings.from_environment({"PODIUM_SECURE_COOKIES": value}).secure_cookies is truth


def test_an_empty_variable_is_one_that_is_not_set():
    assert Settings.from_environment({"PODIUM_PORT": ""}).port == 8000


def test_the_run_folder_is_the_same_for_whoever_shares_the_data_folder(tmp_path):
    one, same, other = (Settings.from_environment({"PODIUM_DATA": str(tmp_path / name)}).run for name in "aab")
    assert one == same != other


def test_folders_are_not_open_to_everybody(settings):
    for folder in (settings.data, settings.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o711


def test_a_key_is_made_once_and_for_its_owner_alone(settings):
    """Promise 8: the key of the seeds is another than the portal's, and nobody else can read it."""
    key = settings.seed_key()
    assert len(key) == MIN_SECRET_BYTES
    assert settings.seed_key() == key != settings.session_secret()
    assert stat.S_IMODE((settings.data / "keys" / "seed.key").stat().st_mode) == 0o600
    assert {path.name for path in settings.data.rglob("*.key*")} == {"seed.key", "session.key"}


def test_a_cut_key_is_said_to_be_one(settings):
    (settings.data / "keys" / "seed.key").write_bytes(b"short")
    with pytest.raises(Misconfigured, match=r"seed\.key holds 5 bytes"):
        settings.seed_key()


def test_two_processes_that_come_at_once_get_the_same_key(settings):
    program = (
        "import sys; from judge.settings import Settings; sys.stdin.read(1);"
        "print(Settings.from_environment({'PODIUM_DATA': sys.argv[1]}).seed_key().hex())"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(settings.data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(module.__file__).parents[1],
        )
        for _ in range(2)
    ]
    for process in both:
        process.stdin.write("g")
        process.stdin.flush()
    keys = {process.communicate()[0] for process in both}
    assert len(keys) == 1
    assert len(keys.pop().strip()) == 2 * MIN_SECRET_BYTES


def test_a_key_that_cannot_be_written_is_not_there_at_all(settings, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        settings.seed_key()
    assert list(settings.data.rglob("*.key*")) == []
    monkeypatch.undo()
    assert len(settings.seed_key()) == MIN_SECRET_BYTES


def test_a_key_is_on_the_disk_before_it_has_its_name(settings, monkeypatch):
    done = []
    real_sync, real_link = os.fsync, os.link
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), real_sync(fd)))
    monkeypatch.setattr(os, "link", lambda *names: (done.append("link"), real_link(*names)))
    settings.seed_key()
    assert done[:3] == ["sync", "link", "sync"]
