import io
import zipfile
from datetime import timedelta

import pytest
from sqlmodel import select

from judge.errors import StorageFull
from judge.models import Contest, Enrolment, Judgement, Phase, Run, Submission, Team, User
from judge.states import JudgementState, PhaseState
from tests.web import looks
from tests.web.browsing import Browser, hidden_fields, text_of
from tests.web.factories import World

AGENT = b"def act(observation):\n    return 0\n"
UPLOAD = "/en/contests/driving/practice/upload"


@pytest.fixture
def contest(world: World) -> Contest:
    return world.contest()


@pytest.fixture
def phase(world: World, contest: Contest) -> Phase:
    return world.phase(contest)


@pytest.fixture
def mei(world: World) -> User:
    return world.user("Mei")


@pytest.fixture
def team(world: World, mei: User) -> Team:
    return world.team(mei)


@pytest.fixture
def enrolment(world: World, contest: Contest, phase: Phase, team: Team) -> Enrolment:
    return world.enrol(contest, team)


@pytest.fixture
def browser(browse, mei: User) -> Browser:
    return browse(mei)


def sent(world: World) -> list[Submission]:
    with world.db.read() as session:
        return list(session.exec(select(Submission)))


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------------------
# The upload


def test_an_upload_is_kept_before_it_is_acknowledged_and_hinted_after(
    browser: Browser, world: World, enrolment, queue
) -> None:
    answer = browser.upload(AGENT)
    assert answer.status_code == 303
    (submission,) = sent(world)
    assert world.storage.read(submission.sha256) == AGENT
    assert answer.location == f"/en/submissions/{submission.public_id}"
    assert queue.asked == [(1, 0)]


def test_an_upload_is_acknowledged_while_redis_is_away(browser: Browser, enrolment, queue) -> None:
    queue.away = True
    assert browser.upload(AGENT).status_code == 303


def test_the_same_form_sent_twice_is_one_submission(browser: Browser, world: World, enrolment) -> None:
    fields = hidden_fields(browser.get(UPLOAD), UPLOAD)
    first = browser.upload(AGENT, fields=fields)
    second = browser.upload(AGENT, fields=fields)
    assert first.location == second.location
    assert len(sent(world)) == 1


@pytest.mark.parametrize("token", ["", "x", "é" * 20, "x" * 100, "a b c d e f g h"])
def test_a_made_up_form_token_is_as_none(browser: Browser, world: World, enrolment, token: str) -> None:
    assert browser.upload(AGENT, fields={"form_token": token}).status_code == 303
    assert sent(world)[0].form_token is None


def test_a_script_gets_the_address_as_json(browser: Browser, world: World, enrolment) -> None:
    answer = browser.upload(AGENT, headers={"Accept": "application/json"})
    assert answer.status_code == 201
    assert answer.json == {"url": f"/en/submissions/{sent(world)[0].public_id}"}


@pytest.mark.parametrize(
    ("content", "filename", "words"),
    [
        (b"", "agent.py", "empty"),
        (b"hello", "agent.txt", ".tar.gz"),
        (b"not a zip", "agent.zip", "damaged"),
        (b"not a tar", "agent.tar.gz", "damaged"),
        (b"\xff\xfe\x00", "agent.py", "UTF-8"),
        (zipped(readme__md=b"x"), "agent.zip", "agent.py"),
        (zipped(entry__toml=b"[["), "agent.zip", "TOML"),
    ],
)
def test_a_bad_archive_is_refused_with_its_rule(
    browser: Browser, world: World, enrolment, queue, content: bytes, filename: str, words: str
) -> None:
    answer = browser.upload(content, filename)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert 'role="alert"' in answer.text
    assert (sent(world), queue.asked) == ([], [])


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd.py", "C:\\temp\\a.py", "名前.py", "a\u202eb.py", "x" * 500 + ".py"]
)
def test_a_strange_file_name_is_only_a_name(browser: Browser, world: World, enrolment, filename: str) -> None:
    answer = browser.upload(AGENT, filename)
    assert answer.status_code == 303
    assert "/" not in sent(world)[0].filename
    assert browser.client.get(answer.location).status_code == 200


def test_no_file_is_refused_beside_the_field(browser: Browser, enrolment) -> None:
    fields = hidden_fields(browser.get(UPLOAD), UPLOAD)
    for data in (fields, {**fields, "entry": "text, no file"}, {**fields, "entry": (io.BytesIO(b""), "")}):
        answer = browser.client.post(UPLOAD, data=data, content_type="multipart/form-data")
        assert answer.status_code == 400
        assert "No file was chosen" in text_of(answer)


def test_a_body_over_the_limit_is_413_with_a_sentence(
    browser: Browser, world: World, enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.submissions.contests_limit", lambda session, slug: 0)
    answer = browser.upload(AGENT * 10_000)
    assert answer.status_code == 413
    assert "larger than 0 MiB, the most that this contest takes" in text_of(answer)
    assert sent(world) == []


def test_a_form_without_a_file_may_be_small_only(browser: Browser) -> None:
    answer = browser.client.post("/en/teams/new", data={"team": "x" * (300 << 10)})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"\x00\xff", "multipart/form-data"),
        (b"{}", "application/json"),
        (b"csrf_token=%00", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 60 + b"--x--",
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_a_broken_body_is_the_senders_fault(browser: Browser, enrolment, body: bytes, content_type: str) -> None:
    answer = browser.client.post(UPLOAD, data=body, content_type=content_type)
    assert 400 <= answer.status_code < 500


def test_an_upload_without_its_signature_is_refused(browser: Browser, world: World, enrolment) -> None:
    answer = browser.client.post(UPLOAD, data={"entry": (io.BytesIO(AGENT), "agent.py")})
    assert answer.status_code == 400
    assert sent(world) == []


def test_nobody_uploads_without_signing_in(client, world: World, enrolment) -> None:
    answer = client.post(UPLOAD, data={"entry": (io.BytesIO(AGENT), "agent.py")})
    assert (answer.status_code, answer.location) == (303, f"/en/sign-in?next={UPLOAD}")


def test_a_stranger_is_led_to_enrolment(browse, world: World, enrolment) -> None:
    stranger: Browser = browse(world.user())
    assert stranger.get(UPLOAD).location == "/en/contests/driving/mine"
    fields = {"csrf_token": hidden_fields(stranger.get("/teams/new"))["csrf_token"]}
    assert stranger.upload(AGENT, fields=fields).status_code in {303, 403}
    assert sent(world) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": PhaseState.PAUSED}, "paused"),
        ({"state": PhaseState.CLOSED}, "ended"),
        ({"starts": 2, "ends": 9}, "starts"),
        ({"starts": -9, "ends": -2}, "ended"),
    ],
)
def test_the_wrong_time_is_named(browser: Browser, world: World, contest, enrolment, facts, words: str) -> None:
    world.phase(contest, "other", **facts)
    fields = {"csrf_token": hidden_fields(browser.get("/teams/new"))["csrf_token"]}
    answer = browser.upload(AGENT, phase="other", fields=fields)
    assert answer.status_code == 409
    assert words in text_of(answer)
    assert sent(world) == []


def test_a_used_quota_says_when_the_next_slot_opens(browser: Browser, world: World, contest, enrolment) -> None:
    world.phase(contest, "scarce", quota_per_day=1)
    fields = {"csrf_token": hidden_fields(browser.get("/teams/new"))["csrf_token"]}
    assert browser.upload(AGENT, phase="scarce", fields=fields).status_code == 303
    answer = browser.upload(AGENT + b"#", phase="scarce", fields=fields)
    assert answer.status_code == 429
    assert "21 Nov 2026, 00:00 UTC+08" in text_of(answer)


def test_a_full_disk_is_our_fault_and_counts_nothing(
    browser: Browser, world: World, enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise StorageFull("storage-full")

    monkeypatch.setattr(world.storage, "check_room", full)
    answer = browser.upload(AGENT)
    assert answer.status_code == 507
    assert "no upload was counted" in text_of(answer)
    assert sent(world) == []
    answer = browser.upload(AGENT, headers={"Accept": "application/json"})
    assert answer.json["error"]["code"] == "storage-full"


def test_an_unknown_contest_or_phase_takes_nothing(browser: Browser, enrolment) -> None:
    fields = {"csrf_token": hidden_fields(browser.get("/teams/new"))["csrf_token"]}
    assert browser.upload(AGENT, contest="nothing", fields=fields).status_code == 404
    assert browser.upload(AGENT, phase="nothing", fields=fields).status_code == 404


# ---------------------------------------------------------------------------------------------------------------------
# Looking at one


@pytest.fixture
def scored(world: World, enrolment, phase: Phase, mei: User) -> Submission:
    return world.scored(enrolment, phase, mei, 71.42, interval=(66.0, 76.0))


def test_the_page_of_a_scored_entry_tells_everything_that_may_be_known(browser: Browser, scored: Submission) -> None:
    page = browser.get(f"/submissions/{scored.public_id}")
    words = text_of(page)
    for fact in ("Accepted and scored", "71.42", "66.00 to 76.00", scored.sha256, "Done", "showcase"):
        assert fact in words
    assert "<svg" in page.text


def test_hidden_runs_show_their_verdict_and_nothing_else(browser: Browser, scored: Submission) -> None:
    page = browser.get(f"/submissions/{scored.public_id}")
    assert page.text.count("hidden until the phase ends</td>") == 2
    assert "log of avoid-1" not in page.text
    for number in (0, 1):
        for part in ("", "/log"):
            assert browser.get(f"/submissions/{scored.public_id}/runs/{number}{part}").status_code == 404
        assert browser.get(f"/api/submissions/{scored.public_id}/runs/{number}/view").status_code == 404


def test_hidden_runs_open_when_the_phase_is_over(browser: Browser, world: World, scored, phase: Phase) -> None:
    with world.db.write() as session:
        session.get_one(Phase, phase.id).state = PhaseState.CLOSED
    page = browser.get(f"/submissions/{scored.public_id}")
    assert "hidden until" not in text_of(page)
    assert browser.get(f"/submissions/{scored.public_id}/runs/0/log").status_code == 200


def test_a_log_is_text_in_a_sandbox(browser: Browser, scored: Submission) -> None:
    answer = browser.get(f"/submissions/{scored.public_id}/runs/2/log")
    assert answer.data == b"log of showcase\n<script>alert(1)</script>\n"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "<script>alert" not in browser.get(f"/submissions/{scored.public_id}").text


def test_the_page_shows_the_showcase_while_cases_are_hidden_and_what_counted_afterwards(
    browser: Browser, world: World, contest, mei, team
) -> None:
    """Promise 8; and public against private parts are to be seen after the reveal."""
    phase = world.phase(contest, "qualification", hidden=True)
    enrolment = world.enrol(contest, team)
    views = [("curves", looks.curves()), ("images", looks.images())]
    entry = world.looked_at(enrolment, phase, mei, views, filename="agent.py")
    with world.db.write() as session:
        run = session.exec(select(Run).where(Run.case == "images-2")).one()
        run.showcase = True
    page = text_of(browser.get(f"/submissions/{entry.public_id}"))
    assert "The showcase" in page
    assert "What was seen" in page
    assert "Calibration" not in page
    with world.db.write() as session:
        session.get_one(Phase, phase.id).state = PhaseState.REVEALED
    page = text_of(browser.get(f"/submissions/{entry.public_id}"))
    assert "What curves-1 looked like" in page
    assert "Public Private" in page
    assert "What was seen" not in page


def test_the_replay_has_a_page_and_its_data(browser: Browser, scored: Submission) -> None:
    assert "data-scene" in browser.get(f"/submissions/{scored.public_id}/runs/2").text
    data = browser.get(f"/api/submissions/{scored.public_id}/runs/2/view")
    assert data.json["kind"] == "scene"
    assert data.headers["Content-Type"] == "application/json"
    assert data.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in data.headers["Content-Security-Policy"]


@pytest.mark.parametrize("number", ["3", "99999999999999999999", "-1", "x", "%00"])
def test_a_run_that_there_is_not_is_unknown(browser: Browser, scored: Submission, number: str) -> None:
    for part in ("", "/log"):
        assert browser.get(f"/submissions/{scored.public_id}/runs/{number}{part}").status_code == 404


@pytest.mark.parametrize(
    "part", ["", "/withdraw", "/runs/2", "/runs/2/log", "/api/submissions/{}", "/api/submissions/{}/runs/2/view"]
)
def test_nothing_of_anybody_elses_submission_exists(browse, world: World, scored: Submission, part: str) -> None:
    address = part.format(scored.public_id) if part.startswith("/api") else f"/submissions/{scored.public_id}{part}"
    stranger = browse(world.user("Eve"))
    assert stranger.get(address).status_code == 404
    assert scored.sha256 not in stranger.get(address).text
    assert browse().get(address).status_code in {303, 401}


@pytest.mark.parametrize("public_id", ["nothing", "%00", "x" * 3000, "..", "%F0%9F%8E%89"])
def test_an_unknown_submission_is_not_found(browser: Browser, enrolment, public_id: str) -> None:
    assert browser.get(f"/submissions/{public_id}").status_code == 404
    assert browser.get(f"/api/submissions/{public_id}").status_code == 404


@pytest.mark.parametrize("state", list(JudgementState))
@pytest.mark.parametrize("language", ["en", "zh", "ko"])
def test_a_submission_has_a_page_in_every_state(
    browse, world: World, enrolment, phase, mei, state: JudgementState, language: str
) -> None:
    submission = world.submission(enrolment, phase, mei)
    world.judgement(submission, state=state, verdict="JE" if state == JudgementState.PLATFORM_FAILED else None)
    page = browse(mei, language).get(f"/submissions/{submission.public_id}")
    assert page.status_code == 200
    assert ("http-equiv" in page.text) == (not state.settled)
    assert ('data-settled="yes"' in page.text) == state.settled


@pytest.mark.parametrize("verdict", ["CE", "RTE", "TLE", "MLE", "OLE", "PE", "SV"])
def test_a_failed_entry_hears_what_happened_and_whose_fault_it_was(
    browser: Browser, world: World, enrolment, phase, mei, verdict: str
) -> None:
    submission = world.submission(enrolment, phase, mei)
    facts = {
        "exit_code": 1,
        "signal": 9,
        "wall_seconds": 2.5,
        "cpu_seconds": 1.5,
        "memory_mib": 256,
        "ending": "exited",
    }
    message = {"code": f"ended-{verdict.lower()}", "params": facts}
    world.judgement(submission, state=JudgementState.FAILED, verdict=verdict, message=message)
    words = text_of(browser.get(f"/submissions/{submission.public_id}"))
    assert "This comes from the entry" in words
    assert "no sentence yet" not in words


def test_our_fault_says_whether_the_attempt_was_given_back(
    browser: Browser, world: World, enrolment, phase, mei
) -> None:
    from judge import submissions

    submission = world.submission(enrolment, phase, mei)
    world.judgement(
        submission, state=JudgementState.PLATFORM_FAILED, verdict="JE", message={"code": "engine-failed", "params": {}}
    )
    address = f"/submissions/{submission.public_id}"
    assert "not given back automatically" in text_of(browser.get(address))
    with world.db.write() as session:
        submissions.refund(session, submission_id=submission.id, most=3, now=world.now)
    words = text_of(browser.get(address))
    assert "This is our fault, not yours" in words
    assert "Your attempt was given back" in words


def test_a_queued_entry_knows_how_many_are_ahead(browser: Browser, world: World, enrolment, phase, mei) -> None:
    for minutes in (9, 8):
        earlier = world.submission(enrolment, phase, mei, received_at=world.now - timedelta(minutes=minutes))
        world.judgement(earlier)
    mine = world.submission(enrolment, phase, mei, received_at=world.now)
    world.judgement(mine)
    assert "2 submissions are ahead of yours" in text_of(browser.get(f"/submissions/{mine.public_id}"))


def test_the_list_is_of_ones_own_submissions(browse, browser: Browser, world: World, scored, contest, phase) -> None:
    bo = world.user()
    world.scored(world.enrol(contest, world.team(bo, "Others")), phase, bo, 1.0, filename="theirs.zip", runs=False)
    page = browser.get("/submissions")
    assert scored.public_id in page.text
    assert "theirs.zip" not in page.text


# ---------------------------------------------------------------------------------------------------------------------
# Choosing


def test_an_entry_is_chosen_on_its_page_and_the_choice_taken_back(browser: Browser, world, scored, phase) -> None:
    here = f"/submissions/{scored.public_id}"
    assert f"{here}/choose" not in browser.get(here).text, "the best counts here"
    with world.db.write() as session:
        row = session.get_one(Phase, phase.id)
        row.counts, row.chosen = "chosen", 2
    page = browser.get(here)
    assert "0 of 2 chosen" in text_of(page)
    address = f"/en{here}/choose"
    assert browser.client.post(address, data=hidden_fields(page, address)).status_code == 303
    page = browser.get(here)
    assert "1 of 2 chosen" in text_of(page)
    assert sent(world)[0].chosen
    assert browser.client.post(address, data=hidden_fields(page, address)).status_code == 303
    assert not sent(world)[0].chosen


def test_nobody_chooses_for_another_team_or_without_the_form(browse, browser: Browser, world, scored, phase) -> None:
    with world.db.write() as session:
        session.get_one(Phase, phase.id).counts = "chosen"
    here = f"/en/submissions/{scored.public_id}"
    fields = hidden_fields(browser.get(here), f"{here}/choose")
    assert browser.client.post(f"{here}/choose", data={"chosen": "yes"}).status_code == 400
    stranger = browse(world.user("Stranger"))
    own = hidden_fields(stranger.get("/account"), "")
    assert stranger.client.post(f"{here}/choose", data={**fields, **own}).status_code in {400, 404}
    assert not sent(world)[0].chosen


# ---------------------------------------------------------------------------------------------------------------------
# Taking one back


def test_a_withdrawn_entry_leaves_the_board_at_once(browser: Browser, client, scored: Submission) -> None:
    board = "/en/contests/driving/practice/board"
    assert "Haihe Commuters" in client.get(board).text
    assert browser.submit(f"/submissions/{scored.public_id}/withdraw").status_code == 303
    assert "Haihe Commuters" not in client.get(board).text
    assert "Withdrawn" in text_of(browser.get(f"/submissions/{scored.public_id}"))


def test_withdrawing_twice_is_withdrawing_once(browser: Browser, scored: Submission) -> None:
    for _ in range(2):
        assert browser.submit(f"/submissions/{scored.public_id}/withdraw").status_code == 303


def test_nothing_is_withdrawn_after_the_end(browser: Browser, world: World, scored: Submission, phase: Phase) -> None:
    with world.db.write() as session:
        session.get_one(Phase, phase.id).state = PhaseState.CLOSED
    assert browser.submit(f"/submissions/{scored.public_id}/withdraw").status_code == 409


def test_private_pages_are_kept_by_no_cache(browser: Browser, scored: Submission) -> None:
    for address in (f"/submissions/{scored.public_id}", "/account", "/contests/driving/mine", "/submissions"):
        assert browser.get(address).headers["Cache-Control"] == "private, no-store"


def test_a_rejudged_entry_shows_the_current_judgement(browser: Browser, world: World, scored: Submission) -> None:
    with world.db.write() as session:
        old = session.exec(select(Judgement).where(Judgement.submission_id == scored.id)).one()
        old.current = False
    world.judgement(scored, number=2)
    assert "In the queue" in text_of(browser.get(f"/submissions/{scored.public_id}"))


# ---------------------------------------------------------------------------------------------------------------------
# The build


@pytest.fixture
def unbuilt(world: World, enrolment, phase: Phase, mei: User) -> Submission:
    submission = world.submission(enrolment, phase, mei, toolchain="cpp")
    kept = world.storage.keep_bytes(b"<b>main.cpp</b>:1: error: nonsense\n")
    message = {"code": "build-failed", "params": {}}
    world.judgement(
        submission, state=JudgementState.FAILED, verdict="CE", message=message, builder="x", build_log_sha256=kept
    )
    return submission


@pytest.mark.parametrize(
    ("language", "sentence", "heading"),
    [
        ("en", "the build command failed", "Build"),
        ("zh", "构建命令失败", "构建"),
        ("ko", "빌드 명령이 실패했습니다", "빌드"),
    ],
)
def test_an_entry_that_could_not_be_built_shows_what_the_compiler_said(
    browse, mei: User, unbuilt: Submission, language: str, sentence: str, heading: str
) -> None:
    page = browse(mei, language).get(f"/submissions/{unbuilt.public_id}")
    assert sentence in text_of(page)
    assert f'<h2 id="h-build">{heading}</h2>' in page.text
    assert "&lt;b&gt;main.cpp&lt;/b&gt;:1: error: nonsense" in page.text


def test_the_log_of_a_build_is_text_in_a_sandbox(browser: Browser, unbuilt: Submission) -> None:
    answer = browser.get(f"/submissions/{unbuilt.public_id}/build")
    assert answer.data == b"<b>main.cpp</b>:1: error: nonsense\n"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_log_of_a_build_is_its_teams_alone(browse, world: World, unbuilt: Submission) -> None:
    for somebody in (browse(world.user("Eve")), browse()):
        answer = somebody.get(f"/submissions/{unbuilt.public_id}/build")
        assert answer.status_code in {303, 404}
        assert b"nonsense" not in answer.data


def test_a_build_that_went_well_shows_its_log_below_the_runs(
    browser: Browser, world: World, scored: Submission
) -> None:
    assert 'id="h-build"' not in browser.get(f"/submissions/{scored.public_id}").text
    assert browser.get(f"/submissions/{scored.public_id}/build").status_code == 404
    with world.db.write() as session:
        judgement = session.exec(select(Judgement).where(Judgement.submission_id == scored.id)).one()
        judgement.build_log_sha256 = world.storage.keep_bytes(b"")
        session.add(judgement)
    page = browser.get(f"/submissions/{scored.public_id}").text
    assert "The build said nothing." in page
    assert page.index('id="h-runs"') < page.index('id="h-build"')


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b'language = "cobol"', "language must be one of those that the guide lists"),
        (b'lang = "cpp"\nrun = ["./a"]', "it has a key that is none of language, build and run"),
        (b'language = "executable"', "run must be a command"),
    ],
)
def test_an_odd_manifest_is_refused_with_its_reason_in_words(
    browser: Browser, enrolment, manifest: bytes, words: str
) -> None:
    answer = browser.upload(zipped(entry__toml=manifest), filename="entry.zip")
    assert answer.status_code == 400
    assert words in text_of(answer)
