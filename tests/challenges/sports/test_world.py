"""The pitch: what moves, what counts, and that neither side is better off."""

import itertools
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from challenges.base import Reply
from challenges.sports import pitch
from challenges.sports.house import HOUSE
from challenges.sports.kickoffs import Ball, Kickoffs, pair_of
from challenges.sports.match import SEATS, Match
from challenges.sports.replies import REST, Move
from challenges.sports.world import LEFT, RIGHT, World

FAR = pitch.LENGTH / 2


def world(ball: Ball | None = None) -> World:
    made = World(left_first=True)
    made.kick_off(ball or Ball(0.0, 0.0, 0.0, 0.0))
    return made


def state(made: World, *, mirrored=False):
    """Every body's place and speed, the left team first; mirrored, the right team as if it were left."""
    side = -1.0 if mirrored else 1.0
    teams = made.teams[::-1] if mirrored else made.teams
    bodies = [made.ball, *teams[0], *teams[1]]
    return [(side * b.position.x, b.position.y, side * b.velocity.x, b.velocity.y) for b in bodies]


def wild(seed: int):
    """A team that runs and kicks at random, the same for the same seed."""
    draw = random.Random(seed)

    def act(view):
        x, y = view["ball"]["p"]
        return [
            {
                "force": [x - player["p"][0] + draw.uniform(-200, 200), y - player["p"][1] + draw.uniform(-200, 200)],
                "kick": [draw.uniform(-1, 1), draw.uniform(-1, 1)],
            }
            for player in view["me"]
        ]

    return act


def follow(match: Match, left, right, ticks: int):
    """Plays on and yields the views of both and the exact state, tick by tick."""
    match.world.kick_off(next(match.balls))
    for tick in range(ticks):
        views = [match.view(team, tick) for team in (LEFT, RIGHT)]
        yield views, match
        answers = {"left": left(views[0]), "right": right(views[1])}
        match.tick([match._moves(team, Reply(answers[seat]), tick) for team, seat in enumerate(SEATS)])


@settings(max_examples=5, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), teams=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_the_game_with_the_sides_changed_is_the_mirrored_game_to_the_last_bit(seed, teams):
    one, other = Match(Kickoffs(seed)), Match(Kickoffs(seed).mirror())
    games = zip(
        follow(one, wild(teams[0]), wild(teams[1]), 300),
        follow(other, wild(teams[1]), wild(teams[0]), 300),
        strict=True,
    )
    for (views, here), (swapped, there) in games:
        assert views == swapped[::-1]
        assert state(here.world) == state(there.world, mirrored=True)
    assert one.goals == other.goals[::-1]


def test_the_same_holds_for_house_teams_through_goals_and_kick_offs():
    seed = b"\x05" * 32
    one, other = Match(Kickoffs(seed)), Match(Kickoffs(seed).mirror())
    games = zip(
        follow(one, HOUSE["team"], HOUSE["pack"], 700), follow(other, HOUSE["pack"], HOUSE["team"], 700), strict=True
    )
    assert all(state(a.world) == state(b.world, mirrored=True) for (_, a), (_, b) in games)
    assert one.goals == other.goals[::-1]
    assert sum(one.goals) > 1


def test_the_coin_and_the_kick_offs_favour_neither_side():
    games = [Kickoffs(bytes([i, j]) * 16) for i in range(20) for j in range(20)]
    first = sum(game.left_first for game in games)
    balls = [next(game.balls()) for game in games]
    rolling_right = sum(ball.vx > 0 for ball in balls)
    for heads in (first, rolling_right):  # five standard deviations of 400 tosses
        assert abs(heads - 200) < 50
    assert all(ball.x == 0 for ball in balls)
    assert max(abs(ball.y) for ball in balls) <= pitch.KICKOFF_ASIDE


def test_the_two_games_of_a_pair_have_the_same_kick_offs():
    left, right = (Kickoffs(seed) for seed in pair_of(b"\x77" * 32))
    assert left.seed != right.seed
    assert left.left_first == right.left_first
    assert list(itertools.islice(left.balls(), 5)) == list(itertools.islice(right.balls(), 5))


@pytest.mark.parametrize(("x", "y", "vx", "scorer"), [(445, 0, 300, LEFT), (-445, 80, -300, RIGHT), (445, 95, 0, None)])
def test_a_ball_whose_middle_crosses_the_line_between_the_posts_is_a_goal(x, y, vx, scorer):
    assert world(Ball(float(x), float(y), float(vx), 0.0)).tick([REST, REST]) == scorer


def test_a_ball_beside_the_goal_comes_back():
    made = world(Ball(420.0, 200.0, 500.0, 0.0))
    for _ in range(5):
        assert made.tick([REST, REST]) is None
    assert made.ball.velocity.x < 0
    assert made.ball.position.x < FAR


def test_a_player_cannot_enter_a_goal():
    made = world()
    run = (Move(force_x=-1.0), Move(), Move())
    for _ in range(60):
        made.tick([run, REST])
    assert made.teams[LEFT][0].position.x == pytest.approx(-FAR + pitch.PLAYER_RADIUS, abs=1.0)


def test_a_player_runs_at_the_top_speed_that_the_statement_names():
    made = world(Ball(0.0, 250.0, 0.0, 0.0))
    run = (Move(force_x=1.0), Move(), Move())
    for _ in range(22):
        made.tick([run, REST])
    assert made.teams[LEFT][0].velocity.x == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize(("gap", "kicked"), [(7.9, True), (8.1, False), (300.0, False)])
def test_a_kick_reaches_as_far_as_the_statement_says(gap, kicked):
    x, y = pitch.FORMATION[1]
    apart = pitch.PLAYER_RADIUS + pitch.BALL_RADIUS + gap
    made = world(Ball(x + apart, y, 0.0, 0.0))
    made.tick([(Move(), Move(kick_x=1.0), Move()), REST])
    assert (made.ball.velocity.x > 300) is kicked
    assert (made.ball.velocity.x == 0) is not kicked


def test_kicks_of_a_whole_team_add_up_to_no_more_than_the_ball_can_roll():
    made = world()
    for body, (x, y) in zip(made.teams[LEFT], ((-30.0, 0.0), (-15.0, 30.0), (-15.0, -30.0)), strict=True):
        body.position = x, y
    kicks = (Move(kick_x=1.0),) * 3
    made._kick([kicks, REST])
    assert made.ball.velocity.x == pytest.approx(pitch.BALL_SPEED_MAX)


def test_kicks_of_both_teams_at_once_cancel_out():
    made = world()
    made.teams[LEFT][0].position, made.teams[RIGHT][0].position = (-30.0, 0.0), (30.0, 0.0)
    made._kick([(Move(kick_x=1.0), Move(), Move()), (Move(kick_x=-1.0), Move(), Move())])
    assert tuple(made.ball.velocity) == (0.0, 0.0)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_nothing_ever_leaves_the_pitch(seed):
    match = Match(Kickoffs(seed.to_bytes(32, "big")))
    for _, here in follow(match, wild(seed), wild(seed + 1), 200):
        for body in [*here.world.teams[0], *here.world.teams[1]]:
            assert abs(body.position.x) < FAR
            assert abs(body.position.y) < pitch.WIDTH / 2
        assert abs(here.world.ball.position.x) <= FAR
        assert abs(here.world.ball.position.y) <= pitch.WIDTH / 2


def test_a_ball_that_stays_where_it_is_for_four_seconds_is_dropped():
    match = Match(Kickoffs(bytes(32)))
    match.world.kick_off(Ball(300.0, 280.0, 0.0, 0.0))
    for _ in range(40):
        match.tick([REST, REST])
    assert match.drops == 0
    assert match.world.ball.position.x == 300
    match.tick([REST, REST])
    assert match.drops == 1
    assert abs(match.world.ball.position.x) < 10


def test_a_ball_that_wanders_off_slowly_is_not_stuck():
    match = Match(Kickoffs(bytes(32)))
    match.world.kick_off(Ball(-300.0, 280.0, 0.0, 0.0))
    for _ in range(120):
        match.world.ball.velocity = (11.0, 0.0)
        match.tick([REST, REST])
    assert match.drops == 0


def test_a_view_is_rounded_to_hundredths_and_seen_from_ones_own_goal():
    match = Match(Kickoffs(b"\x31" * 32))
    match.world.kick_off(next(match.balls))
    mine, theirs = match.view(LEFT, 0), match.view(RIGHT, 0)
    assert [player["p"] for player in mine["me"]] == [[80, 300], [260, 180], [260, 420]]
    assert mine["me"] == theirs["me"]
    assert mine["opponents"] == theirs["opponents"]
    assert mine["ball"]["v"][0] == -theirs["ball"]["v"][0] != 0
    assert "-0.0" not in json.dumps([mine, theirs])
