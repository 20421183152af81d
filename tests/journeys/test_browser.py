"""From upload to board as a person walks it: a real browser, real Docker, nothing in between that is not real."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from judge.samples import pack
from tests import chromium
from tests.system import PASSWORD, ROOT, System, running

pytestmark = [pytest.mark.docker, pytest.mark.browser]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("journey") / "data", PODIUM_SANDBOX="docker") as up:
        up.open_contest("driving", cases=1)
        yield up
    assert up.leftovers() == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as launched:
        yield launched


@pytest.fixture
def page(browser: Browser, system: System) -> Iterator[Page]:
    context = browser.new_context(base_url=system.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def enter(page: Page, *, name: str, team: str, entry: Path) -> None:
    """Sign up, make a team, enter the contest, upload; ends on the submission's page."""
    page.goto("/en/sign-up")
    page.fill("input[name=email]", f"{name.lower()}@example.org")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button.button")
    page.wait_for_url(re.compile(r"/en/(?!sign-up)"))

    page.goto("/en/teams/new")
    page.fill("input[name=team]", team)
    page.click("main form button.button")
    page.wait_for_url("**/en/teams/*")

    page.goto("/en/contests/driving/mine")
    page.check("input[name=team]")
    page.check("input[name=terms]")
    page.click("main form:has(input[name=terms]) button.button")

    page.goto("/en/contests/driving/practice/upload")
    page.set_input_files("input[type=file]", entry)
    page.click("main form:has(input[type=file]) button.button")
    page.wait_for_url("**/en/submissions/*")


def test_a_newcomer_signs_up_makes_a_team_uploads_the_sound_sample_and_finds_it_on_the_board(
    page: Page, tmp_path: Path
) -> None:
    entry = tmp_path / "sound.zip"
    entry.write_bytes(pack(ROOT / "challenges" / "driving" / "samples" / "sound"))

    enter(page, name="Newcomer", team="The Newcomers", entry=entry)
    expect(page.locator("main")).to_contain_text("SHA-256")
    expect(page.locator("main")).to_contain_text("Accepted and scored", timeout=60_000)
    expect(page.locator("canvas")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(600)
    expect(page.locator("main")).not_to_contain_text("0.0 / 32.0 s")

    page.goto("/en/contests/driving/practice/board")
    row = page.locator("#team-the-newcomers")
    expect(row).to_contain_text("The Newcomers")
    expect(row).to_contain_text("my team")
    assert re.search(r"\d+\.\d\d", row.inner_text())


def test_an_entry_that_crashes_is_told_why_and_not_put_on_the_board(page: Page, tmp_path: Path) -> None:
    entry = tmp_path / "agent.py"
    entry.write_text("def act(observation):\n    print('before the fall')\n    raise ValueError('no brakes')\n")
    enter(page, name="Crash", team="Crashers", entry=entry)
    expect(page.locator("main")).to_contain_text("RTE", timeout=60_000)
    expect(page.locator("main")).to_contain_text("no brakes")
    page.goto("/en/contests/driving/practice/board")
    expect(page.locator("main")).not_to_contain_text("Crashers")
