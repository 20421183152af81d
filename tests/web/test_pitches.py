"""A contest that people score, in the portal: categories, decks, boards that keep their secrets."""

import re
from dataclasses import replace

import pytest
from sqlmodel import select

from judge.catalogue import about
from judge.models import Enrolment, Judgement, Review, Standing, Submission
from judge.states import JudgementState, PhaseState
from tests.web.browsing import Browser, text_of
from tests.web.factories import World
from tests.web.stage import DECK, PITCH, Stage, stage

WRITTEN = {"summary": "We keep it cold.\r\nAnd can prove it.", "links": "https://a.example\nhttps://b.example/x"}


@pytest.fixture
def here(world: World) -> Stage:
    return stage(world)


@pytest.fixture
def mei(world: World):
    return world.user("Mei Lin")


@pytest.fixture
def entered(world: World, here: Stage, mei):
    return world.enrol(here.contest, world.team(mei, "Cranes"), category="students")


def send(browser: Browser, content: bytes = DECK, filename: str = "deck.pdf", **fields: str):
    return browser.upload(content, filename, contest="startup", fields={**WRITTEN, **fields})


# ---------------------------------------------------------------------------------------------------------------------
# Entering


@pytest.mark.parametrize("language", ["en", "zh", "ko"])
def test_whoever_enters_chooses_a_category(browse, world: World, here: Stage, mei, language: str):
    team = world.team(mei, "Cranes")
    browser = browse(mei, language)
    page = browser.get("/contests/startup/mine")
    assert page.text.count('name="category"') == 3
    for title in {"en": ("The public", "Overseas"), "zh": ("社会公众组",), "ko": ("대학생 부문",)}[language]:
        assert title in page.text
    fields = {"team": team.slug, "terms": "yes"}
    missing = browser.submit("/contests/startup/mine", fields)
    unknown = browser.submit("/contests/startup/mine", {**fields, "category": "friends"})
    assert (missing.status_code, unknown.status_code) == (400, 400)
    assert len({text_of(answer) for answer in (missing, unknown)}) == 2
    assert browser.submit("/contests/startup/mine", {**fields, "category": "overseas"}).status_code == 303
    with world.db.read() as session:
        (row,) = session.exec(select(Enrolment).where(Enrolment.contest_id == here.contest.id)).all()
    assert row.category == "overseas"
    shown = {"en": "Overseas", "zh": "海外组", "ko": "해외 부문"}[language]
    assert shown in browser.get("/contests/startup/mine").text


def test_what_was_chosen_is_still_chosen_when_the_form_comes_back(browse, world: World, here: Stage, mei):
    world.team(mei, "Cranes")
    page = browse(mei).submit("/contests/startup/mine", {"team": "", "terms": "yes", "category": "students"})
    assert page.status_code == 400
    assert re.search(r'value="students" required checked', page.text)


def test_a_contest_without_categories_asks_for_none_and_takes_none(browse, world: World, mei):
    contest = world.contest()
    team = world.team(mei, "Cranes")
    browser = browse(mei)
    assert 'name="category"' not in browser.get("/contests/driving/mine").text
    fields = {"team": team.slug, "terms": "yes"}
    assert browser.submit("/contests/driving/mine", {**fields, "category": "students"}).status_code == 400
    assert browser.submit("/contests/driving/mine", fields).status_code == 303
    assert contest.id is not None


# ---------------------------------------------------------------------------------------------------------------------
# Sending a deck


def test_a_deck_is_taken_with_what_is_written_beside_it(browse, world: World, entered, mei, queue):
    answer = send(browse(mei))
    assert answer.status_code == 303
    with world.db.read() as session:
        (row,) = session.exec(select(Submission)).all()
    assert row.pitch == {
        "summary": "We keep it cold.\nAnd can prove it.",
        "links": ["https://a.example", "https://b.example/x"],
    }
    assert (row.filename, row.size_bytes, world.storage.read(row.sha256)) == ("deck.pdf", len(DECK), DECK)
    assert len(queue.asked) == 1


def test_the_form_asks_for_a_pdf_and_says_its_limits(browse, entered, mei):
    page = browse(mei).get("/contests/startup/practice/upload")
    assert 'accept=".pdf,application/pdf"' in page.text
    assert "20 MiB and 20 pages" in text_of(page)
    assert 'maxlength="3000"' in page.text


@pytest.mark.parametrize(
    ("content", "fields", "says"),
    [
        (b"PK\x03\x04 no deck", {}, "not a PDF"),
        (b"", {}, "not a PDF"),
        (DECK, {"summary": " "}, "Summary"),
        (DECK, {"summary": "x" * 3001}, "3,000"),
        (DECK, {"links": "javascript:alert(1)"}, "https://"),
        (DECK, {"links": "https://a.example\n" * 4}, "at most 3 links"),
    ],
)
def test_what_is_wrong_with_a_deck_is_said_and_nothing_that_was_typed_is_lost(
    browse, world: World, entered, mei, content, fields, says
):
    answer = send(browse(mei), content, **fields)
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert "b.example" in answer.text or "links" in fields
    assert "We keep it cold." in answer.text or "summary" in fields
    with world.db.read() as session:
        assert session.exec(select(Submission)).all() == []


def test_a_deck_that_is_too_large_is_refused(browse, world: World, entered, mei, monkeypatch):
    small = replace(about("startup"), entry_mib=0)
    monkeypatch.setattr("judge.catalogue.about", lambda slug: small)
    answer = send(browse(mei))
    assert answer.status_code == 413
    assert "larger than 0 MiB" in text_of(answer)


def test_what_was_typed_comes_back_as_text_and_nothing_else(browse, entered, mei):
    answer = send(browse(mei), b"x", summary="</textarea><script>alert(1)</script>")
    assert "<script>alert" not in answer.text


# ---------------------------------------------------------------------------------------------------------------------
# What its team sees


def test_a_team_sees_that_judges_come_next_and_the_page_asks_no_more(browse, here: Stage, mei):
    entry = here.enter("Cranes", "public", user=mei)
    browser = browse(mei)
    page = browser.get(f"/submissions/{entry.public_id}")
    assert "Waiting for the panel" in text_of(page)
    assert "http-equiv" not in page.text
    assert 'data-settled="yes"' in page.text
    facts = browser.get(f"/api/submissions/{entry.public_id}").json
    assert (facts["state"], facts["final"], facts["settled"]) == ("awaiting_panel", False, True)
    assert PITCH["summary"].splitlines()[1] in page.text
    assert 'rel="noopener noreferrer nofollow"' in page.text


def test_a_deck_that_cannot_be_read_says_why_and_what_to_do(browse, world: World, here: Stage, mei):
    entry = here.enter("Cranes", "public", user=mei)
    with world.db.write() as session:
        row = session.exec(select(Judgement).where(Judgement.submission_id == entry.id)).one()
        row.state, row.verdict, row.message = JudgementState.FAILED, "PE", {"code": "deck-encrypted", "params": {}}
        session.add(row)
    seen = text_of(browse(mei).get(f"/submissions/{entry.public_id}"))
    assert "Cannot be read" in seen
    assert "encrypted" in seen
    assert "Save it as a PDF again" in seen
    assert "reply" not in seen


def test_a_deck_goes_out_to_its_team_alone_and_as_an_attachment(browse, world: World, here: Stage, mei):
    """Promise 8. A PDF may hold scripts: no browser of ours opens it."""
    entry = here.enter("Cranes", "public", user=mei, filename='deck "final" 终.pdf')
    path = f"/submissions/{entry.public_id}/file"
    got = browse(mei).get(path)
    assert got.data == DECK
    assert got.headers["Content-Disposition"] == "attachment; filename*=UTF-8''deck%20%22final%22%20%E7%BB%88.pdf"
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    for other in (None, world.user("Somebody")):
        answer = browse(other).get(path)
        assert answer.status_code in {302, 303, 401, 404}
        assert DECK not in answer.data


# ---------------------------------------------------------------------------------------------------------------------
# Boards


@pytest.fixture
def ranked(here: Stage) -> Stage:
    for name, category, score in (("Cranes", "public", 9), ("Herons", "students", 7), ("Egrets", "students", 5)):
        here.review(here.enter(name, category), *[score] * 5)
    return here


def rows_of(page) -> list[tuple[str, str]]:
    """(place, team)"""
    return re.findall(r'<span class="place">(\d+)</span></td>\s*<th[^>]*><bdi>(.*?)</bdi>', page.text)


def test_a_board_is_of_all_or_of_one_category_which_begins_at_1(client, ranked: Stage):
    everybody = client.get("/en/contests/startup/practice/board")
    assert rows_of(everybody) == [("1", "Cranes"), ("2", "Herons"), ("3", "Egrets")]
    assert "College students" in text_of(everybody)
    students = client.get("/en/contests/startup/practice/board?category=students")
    assert rows_of(students) == [("1", "Herons"), ("2", "Egrets")]
    assert 'category=students" aria-current="page"' in students.text
    empty = client.get("/en/contests/startup/practice/board?category=overseas")
    assert (empty.status_code, rows_of(empty)) == (200, [])
    assert rows_of(client.get("/en/contests/startup/practice/board")) == rows_of(everybody), "pages are kept apart"


@pytest.mark.parametrize("category", ["", "friends", "students'--"])
def test_there_is_no_board_of_a_category_that_there_is_not(client, ranked: Stage, category: str):
    for path in ("/en/contests", "/api/contests"):
        assert client.get(f"{path}/startup/practice/board", query_string={"category": category}).status_code == 404


def test_the_same_board_for_programs(client, ranked: Stage):
    seen = client.get("/api/contests/startup/practice/board?category=students").json
    assert [(row["rank"], row["team"], row["category"]) for row in seen["rows"]] == [
        (1, "Herons", "students"),
        (2, "Egrets", "students"),
    ]
    assert (seen["category"], seen["total"]) == ("students", 2)
    assert set(seen["rows"][0]["columns"]) == {"raw", "product", "reviews"}


def test_nothing_of_a_single_review_is_on_a_public_page(client, world: World, ranked: Stage):
    """Promise 8."""
    with world.db.read() as session:
        assert len(session.exec(select(Review)).all()) == 15
    pages = [
        client.get(path).text
        for path in (
            "/en/",
            "/en/contests/startup",
            "/en/contests/startup/practice/board",
            "/api/contests/startup/practice/board",
        )
    ]
    for page in pages:
        assert "jury's own" not in page
        assert "jury&#39;s own" not in page
        assert not re.search(r"Judge \d", page)


def test_a_round_that_hides_its_scores_shows_none_until_it_has_closed(client, browse, world: World, mei):
    secret = stage(world, hidden=True)
    entry = secret.enter("Cranes", "public", user=mei)
    secret.review(entry, 9, 9, 9, 9, 9)
    page = client.get("/en/contests/startup/practice/board")
    assert rows_of(page) == []
    assert "Nobody sees a score before the round has closed" in text_of(page)
    own = text_of(browse(mei).get(f"/submissions/{entry.public_id}"))
    assert "Waiting for the panel" in own
    with world.db.read() as session:
        assert session.exec(select(Standing)).all() == []
    with world.db.write() as session:
        phase = session.get_one(type(secret.phase), secret.phase.id)
        phase.state = PhaseState.CLOSED
        session.add(phase)
    secret.tend()
    assert rows_of(client.get("/en/contests/startup/practice/board")) == [("1", "Cranes")]
    assert "90.00" in text_of(browse(mei).get(f"/submissions/{entry.public_id}"))


@pytest.mark.parametrize("language", ["en", "zh", "ko"])
def test_the_contests_page_names_measures_levels_and_categories(client, here: Stage, language: str):
    page = client.get(f"/{language}/contests/startup")
    assert page.status_code == 200
    assert page.text.count('<dl class="anchors">') == 5
    for words in {
        "en": ("College students", "Hard to imagine"),
        "zh": ("大学生组", "很难想象"),
        "ko": ("해외", "더 알맞은"),
    }[language]:
        assert words in page.text
    assert "MiB" in page.text
    assert not re.search(r"0(?:\.0)? CPU|CPU 0", text_of(page))
