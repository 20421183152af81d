"""Hooks for all tests: a test that needs what this machine lacks is skipped with the reason, and fails under CI."""

import os
import shutil
from functools import cache

import hypothesis
import pytest

MEMORY = "/dev/shm"
"""Where there is room, tests keep their files in memory: hundreds of small databases wait for no disk."""
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)

# A busy machine is no reason to fail; under CI every run draws the same examples, elsewhere new ones each time.
hypothesis.settings.register_profile("podium", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("podium")


@cache
def missing_engine() -> str:
    """Why there is no Docker engine; empty where there is one."""
    from sandbox.engine import Engine
    from sandbox.errors import EngineUnavailable

    try:
        Engine().close()
    except EngineUnavailable as error:
        return str(error)
    return ""


@cache
def missing_postgres() -> str:
    """Why there is no PostgreSQL server; empty where there is one."""
    from tests.judge import postgres

    return postgres.missing()


@cache
def missing_browser() -> str:
    """Why pages cannot be looked at; empty where they can."""
    from tests import chromium

    return chromium.missing()


@cache
def missing_own_engine() -> str:
    """Why no test can start an engine of its own; empty where one can."""
    from tests import private_engine

    return private_engine.missing()


NEEDS = {
    "docker": missing_engine,
    "own_engine": missing_own_engine,
    "postgres": missing_postgres,
    "browser": missing_browser,
}
"""By marker: what says why the tests cannot run here, or nothing."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, missing in NEEDS.items():
        if item.get_closest_marker(marker) and (reason := missing()):
            if os.environ.get("CI") == "true":
                pytest.fail(f"{marker}: {reason}", pytrace=False)
            pytest.skip(reason)
