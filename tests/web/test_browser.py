"""Pages in a real browser: on a phone and a desk, light and dark, in three languages, with the scripts at work."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from werkzeug.serving import make_server

from judge import standings
from judge.catalogue import LANGUAGES
from judge.db import Database
from judge.models import Judgement, JudgementScore, Phase, Submission
from judge.scoring import order_key
from judge.settings import Settings
from judge.states import JudgementState
from judge.storage import open_storage
from tests.chromium import launched
from tests.known import CHALLENGES
from tests.web import ground, stage
from tests.web.conftest import Hints
from tests.web.factories import NOW, World
from tests.web.fair import Fair, populate, populate_looks
from web.app import create_app

pytestmark = pytest.mark.browser
PUBLIC = {
    "front": "/",
    "contest": "/contests/driving",
    "board": "/contests/driving/practice/board",
    "empty board": "/contests/driving-2025/final/board",
    "sign up": "/sign-up",
    "sign in": "/sign-in",
    "not found": "/nothing/here",
}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


class Site:
    """A live portal with people and scores in it."""

    def __init__(self, url: str, world: World, fair: Fair) -> None:
        self.url, self.world, self.fair = url, world, fair
        self.addresses = {**PUBLIC, **fair.public, **fair.pages}
        self.cookie = {"name": "podium", "value": world.token(fair.mei), "url": url}

    def open(self, page: Page, name: str, language: str = "en") -> None:
        page.context.clear_cookies()
        if name in self.fair.pages:
            page.context.add_cookies([self.cookie])
        page.goto(f"{self.url}/{language}{self.addresses.get(name, name)}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODIUM_CHALLENGES", CHALLENGES)
        yield from _site(tmp_path_factory)


def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    settings = Settings.from_environment({"PODIUM_DATA": str(home / "data"), "PODIUM_RUN": str(home / "run")})
    settings.prepare_folders()
    database = Database(settings.database_url)
    database.migrate()
    storage = open_storage(settings)
    world = World(database, storage)
    world.host()
    fair = populate(world)
    staged, own = stage.populate(world, fair.mei)
    fair.public, rated = ground.populate(world, fair.mei)
    fair.public |= staged
    fair.pages |= populate_looks(world, fair.mei) | rated | own
    app = create_app(settings, db=database, storage=storage, queue=Hints(), clock=lambda: NOW)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.port}", world, fair)
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=DESK, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_is_wider_than_the_screen(page: Page, site: Site, size, language: str) -> None:
    page.set_viewport_size(size)
    wide = {}
    for name in site.addresses:
        site.open(page, name, language)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide[name] = over
    assert wide == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(page: Page, site: Site, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    axe, found = Axe(), {}
    for name in site.addresses:
        site.open(page, name)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        for violation in axe.run(page).response["violations"]:
            found[f"{name}: {violation['id']}"] = [node["html"][:160] for node in violation["nodes"][:3]]
    assert found == {}


@pytest.mark.parametrize("language", ["zh", "ko"])
def test_axe_finds_nothing_on_a_phone_either(page: Page, site: Site, language: str) -> None:
    page.set_viewport_size(PHONE)
    found = {}
    for name in ("front", "board", "scored"):
        site.open(page, name, language)
        for violation in Axe().run(page).response["violations"]:
            found[f"{name}: {violation['id']}"] = [node["html"][:160] for node in violation["nodes"][:3]]
    assert found == {}


def test_no_page_says_a_word_on_the_console(page: Page, site: Site) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    for name in set(site.addresses) - {"not found"}:
        site.open(page, name)
    page.wait_for_load_state("networkidle")
    assert said == []


def test_the_board_marks_my_row_for_me_and_shows_my_name(page: Page, site: Site) -> None:
    page.context.add_cookies([site.cookie])
    page.goto(f"{site.url}/en/contests/driving/practice/board")
    expect(page.locator("tr.is-mine")).to_contain_text("Haihe Commuters")
    expect(page.locator("tr.is-mine")).to_contain_text("my team")
    expect(page.locator(".who")).to_contain_text("Mei Lin")


def test_an_upload_shows_its_progress_and_leads_to_the_receipt(page: Page, site: Site, tmp_path: Path) -> None:
    entry = tmp_path / "agent.py"
    entry.write_bytes(b"def act(observation):\n    return 0\n" + b"#" * 3_000_000)
    site.open(page, "upload")
    page.set_input_files("input[type=file]", entry)
    page.evaluate(
        """() => {
          window.steps = [];
          const bar = document.querySelector(".progress");
          const watcher = new MutationObserver(() => steps.push(bar.innerText));
          watcher.observe(bar, {subtree: true, childList: true, attributes: true});
          addEventListener("pagehide", () => sessionStorage.setItem("steps", JSON.stringify(steps)));
        }"""
    )
    page.click("form.upload button")
    page.wait_for_url("**/en/submissions/*")
    expect(page.locator("#h-receipt")).to_be_visible()
    steps = page.evaluate("JSON.parse(sessionStorage.getItem('steps'))")
    assert any("Uploading" in step and "%" in step for step in steps)


def test_a_refused_upload_is_explained_without_leaving_the_page(page: Page, site: Site, tmp_path: Path) -> None:
    entry = tmp_path / "agent.zip"
    entry.write_bytes(b"no zip at all")
    site.open(page, "upload")
    page.set_input_files("input[type=file]", entry)
    page.click("form.upload button")
    expect(page.locator("[data-problem]")).to_contain_text("damaged")
    expect(page.locator("form.upload button")).to_be_enabled()


def test_an_upload_works_without_scripting(chromium: Browser, site: Site, tmp_path: Path) -> None:
    entry = tmp_path / "agent.py"
    entry.write_bytes(b"def act(observation):\n    return 1\n")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.open(page, "upload")
    page.set_input_files("input[type=file]", entry)
    page.click("form.upload button")
    page.wait_for_url("**/en/submissions/*")
    assert page.locator("noscript").count() >= 0
    assert page.locator(".reload").is_visible()
    context.close()


def test_an_open_page_follows_from_the_queue_to_the_score_and_then_rests(page: Page, site: Site) -> None:
    world = site.world
    with world.db.read() as session:
        mine = session.exec(select(Submission).where(Submission.filename == "queued.tar.gz")).one()
        phase = session.get_one(Phase, mine.phase_id)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/submissions/" in request.url else None)
    site.open(page, "queued")
    expect(page.locator("#h-status")).to_have_text("In the queue")
    with world.db.read() as session:
        other = session.exec(select(Submission).where(Submission.filename == "running.tar.gz")).one()
    move(world, other, state=JudgementState.CANCELLED)
    move(world, mine, state=JudgementState.RUNNING, attempt=1, started_at=world.now)
    expect(page.locator("#h-status")).to_have_text("Being judged")
    with world.db.write() as session:
        judgement = session.exec(select(Judgement).where(Judgement.submission_id == mine.id)).one()
        key = order_key(88.0, (), mine.received_at)
        session.add(JudgementScore(judgement_id=judgement.id, public=88.0, final=88.0, order_key=key, final_key=key))
        judgement.state, judgement.verdict, judgement.finished_at = JudgementState.SCORED, "AC", world.now
        session.flush()
        world.runs(session, judgement, mine, 88.0)
        standings.refresh(session, phase=phase, track="", enrolment_id=mine.enrolment_id, now=world.now)
    expect(page.locator("#h-status")).to_contain_text("Accepted and scored")
    expect(page.locator(".big")).to_contain_text("88.00")
    expect(page.locator(".scene .controls")).to_be_visible()
    page.wait_for_timeout(300)
    before = len(asked)
    page.wait_for_timeout(1500)
    assert len(asked) == before


def move(world: World, submission: Submission, **facts: object) -> None:
    with world.db.write() as session:
        judgement = session.exec(select(Judgement).where(Judgement.submission_id == submission.id)).one()
        for name, value in facts.items():
            setattr(judgement, name, value)


def test_a_keyboard_reaches_the_content_first(page: Page, site: Site) -> None:
    site.open(page, "front")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


# ---------------------------------------------------------------------------------------------------------------------
# Pictures


def test_a_replay_plays_pauses_steps_and_jumps(page: Page, site: Site) -> None:
    site.open(page, "scored")
    scene = page.locator("figure.scene")
    button, readout, scrub = scene.locator(".play"), scene.locator(".readout"), scene.locator("input[type=range]")
    expect(readout).to_contain_text("0.0 / 7.8 s")
    button.click()
    expect(button).to_have_text("Pause")
    expect(readout).not_to_contain_text("0.0 / 7.8 s")
    button.click()
    expect(button).to_have_text("Play")
    held = readout.inner_text()
    page.wait_for_timeout(200)
    assert readout.inner_text() == held
    scene.locator("canvas").focus()
    page.keyboard.press("End")
    expect(readout).to_contain_text("7.8 / 7.8 s")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("0.2 / 7.8 s")
    scrub.fill("20")
    expect(readout).to_contain_text("4.0 / 7.8 s · Speed 10.0 m/s")
    scene.locator(".jump").first.click()
    expect(readout).to_contain_text("3.8 / 7.8 s")
    blank = page.evaluate(
        """() => {
          const canvas = document.querySelector("figure.scene canvas");
          const seen = new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
          return seen.size < 6;
        }"""
    )
    assert not blank


def test_a_replay_is_a_still_picture_without_scripting(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.open(page, "replay")
    assert page.locator("svg.still").is_visible()
    assert page.locator("svg.still .way").count() == 1
    assert page.locator(".controls").is_hidden()
    context.close()


@pytest.mark.parametrize("name", ["a scene", "a pitch"])
@pytest.mark.parametrize("where", ["canvas", "input[type=range]"])
def test_the_keyboard_alone_drives_a_replay(page: Page, site: Site, name: str, where: str) -> None:
    site.open(page, name)
    scene = page.locator("figure.scene")
    button, readout, speed = scene.locator(".play"), scene.locator(".readout"), scene.locator("select")
    seconds = 0.2 if name == "a scene" else 0.1
    frames = 39 if name == "a scene" else 79
    expect(scene.locator(".keys")).to_be_visible()
    scene.locator(where).focus()
    steps = {"ArrowRight": 1, "PageDown": 26, "ArrowLeft": 25, "PageUp": 0, "End": frames, "Home": 0}
    for key, frame in steps.items():
        page.keyboard.press(key)
        expect(readout).to_contain_text(f"{frame * seconds:.1f} / {frames * seconds:.1f} s")
    for key, pace in (("ArrowUp", "2"), ("+", "4"), ("ArrowDown", "2"), ("-", "1"), ("-", "0.5"), ("-", "0.5")):
        page.keyboard.press(key)
        expect(speed).to_have_value(pace)
    page.keyboard.press("Space")
    expect(button).to_have_text("Pause")
    expect(readout).not_to_contain_text("0.0 /")
    page.keyboard.press("k")
    expect(button).to_have_text("Play")


def test_a_game_shows_its_score_over_time_and_its_goals_on_the_time_line(page: Page, site: Site) -> None:
    site.open(page, "a pitch")
    scene = page.locator("figure.scene")
    ticks = scene.locator(".track-in-time .marks-strip path")
    expect(ticks).to_have_count(2)
    expect(scene.locator(".marks-strip .bad")).to_have_count(1)
    assert scene.locator("button", has_text="Follow").count() == 0, "nobody to follow"
    expect(scene.locator(".readout")).to_contain_text("Goals, left 0 · Goals, right 0")
    scene.locator("canvas").focus()
    page.keyboard.press("End")
    expect(scene.locator(".readout")).to_contain_text("Goals, left 1 · Goals, right 0")
    box, track = ticks.first.bounding_box(), scene.locator("input[type=range]").bounding_box()
    assert box is not None
    assert track is not None
    middle = (box["x"] + box["width"] / 2 - track["x"]) / track["width"]
    assert middle == pytest.approx(40 / 79, abs=0.02), "the tick of the goal stands where the thumb then is"


def test_nobody_slides_back_to_the_kick_off(page: Page, site: Site) -> None:
    """Between the last frame before a goal and the first after it there is nothing in between."""
    site.open(page, "a pitch")
    expect(page.locator("figure.scene .controls")).to_be_visible()
    drawn = """(at) => {
      const canvas = document.querySelector("figure.scene canvas");
      document.querySelector("figure.scene").player.seek(at);
      return canvas.toDataURL();
    }"""
    before, between, after = (page.evaluate(drawn, at) for at in (39, 39.45, 40))
    assert before == between
    assert before != after


def test_with_motion_reduced_the_camera_stands_still_and_nothing_plays_by_itself(page: Page, site: Site) -> None:
    site.open(page, "a scene")
    scene = page.locator("figure.scene")
    expect(scene.locator("button", has_text="Follow")).to_be_visible()
    page.wait_for_timeout(300)
    expect(scene.locator(".readout")).to_contain_text("0.0 / ")


def test_a_still_picture_of_a_game_names_its_moment_without_scripting(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.open(page, "a pitch")
    assert page.locator("svg.still .actor").count() == 7
    assert page.locator(".still-only").inner_text() == "The moment shown: 3.9 s."
    assert page.locator(".scene > .marks-strip").is_visible()
    assert page.locator(".keys").is_hidden()
    context.close()


@pytest.mark.parametrize("name", ["a gantt", "a curves", "a matrix", "a images", "a table", "grid", "rating"])
def test_a_chart_is_all_there_without_scripting(chromium: Browser, site: Site, name: str) -> None:
    told = {}
    for scripting in (True, False):
        context = chromium.new_context(java_script_enabled=scripting)
        page = context.new_page()
        site.open(page, name)
        chart = page.locator("main svg[role=img], main table")
        assert chart.first.is_visible()
        told[scripting] = chart.all_text_contents()
        context.close()
    assert told[True] == told[False]


def test_a_job_of_a_gantt_chart_can_be_pointed_out(page: Page, site: Site) -> None:
    site.open(page, "a gantt")
    chart = page.locator("figure.gantt")
    chart.locator(".bar[data-job='7']").nth(3).hover(force=True)
    expect(chart.locator(".pointed")).to_contain_text("Job 7 on machine 3")
    assert chart.locator(".bar.faded").count() == 380
    page.mouse.move(0, 0)
    expect(chart.locator(".bar.faded")).to_have_count(0)
    button = chart.locator(".jobs button", has_text="Job 12")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.mouse.move(0, 0)
    expect(chart.locator(".bar.faded")).to_have_count(380)
    page.keyboard.press("Enter")
    expect(chart.locator(".bar.faded")).to_have_count(0)


def test_a_wide_grid_scrolls_in_its_own_box_with_its_headings_in_sight(page: Page, site: Site) -> None:
    page.set_viewport_size(PHONE)
    site.open(page, "a matrix")
    box = page.locator(".heat-box")
    inside, outside = box.evaluate("(box) => [box.scrollWidth, box.clientWidth]")
    assert inside > outside
    heading = page.locator(".heat tbody th").first
    before = heading.bounding_box()
    box.evaluate("(box) => { box.scrollLeft = 200; }")
    assert heading.bounding_box() == before
