"""The ledger: a mark of every hand on a result. Ids only, no personal data; sealed in batches into a hash chain, whose
head published boards carry (DESIGN, promise 7)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from judge.models import LedgerBatch, LedgerEntry, User

GENESIS = "0" * 64


def mark(
    session: Session,
    *,
    action: str,
    subject: str,
    now: datetime,
    actor: User | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry: what was done to what, by which id, with which figures."""
    session.add(
        LedgerEntry(
            at=now,
            actor_id=actor.id if actor else None,
            action=action,
            subject=subject,
            facts=json.dumps(facts or {}, sort_keys=True, ensure_ascii=False),
        )
    )
    session.flush()


def seal(session: Session, *, now: datetime) -> LedgerBatch | None:
    """Seal what is not sealed yet; None where there is nothing."""
    entries = session.exec(
        select(LedgerEntry).where(col(LedgerEntry.batch).is_(None)).order_by(col(LedgerEntry.seq))
    ).all()
    if not entries:
        return None
    previous = head(session)
    batch = LedgerBatch(previous_sha256=previous, sha256=_chain(previous, list(entries)), sealed_at=now)
    session.add(batch)
    session.flush()
    for entry in entries:
        entry.batch = batch.id
        session.add(entry)
    session.flush()
    return batch


def head(session: Session) -> str:
    """The SHA-256 of the last batch; zeros before the first."""
    return session.exec(select(LedgerBatch.sha256).order_by(col(LedgerBatch.id).desc())).first() or GENESIS


def verify(session: Session) -> int | None:
    """Recompute the whole chain; the id of the first batch that does not hold, None where all do."""
    previous = GENESIS
    for batch in session.exec(select(LedgerBatch).order_by(col(LedgerBatch.id))):
        entries = session.exec(
            select(LedgerEntry).where(LedgerEntry.batch == batch.id).order_by(col(LedgerEntry.seq))
        ).all()
        if batch.previous_sha256 != previous or batch.sha256 != _chain(previous, list(entries)):
            return batch.id
        previous = batch.sha256
    return None


def _chain(previous: str, entries: list[LedgerEntry]) -> str:
    lines = [previous]
    lines += [
        json.dumps([e.seq, e.at.isoformat(), e.actor_id, e.action, e.subject, e.facts], ensure_ascii=False)
        for e in entries
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
