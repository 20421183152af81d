import json
import math

import pytest

from challenges import sheet
from challenges.base import Case, Fault, Gone, Invalid, Late, Message, Outcome, Phase, Played, SeatOutcome
from challenges.errors import BrokenChallenge
from challenges.sports.challenge import hello
from challenges.sports.house import HOUSE
from challenges.sports.kickoffs import Kickoffs
from challenges.views import validate_scene
from tests.challenges.fakes import Scripted, seats
from tests.challenges.sports.conftest import SEED, chase, idle


def played(house, number, side, points, goals=(0, 0), faults=0) -> Played:
    columns = {"wins": float(points == 1), "draws": float(points == 0.5), "losses": float(points == 0)}
    columns |= {"goals_for": float(goals[0]), "goals_against": float(goals[1]), "faults": float(faults)}
    case = Case(f"{house}-{number}-{side}", bytes(32), group=house, seats=(side,))
    return Played(case, side, SeatOutcome(points, columns))


def test_the_qualification_meets_every_house_team_from_both_sides(sports):
    cases = sports.cases(sports.prepare(b"", cases=1), Phase(SEED, 2))
    assert [case.name for case in cases[:3]] == ["still-1-left", "still-1-right", "pack-1-left"]
    assert len(cases) == 2 * 2 * len(HOUSE) + 1
    for left, right in zip(cases[:-1:2], cases[1:-1:2], strict=True):
        assert (left.seats, right.seats) == (("left",), ("right",))
        assert left.group == right.group
        assert next(Kickoffs(left.seed).balls()) == next(Kickoffs(right.seed).balls())


def test_pairs_of_different_numbers_have_different_kick_offs(sports):
    cases = sports.cases(sports.prepare(b"", cases=1), Phase(SEED, 3, showcase=False))
    assert len({next(Kickoffs(case.seed).balls()) for case in cases}) == len(cases) / 2


def test_meetings_fill_both_seats_with_live_programs(sports):
    games = sports.meetings(sports.prepare(b"", cases=1), Phase(SEED, 6))
    assert [game.name for game in games] == ["game-1", "game-2", "game-3"]
    assert all(game.seats == () for game in games)
    assert len({game.seed for game in games}) == 3
    assert games == sports.meetings(sports.prepare(b"", cases=1), Phase(SEED, 6))
    assert sports.meetings(sports.prepare(b"", cases=1), Phase(SEED, 1)) == games[:1]


def test_the_showcase_is_the_same_in_every_phase(sports):
    one, other = (sports.cases(sports.prepare(b"", cases=1), Phase(bytes([i]) * 32, 1))[-1] for i in (1, 2))
    assert one == other
    assert one.showcase


def test_a_view_is_exactly_what_the_statement_says(qualify, cases, short):
    _, _, player = qualify(cases["pack-1-right"], chase)
    assert player.hellos == [json.loads(json.dumps(hello()))]
    assert [view["tick"] for view in player.told] == list(range(60))
    for view in player.told:
        assert list(view) == ["tick", "ball", "me", "opponents", "score"]
        for body in [view["ball"], *view["me"], *view["opponents"]]:
            assert list(body) == ["p", "v"]
            assert all(isinstance(number, float) and math.isfinite(number) for pair in body.values() for number in pair)
        assert len(view["me"]) == len(view["opponents"]) == 3


def test_both_sides_begin_in_the_same_places_and_attack_to_the_right(meet, short):
    told = {}
    meet(lambda view: told.setdefault("left", view) and idle(view), lambda v: told.setdefault("right", v) and idle(v))
    assert told["left"]["me"] == told["right"]["me"]
    assert all(player["p"][0] < 450 for player in told["left"]["me"])
    mirrored = 900 - told["left"]["ball"]["p"][0]
    assert told["right"]["ball"]["p"][0] == pytest.approx(mirrored)


def test_a_game_is_worth_one_half_or_nothing_and_its_columns_add_up(meet):
    outcome = meet(chase, idle)
    left, right = outcome.seats["left"], outcome.seats["right"]
    assert (left.score, right.score) == (1.0, 0.0)
    assert left.columns["goals_for"] == right.columns["goals_against"] > 3
    assert (left.columns["wins"], right.columns["losses"]) == (1, 1)
    assert (left.fault, right.fault) == (None, None)


def test_nobody_scores_where_nobody_moves(meet):
    assert {got.score for got in meet(idle, idle).seats.values()} == {0.5}


def test_the_number_of_seats_that_a_qualification_reports_is_one(qualify, cases, short):
    outcome, _, _ = qualify(cases["team-1-right"], chase)
    assert set(outcome.seats) == {"right"}


@pytest.mark.parametrize("fault", [Late(), Invalid(Message("reply-not-json")), "nonsense"])
def test_twenty_faults_forfeit_a_game_that_was_being_won(meet, fault):
    outcome = meet(lambda view: chase(view) if view["tick"] < 700 else fault, idle)
    left, right = outcome.seats["left"], outcome.seats["right"]
    assert outcome.view.data["series"][0]["values"][-1] > 0
    assert (left.score, left.columns["goals_for"], left.columns["goals_against"]) == (0.0, 0, 3)
    assert (right.score, right.columns["goals_for"], right.fault) == (1.0, 3, None)
    assert left.columns["faults"] == 20
    assert left.fault is (Fault.LATE if fault == Late() else Fault.INVALID)
    assert left.message.params["tick"] == 719


def test_nineteen_faults_do_not(meet, short):
    outcome = meet(lambda view: Late() if view["tick"] < 19 else chase(view), idle)
    assert outcome.seats["left"].fault is None
    assert outcome.seats["left"].columns["faults"] == 19
    assert [mark["kind"] for mark in outcome.view.data["marks"]].count("fault") == 19


def test_a_team_that_is_late_neither_runs_nor_kicks_meanwhile(meet, short):
    outcome = meet(lambda view: Late() if view["tick"] < 19 else idle(view), idle)
    places = [frame[4:16] for frame in outcome.view.data["frames"][:20]]
    assert all(place == places[0] for place in places)


def test_a_crash_loses_a_meeting_0_3_and_gives_the_other_its_win(meet):
    outcome = meet(idle, lambda view: chase(view) if view["tick"] < 50 else Gone())
    left, right = outcome.seats["left"], outcome.seats["right"]
    assert (right.score, right.fault, right.message) == (0.0, Fault.GONE, Message("gone", {"tick": 50}))
    assert (left.score, left.columns["goals_for"], left.fault) == (1.0, 3, None)


def test_a_crash_in_the_qualification_has_no_score(qualify, cases):
    _, got, player = qualify(cases["still-1-left"], lambda view: chase(view) if view["tick"] < 50 else Gone())
    assert (got.score, got.columns, got.fault) == (None, {}, Fault.GONE)
    assert len(player.told) == 51


def test_twenty_faults_in_the_qualification_have_a_score_of_nothing(qualify, cases):
    _, got, player = qualify(cases["still-1-left"], lambda view: None)
    assert (got.score, got.fault, len(player.told)) == (0.0, Fault.INVALID, 20)
    assert got.columns["goals_against"] == 3


@pytest.mark.parametrize(
    ("greeting", "fault"),
    [(Late(), Fault.LATE), (Invalid(Message("x")), Fault.INVALID), (Gone(), Fault.GONE)],
)
def test_who_does_not_say_hello_is_asked_nothing(qualify, meet, cases, greeting, fault):
    _, got, player = qualify(cases["pack-1-left"], chase, greeting)
    assert (got.score, got.fault, player.told) == (None, fault, [])
    outcome = meet(chase, chase, right_greets=greeting)
    assert (outcome.seats["right"].score, outcome.seats["right"].fault) == (0.0, fault)
    assert (outcome.seats["left"].score, outcome.seats["left"].fault) == (1.0, None)
    validate_scene(outcome.view.data)


def test_where_both_forfeit_both_have_lost(meet):
    outcome = meet(lambda _: Late(), lambda _: Late())
    assert [(got.score, got.columns["goals_against"]) for got in outcome.seats.values()] == [(0.0, 0), (0.0, 0)]


def test_a_score_is_the_share_of_points_and_every_house_team_weighs_the_same(sports):
    rows = [played("still", 1, "left", 1.0), played("still", 1, "right", 1.0), played("pack", 1, "left", 0.5)]
    rows += [played("pack", 1, "right", 0.0)]
    score = sports.score(rows)[""]
    assert score.public == score.final == pytest.approx(100 * (1 + 0.25) / 2)
    assert score.interval is not None
    assert 0 <= score.interval[0] < score.public < score.interval[1] <= 100
    assert (score.columns["wins"], score.columns["draws"], score.columns["losses"]) == (2, 1, 1)


def test_a_single_game_against_a_team_says_nothing_of_its_spread(sports):
    assert sports.score([played("pack", 1, "left", 1.0)])[""].interval is None


def test_an_interval_is_that_of_the_mean_of_the_house_teams_means(sports):
    rows = [played("pack", n, side, float(n < 3)) for n in (1, 2, 3) for side in ("left", "right")]
    rows += [played("still", n, side, 1.0) for n in (1, 2, 3) for side in ("left", "right")]
    score = sports.score(rows)[""]
    assert score.public == pytest.approx(100 * (2 / 3 + 1) / 2)
    # Six games, four of them won: variance 4/15 a game; Student's t for 5 degrees of freedom is 2.570582.
    half = 100 / 2 * 2.570582 * math.sqrt(4 / 15 / 6)
    assert score.interval == pytest.approx((score.public - half, 100.0), abs=1e-4)


def test_ties_are_broken_by_goal_difference_then_goals_then_faults(sports):
    rows = [played("pack", 1, "left", 1.0, (4, 1), 2), played("pack", 1, "right", 0.0, (0, 1), 3)]
    assert sports.score(rows)[""].ties == (-2.0, -4.0, 5.0)


def test_a_score_does_not_depend_on_the_order_of_games(sports):
    rows = [played(house, n, side, (n * 3 % 4) / 2 if n < 3 else 1.0, (n, 1)) for house in HOUSE for n in (1, 3)
            for side in ("left", "right")]  # fmt: skip
    rows = [row for row in rows if row.outcome.score <= 1]
    assert sports.score(rows) == sports.score(rows[::-1])


def test_a_game_without_a_score_cannot_be_scored(sports):
    with pytest.raises(BrokenChallenge):
        sports.score([])
    with pytest.raises(BrokenChallenge):
        sports.score([Played(Case("pack-1-left", bytes(32), group="pack"), "left", SeatOutcome(None))])


def test_columns_of_a_score_are_those_of_the_sheet(sports):
    score = sports.score([played("pack", 1, "left", 1.0)])[""]
    assert set(score.columns) == {column.name for column in sports.about.columns}


def test_a_view_is_of_its_shape_small_and_ends_with_the_score(meet):
    outcome = meet(chase, chase)
    scene = outcome.view.data
    validate_scene(scene)
    assert len(json.dumps(scene)) < 400_000
    assert len(scene["frames"]) == 1201
    goals = [series["values"][-1] for series in scene["series"]]
    assert goals == [outcome.seats["left"].columns["goals_for"], outcome.seats["right"].columns["goals_for"]]
    assert sum(mark["kind"] == "goal" for mark in scene["marks"]) == sum(goals)
    assert f"{goals[0]}–{goals[1]}" in scene["title"]["en"]


def test_an_outcome_crosses_a_process_boundary_as_json(meet, short):
    outcome = meet(chase, lambda _: Late())
    text = json.dumps(outcome.to_json(), allow_nan=False)
    assert Outcome.from_json(json.loads(text)) == outcome


def test_players_are_told_no_seed(sports, meeting, short):
    players = {seat: Scripted(chase) for seat in ("left", "right")}
    sports.play(meeting, seats(**players), {})
    told = json.dumps([[player.hellos, player.told] for player in players.values()])
    assert "seed" not in told
    assert meeting.seed.hex() not in told


def test_every_message_has_a_sentence_in_three_languages(qualify, cases):
    bad = [{"force": [0, 0]}], [{"force": [0, 0], "kick": [0]}] * 3, [{"force": [math.nan, 0], "kick": [0, 0]}] * 3
    answers = [Late(), Gone(), Invalid(Message("reply-not-json")), None, [1, 2, 3], *bad]
    codes = set()
    for answer in answers:
        for greeting in (None, answer):
            greeted = greeting if isinstance(greeting, Late | Gone | Invalid) else None
            _, got, _ = qualify(cases["still-1-left"], lambda _, answer=answer: answer, greeted)
            texts = [sheet.sentence("sports", got.message, language) for language in sheet.LANGUAGES]
            assert len(set(texts)) == 3
            assert None not in texts
            codes.add(got.message.code)
    assert len(codes) == 10
