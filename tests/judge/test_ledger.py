"""A mark of every hand on a result, chained so that nothing can be taken out or changed unseen."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from judge import accounts, ledger, submissions
from judge.models import LedgerBatch, LedgerEntry, Team, User
from judge.states import PhaseState
from tests.judge.world import NOW, PASSWORD, World, after


def seal(world: World):
    with world.db.write() as session:
        return ledger.seal(session, now=NOW)


def verify(world: World):
    with world.db.read() as session:
        return ledger.verify(session)


def mark(world: World, number: int) -> None:
    with world.db.write() as session:
        ledger.mark(session, action="tested", subject=f"thing-{number}", now=after(seconds=number), facts={"n": number})


@pytest.fixture
def chain(world: World) -> World:
    """Three batches of ours on top of the noise."""
    for number in range(6):
        mark(world, number)
        if number % 2:
            seal(world)
    return world


def test_a_chain_holds_until_somebody_touches_it(chain: World):
    """Promise 7."""
    assert verify(chain) is None
    batches = chain.all(select(LedgerBatch).order_by(LedgerBatch.id))
    assert [batch.previous_sha256 for batch in batches] == [ledger.GENESIS, *(batch.sha256 for batch in batches[:-1])]
    with chain.db.read() as session:
        assert ledger.head(session) == batches[-1].sha256


def test_nothing_to_seal_is_no_batch(chain: World):
    assert seal(chain) is None
    mark(chain, 9)
    assert verify(chain) is None
    assert seal(chain) is not None
    assert verify(chain) is None


TAMPERING = [
    "UPDATE ledger_entry SET facts = '{\"n\": 7}' WHERE seq = :seq",
    "UPDATE ledger_entry SET subject = 'thing-x' WHERE seq = :seq",
    "UPDATE ledger_entry SET action = 'undone' WHERE seq = :seq",
    "UPDATE ledger_entry SET actor_id = 1 WHERE seq = :seq",
    "UPDATE ledger_entry SET at = '2020-01-01 00:00:00' WHERE seq = :seq",
    "DELETE FROM ledger_entry WHERE seq = :seq",
    "UPDATE ledger_entry SET batch = NULL WHERE seq = :seq",
    "UPDATE ledger_entry SET batch = batch + 1 WHERE seq = :seq",
    "UPDATE ledger_entry SET seq = 100000 WHERE seq = :seq",
    "UPDATE ledger_batch SET previous_sha256 = 'f' WHERE id = :batch",
    "UPDATE ledger_batch SET sha256 = 'f' WHERE id = :batch",
    """INSERT INTO ledger_entry (seq, at, action, subject, facts, batch)
    VALUES (100000, '2026-05-04 12:00:00', 'tested', 'thing', '{}', :batch)""",
]


@pytest.mark.parametrize("statement", TAMPERING, ids=lambda statement: statement[:40])
def test_whatever_is_changed_is_found(one: World, statement):
    """Promise 7: every hand on a result leaves a mark that cannot be wiped away."""
    for number in range(6):
        mark(one, number)
        if number % 2:
            seal(one)
    second = one.all(select(LedgerBatch).order_by(LedgerBatch.id))[1]
    entry = one.all(select(LedgerEntry).where(LedgerEntry.batch == second.id))[0]
    with one.db.write() as session:
        done = session.execute(text(statement), {"seq": entry.seq, "batch": second.id})
        assert done.rowcount == 1
    assert verify(one) == second.id


@given(facts=st.dictionaries(st.text(), st.integers() | st.text() | st.floats(allow_nan=False), max_size=4))
def test_two_histories_never_look_like_one(facts):
    def entry(**more):
        values = {"seq": 1, "at": NOW, "action": "a", "subject": "s", "facts": json.dumps(facts), **more}
        return LedgerEntry(**values)

    base = ledger._chain(ledger.GENESIS, [entry()])
    assert base != ledger._chain(ledger.GENESIS, [entry(facts=json.dumps({**facts, "more": 1}))])
    assert base != ledger._chain("1" * 64, [entry()])
    assert base != ledger._chain(ledger.GENESIS, [entry(), entry(seq=2)])


def test_every_hand_on_a_result_leaves_a_mark_and_none_names_a_person(one: World):
    """Promise 7: ids only, no personal data."""
    before = len(one.all(select(LedgerEntry)))
    contest, phase = one.contest()
    user = accounts.sign_up(
        one.db, email="ada@lovelace.example", name="Ada Lovelace", password=PASSWORD, language="en", now=NOW
    )
    team = one.team(user, name="Analytical Engines")
    from judge import contests

    with one.db.write() as session:
        contests.enrol(session, contest=contest, user=user, team_slug=team.slug, terms=True, now=NOW)
    receipt = one.upload(user)
    one.judge(receipt)
    with one.db.write() as session:
        submissions.withdraw(session, submission=one.submission(receipt), user=user, now=NOW)
    one.move(phase, PhaseState.CLOSED)
    entries = one.all(select(LedgerEntry).order_by(LedgerEntry.seq))[before:]
    assert [entry.action for entry in entries] == [
        "contest-created",
        "phase-moved",
        "submitted",
        "judged",
        "withdrawn",
        "phase-moved",
    ]
    assert [entry.actor_id for entry in entries] == [None, None, user.id, None, user.id, None]
    told = json.dumps([entry.model_dump(mode="json") for entry in one.all(select(LedgerEntry))]).lower()
    for person in one.all(select(User)):
        assert person.email not in told
        assert person.name.lower() not in told
    for group in one.all(select(Team)):
        assert group.name.lower() not in told
        assert group.slug not in told
