import pytest

from judge.errors import StorageFull
from judge.models import Judgement
from judge.states import JudgementState
from tests.web.factories import World


@pytest.fixture
def running(world: World):
    mei = world.user("Mei")
    contest = world.contest()
    phase = world.phase(contest)
    submission = world.submission(world.enrol(contest, world.team(mei)), phase, mei)
    return mei, submission, world.judgement(submission, state=JudgementState.RUNNING)


def test_nobody_is_nobody(client) -> None:
    answer = client.get("/api/me")
    assert answer.json == {"name": None, "teams": []}
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_person_hears_name_and_teams(browse, world: World) -> None:
    mei = world.user("Mei")
    world.team(mei)
    world.team(world.user(), "Others")
    assert browse(mei).get("/api/me").json == {"name": "Mei", "teams": ["haihe-commuters"]}


def test_a_state_that_is_known_costs_nothing_and_a_new_one_is_told(browse, world: World, running) -> None:
    mei, submission, judgement = running
    browser = browse(mei)
    address = f"/api/submissions/{submission.public_id}"
    first = browser.get(address)
    assert (first.json["state"], first.json["final"]) == ("running", False)
    assert "no-cache" in first.headers["Cache-Control"]
    known = {"If-None-Match": first.headers["ETag"]}
    assert browser.get(address, headers=known).status_code == 304
    with world.db.write() as session:
        row = session.get_one(Judgement, judgement.id)
        row.state, row.verdict = JudgementState.FAILED, "RTE"
    after = browser.get(address, headers=known)
    assert after.status_code == 200
    assert (after.json["state"], after.json["final"], after.json["verdict"]) == ("failed", True, "RTE")


def test_an_error_has_one_shape(client, browse, world: World, running) -> None:
    _, submission, _ = running
    answer = client.get(f"/api/submissions/{submission.public_id}", headers={"Accept-Language": "ko"})
    assert answer.status_code == 401
    assert answer.json == {"error": {"code": "sign-in-needed", "message": "먼저 로그인해 주세요.", "status": 401}}
    for address in ("/api/nothing", "/api/contests/x/y/board", "/api/submissions/a/runs/b/view"):
        assert browse(world.user()).get(address).json["error"]["status"] == 404
    assert client.post("/api/me").json["error"]["status"] in {400, 405}


def test_health_names_what_is_well(client, world: World, queue) -> None:
    assert client.get("/health").json == {"database": True, "room": True, "queue": 0}
    queue.away = True
    answer = client.get("/health")
    assert (answer.status_code, answer.json["queue"]) == (200, None)


def test_health_fails_without_room(client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise StorageFull("storage-full")

    monkeypatch.setattr(world.storage, "check_room", full)
    assert client.get("/health").status_code == 507
