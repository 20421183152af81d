"""Worker hosts that say they are alive, and what the portal may promise of them."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from judge.models import Host

ALIVE = timedelta(seconds=60)
"""A host that was not seen for so long is taken for gone."""


def seen(session: Session, *, name: str, sandbox: str, isolated: bool, image: str, note: str, now: datetime) -> None:
    """A worker says that it is there. `isolated`: it plays strangers' entries in containers; `note`: why not, if so."""
    host = session.get(Host, name)
    started_at = now if host is None or host.seen_at <= now - ALIVE else host.started_at
    session.merge(
        Host(name=name, sandbox=sandbox, isolated=isolated, image=image, note=note, started_at=started_at, seen_at=now)
    )
    session.flush()


def gone(session: Session, *, name: str) -> None:
    """A worker has ended in good order."""
    session.exec(delete(Host).where(col(Host.name) == name))


def alive(session: Session, *, now: datetime) -> list[Host]:
    """Those seen within the last minute, by name."""
    return list(session.exec(select(Host).where(col(Host.seen_at) > now - ALIVE).order_by(Host.name)))


def notice(session: Session, *, now: datetime) -> str | None:
    """What every page must say: 'no-worker' where none is alive, 'no-engine' where none can judge strangers' entries,
    None where all is well."""
    living = alive(session, now=now)
    if not living:
        return "no-worker"
    if not any(host.isolated for host in living):
        return "no-engine"
    return None
