"""Whether this host has passed `podium sandbox check`: a record beside the workers' keys, bound to everything that a
wall rests upon. With another engine, kernel, runtime, corpus, seccomp profile or set of walls it says nothing."""

import contextlib
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from judge.errors import Misconfigured
from judge.settings import Settings
from sandbox import container
from sandbox.check import Report
from sandbox.engine import Engine
from sandbox.errors import SandboxError
from sandbox.exhibits import corpus_hash
from sandbox.host import look

FILENAME = "proven.json"
CURE = "podium sandbox check"
WORDS = "I accept unproven walls"
"""What PODIUM_UNPROVEN_HOST must say, letter by letter."""


@dataclass(frozen=True, slots=True)
class Proof:
    """`why_not` is a sentence, empty where the host is proven; `when` is when it passed, if it ever did."""

    why_not: str
    when: str = ""


def bound_to(settings: Settings) -> dict[str, str]:
    """Everything that a proof of this host is bound to. Raises EngineFailed, EngineUnavailable."""
    walls = hashlib.sha256(container.SECCOMP.encode() + Path(container.__file__).read_bytes()).hexdigest()
    with contextlib.closing(Engine(settings.docker_host or None)) as engine:
        host = look(engine, runtime=settings.runtime or None)
    return {**host.identity, "corpus": corpus_hash(), "walls": walls}


def record(settings: Settings, report: Report, *, now: datetime | None = None) -> None:
    """Write down that this host has passed. Raises OSError, EngineFailed, EngineUnavailable."""
    bound = bound_to(settings)
    when = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    settings.prepare_folders()
    fresh = _path(settings).with_name(f"{FILENAME}.{os.getpid()}.{secrets.token_hex(4)}")
    document = {"proven": when, "seconds": report.seconds, "image": report.image, "bound_to": bound}
    fresh.write_text(json.dumps(document, indent=2), encoding="utf-8")
    fresh.replace(_path(settings))


def forget(settings: Settings) -> None:
    """It has failed: whatever it passed before counts no more."""
    _path(settings).unlink(missing_ok=True)


def proof_of(settings: Settings) -> Proof:
    """Raises nothing: what cannot be found out is not proven."""
    try:
        found = json.loads(_path(settings).read_text(encoding="utf-8"))
        when, before = str(found["proven"]), dict(found["bound_to"])
    except FileNotFoundError:
        return Proof("this host has not passed the check of its walls")
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Proof(f"the record of this host's check cannot be read ({error})")
    try:
        now = bound_to(settings)
    except SandboxError as error:
        return Proof(f"this host's engine cannot be asked ({error})", when)
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if changed:
        what = ", ".join(name.replace("_", " ") for name in changed)
        return Proof(f"since this host passed the check of its walls ({when}) something has changed: {what}", when)
    return Proof("", when)


def require(settings: Settings) -> str:
    """What to say of this host before it judges. Raises Misconfigured where it is not proven and nobody has accepted
    that in words."""
    proof = proof_of(settings)
    if not proof.why_not:
        return f"this host is proven ({proof.when})"
    if settings.unproven_host == WORDS:
        return f"{proof.why_not}; accepted in words. To prove it: {CURE}"
    raise Misconfigured(
        f"{proof.why_not}, so it judges nothing. To prove it (two minutes): {CURE}. To judge all the same: "
        f'PODIUM_UNPROVEN_HOST="{WORDS}"'
    )


def _path(settings: Settings) -> Path:
    return settings.data / "keys" / FILENAME
