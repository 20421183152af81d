"""Reviews that ship with samples, entered by demo judges through the door that everybody uses."""

import pytest
from sqlmodel import select

from challenges import sheet
from challenges.sheet import RecordedJudge, RecordedReview
from challenges.sheet import RecordedPanel as Recorded
from judge import kit, samples
from judge.catalogue import about
from judge.kit import Kit
from judge.models import Review, Role
from judge.recorded import RecordedPanel
from sandbox.fake import FakeSandbox
from tests.judge import panels
from tests.judge.matchday import Line
from tests.judge.panels import Panel
from tests.judge.world import NOW, Clock, World, after, kit_of


class Startup:
    """All samples of the contest, handed in and looked at."""

    def __init__(self, world: World, worker: Kit) -> None:
        self.field: Panel = panels.opened(world, worker)
        self.world = world
        self.entries = {}
        for sample in samples.samples_of("startup"):
            sent = samples.packed(about("startup"), sample)
            receipt = self.field.enter(sample.team["en"], content=sent.content, category=sample.category)
            self.entries[sample.name] = receipt
        self.ids = {name: receipt.submission.id for name, receipt in self.entries.items()}
        self.accounts = {}

    def panel(self) -> RecordedPanel:
        return RecordedPanel(
            self.world.db, self.field.worker.queue, challenge="startup", slug="startup", entries=self.ids
        )

    def account(self, word: str, name: str):
        if word not in self.accounts:
            self.accounts[word] = self.world.user(name)
        return self.accounts[word]


@pytest.fixture
def startup(one: World, nursery, tmp_path, monkeypatch):
    clock = Clock(after(hours=2))
    made = kit_of(one, nursery, tmp_path, queue=Line(), sandbox=FakeSandbox(), clock=clock)
    one.clock = clock
    kit.equip(made)
    monkeypatch.setattr("judge.recorded.datetime", Stopped)
    yield Startup(one, made)
    kit.equip(None)


class Stopped:
    """The time in which these tests play."""

    @staticmethod
    def now(zone) -> object:
        return after(hours=1).astimezone(zone)


def test_the_board_fills_with_what_the_samples_are_labelled_with(startup: Startup):
    panel = startup.panel()
    assert panel.enter(startup.account) == 45
    startup.field.worker.queue.run()
    assert panel.complaints == []
    board = {row.team: row for row in startup.field.rows()}
    for sample in sheet.samples("startup"):
        judgement = startup.world.judgement(startup.entries[sample.name])
        row = board.get(sample.team["en"])
        assert sample.holds(judgement.verdict or "", row.score if row else None), sample.name
    assert len(board) == 9
    assert [row.rank for row in startup.field.rows(category="students")] == [1, 2, 3]


def test_it_is_entered_once(startup: Startup):
    panel = startup.panel()
    assert panel.enter(startup.account) == 45
    assert panel.enter(startup.account) == 0
    assert len(startup.world.all(select(Review))) == 45
    again = startup.panel()
    assert again.enter(startup.account) == 45
    assert again.complaints == []
    current = startup.world.all(select(Review).where(Review.superseded_by == None))  # noqa: E711
    assert len(current) == 45
    roles = startup.world.all(select(Role).where(Role.role == "judge"))
    assert len(roles) == len(sheet.recorded("startup").judges)


def test_nothing_is_entered_before_every_deck_has_been_looked_at(startup: Startup):
    user, _, _ = startup.world.enrolled(startup.field.contest, name="Late", category="public")
    late = startup.world.upload(user, panels.DECK, contest="startup", summary="s", at=NOW)
    startup.ids["late"] = late.submission.id
    assert startup.panel().enter(startup.account) == 0
    assert startup.world.all(select(Review)) == []


def test_a_review_that_ought_to_be_refused_and_is_not_is_complained_of(startup: Startup, monkeypatch):
    scores = dict.fromkeys(panels.CRITERIA, 5)
    wrong = Recorded(
        {"a": RecordedJudge("A"), "b": RecordedJudge("B", team="cheat")},
        (
            RecordedReview("a", "sound", scores, refused="review-own-team"),
            RecordedReview("b", "cheat", scores),
            RecordedReview("a", "weak", {**scores, "team": 11}),
        ),
    )
    monkeypatch.setattr(sheet, "recorded", lambda slug: wrong)
    panel = startup.panel()
    assert panel.enter(startup.account) == 1
    assert len(panel.complaints) == 3
    assert "review-own-team" in panel.complaints[1]
    assert "review-score" in panel.complaints[2]


def test_where_nobody_recorded_anything_there_is_nothing_to_do(one: World):
    assert RecordedPanel(one.db, None, challenge="echo", slug="none", entries={}).enter(lambda *_: None) == 0
