"""Every challenge that Podium can run: one line each, and nothing is found by scanning folders."""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from challenges.base import Challenge
from challenges.errors import BrokenChallenge

CHALLENGES = {
    "driving": "challenges.driving.challenge:Driving",
    "security": "challenges.security.challenge:Security",
    "datalake": "challenges.datalake.challenge:Datalake",
    "industry": "challenges.industry.challenge:Industry",
    "sports": "challenges.sports.challenge:Sports",
    "startup": "challenges.startup.challenge:Startup",
}


def _lines() -> dict[str, str]:
    """The challenges above, and those of an operator's own: PODIUM_CHALLENGES is `slug=module:Class`, by commas."""
    own = (line.strip().partition("=") for line in os.environ.get("PODIUM_CHALLENGES", "").split(",") if line.strip())
    return {**CHALLENGES, **{slug: where for slug, _, where in own}}


def names() -> list[str]:
    """The slugs, in the order in which they are shown."""
    return list(_lines())


def load(slug: str) -> Challenge:
    """The challenge itself; this imports its simulator. Raises KeyError for an unknown slug."""
    module, _, name = _lines()[slug].partition(":")
    challenge: Challenge = getattr(import_module(module), name)()
    return challenge


def folder(slug: str) -> Path:
    """Where its sheet, statements and samples lie, without importing it. Raises KeyError for an unknown slug,
    BrokenChallenge where its module is not there."""
    module = _lines()[slug].partition(":")[0]
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise BrokenChallenge(f"the challenge {slug!r} names the module {module!r}, which is not there")
    return Path(spec.origin).parent
