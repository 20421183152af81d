from tests.web.browsing import Browser
from tests.web.factories import World


def test_a_team_goes_from_sign_up_to_the_receipt(browse, world: World, queue) -> None:
    contest = world.contest()
    world.phase(contest)
    person: Browser = browse()
    person.submit("/sign-up", {"name": "Kim", "email": "kim@example.org", "password": "a long password"})
    assert "Kim" in person.get("/account").text
    person.submit("/teams/new", {"team": "Night Shift"})
    person.submit("/contests/driving/mine", {"team": "night-shift", "terms": "yes"})
    answer = person.upload(b"def act(observation):\n    return 0\n")
    assert answer.status_code == 303, answer.text
    page = person.client.get(answer.location)
    assert page.status_code == 200
    assert "In the queue" in page.text
    assert queue.asked == [(1, 0)]
    board = person.get("/contests/driving/practice/board")
    assert board.status_code == 200
