from datetime import timedelta

import pytest

from judge import hosts
from tests.web.browsing import text_of
from tests.web.factories import World


@pytest.fixture
def silent(world: World) -> World:
    """No worker says that it is alive."""
    with world.db.write() as session:
        hosts.gone(session, name="host-1")
    return world


def test_an_isolated_host_needs_no_words(client, world: World) -> None:
    assert 'class="notice"' not in client.get("/en/").text


@pytest.mark.parametrize("address", ["/en/", "/en/sign-in", "/en/nothing"])
def test_every_page_says_that_nobody_judges(client, silent: World, address: str) -> None:
    assert "No judging host is running" in text_of(client.get(address))


@pytest.mark.parametrize(
    ("language", "words"), [("en", "no container engine"), ("zh", "没有容器引擎"), ("ko", "컨테이너 엔진이 없어")]
)
def test_hosts_without_an_engine_are_told_in_the_readers_language(
    client, silent: World, language: str, words: str
) -> None:
    silent.host(isolated=False)
    assert words in text_of(client.get(f"/{language}/"))


def test_one_isolated_host_is_enough(client, silent: World) -> None:
    silent.host(isolated=False)
    silent.host(isolated=True, name="host-2")
    assert 'class="notice"' not in client.get("/en/").text


def test_a_host_that_was_not_seen_for_a_minute_is_gone(client, world: World, clock) -> None:
    clock.advance(seconds=61)
    assert "No judging host is running" in text_of(client.get("/en/"))


def test_a_board_says_so_too_although_its_version_is_the_same(client, world: World, clock) -> None:
    world.phase(world.contest())
    address = "/en/contests/driving/practice/board"
    assert 'class="notice"' not in client.get(address).text
    clock.advance(seconds=61)
    assert 'class="notice"' in client.get(address).text


def test_a_host_that_is_seen_again_keeps_its_start(world: World) -> None:
    later = world.now + timedelta(seconds=30)
    with world.db.write() as session:
        hosts.seen(session, name="host-1", sandbox="docker", isolated=True, image="b", note="", now=later)
        (host,) = hosts.alive(session, now=later)
        assert (host.started_at, host.seen_at) == (world.now, later)
