"""What is known to go wrong with highway-env 1.12.1 (CONTESTS, section 1), one test for each."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import challenges.driving
from challenges.base import Reply, derive
from challenges.driving.circuit import SHAPES, draw_track
from challenges.driving.scenario import TICK_SECONDS, stream
from challenges.driving.scenarios import build
from challenges.driving.simulation import Episode
from challenges.driving.town import ENTRIES, Town
from challenges.driving.vehicles import Blockage, Car, Driver

SOURCES = sorted(Path(challenges.driving.__file__).parent.glob("*.py"))
GO = {"accel": 0.4, "steer": 0.0}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_environment_no_clock_and_no_global_randomness_is_used(path):
    source = path.read_text(encoding="utf-8")
    for word in (
        r"highway_env\.envs",
        r"\bgymnasium\b",
        r"import time\b",
        r"\bdatetime\b",
        r"np\.random\.(?!default_rng)",
    ):
        assert not re.search(word, source), word


def test_a_run_leaves_the_global_generators_as_they_were_and_does_not_read_them(drive, cases):
    texts = []
    for seed in (1, 2):
        np.random.seed(seed)
        before = repr(np.random.get_state())
        outcome, _, _ = drive(cases["urban"], lambda seen: GO if seen["t"] < 6 else None)
        assert repr(np.random.get_state()) == before
        texts.append(json.dumps(outcome.to_json()))
    assert texts[0] == texts[1]


PROGRAM = """
import hashlib, json, sys
from tests.challenges.fakes import Scripted, seats
from challenges.base import Phase
from challenges.driving.challenge import Driving
driving = Driving()
for case in driving.cases(driving.prepare(b"", cases=1), Phase(bytes(32), 1, showcase=False)):
    # Ten seconds of driving, then silence, which ends the run.
    drive = lambda seen: {"accel": 0.3, "steer": 0.01} if seen["t"] < 10 else None
    outcome = driving.play(case, seats(driver=Scripted(drive)), {})
    print(hashlib.sha256(json.dumps(outcome.to_json()).encode()).hexdigest())
"""


def test_two_processes_get_the_same_bytes():
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(set(runs[0].stdout.split())) == 3
    assert runs[0].stderr == runs[1].stderr == ""


def test_braking_never_becomes_reversing(cases):
    scenario = build(cases["race"])
    car = scenario.car
    car.command(-1.0, 0.0)
    for _ in range(60):
        before = (car.x, car.y)
        car.step(1 / 15)
        forward = (car.x - before[0]) * math.cos(car.heading) + (car.y - before[1]) * math.sin(car.heading)
        assert forward >= 0
        assert car.speed >= 0
    assert car.speed == 0


def test_the_tyres_hold_no_more_than_their_grip(cases):
    car = build(cases["race"]).car
    for speed in (1.0, 5.0, 10.0, 20.0, 40.0):
        car.speed, before = speed, car.heading
        car.command(0.0, 1.0)
        car.step(1 / 15)
        assert speed * abs(car.heading - before) * 15 <= 7.0 + 1e-6


def test_cars_enter_the_town_by_the_second_not_by_the_step():
    town = Town(derive(bytes(32), "spawn"))
    entered = []
    town._enter = lambda *where: entered.append(where)
    ticks = 4000
    for _ in range(ticks):
        town.direct()
    expected = sum(ENTRIES.values()) * ticks * TICK_SECONDS
    assert abs(len(entered) - expected) < 5 * math.sqrt(expected)


class Steady:
    """A player that always answers the same."""

    def __init__(self, action=None):
        self.action = action or {"accel": 0.0, "steer": 0.0}

    def hello(self, info):
        raise NotImplementedError

    def ask(self, message):
        return Reply(self.action)


def alone(case) -> Episode:
    """An episode without traffic."""
    scenario = build(case)
    scenario.traffic.vehicles = [scenario.car]
    scenario.traffic.objects = []
    scenario.direct = lambda: None
    return Episode(scenario)


def test_being_hit_from_behind_neither_stops_nor_costs_anything(cases):
    episode = alone(cases["avoid"])
    car, traffic = episode.scenario.car, episode.scenario.traffic
    traffic.add(Driver(traffic, (car.x - 5.5, car.y), 0.0, 30.0, target_speed=30.0))
    episode.run(Steady())
    measures = episode.measures()
    assert (measures.vehicle_collisions, measures.static_collisions) == (0, 0)
    assert [mark["bad"] for mark in episode.recording.marks if mark["kind"] == "collision"] == [False]
    assert car.speed == pytest.approx(18.0)


@pytest.mark.parametrize(("thing", "counted"), [(Blockage, (0, 1)), (Driver, (1, 0))])
def test_hitting_what_stands_is_counted_once_and_clears_it_away(cases, thing, counted):
    episode = alone(cases["avoid"])
    car, traffic = episode.scenario.car, episode.scenario.traffic
    if thing is Blockage:
        traffic.objects.append(Blockage(traffic, (car.x + 40, car.y)))
    else:
        other = Driver(traffic, (car.x + 40, car.y), 0.0, 0.0, target_speed=0.01)
        other.crashed = True
        traffic.add(other)
    episode.run(Steady())
    measures = episode.measures()
    assert (measures.vehicle_collisions, measures.static_collisions) == counted
    assert car.speed == 0
    assert traffic.vehicles == [car]
    assert traffic.objects == []


def test_wrecks_of_the_traffic_are_cleared_after_a_while(cases):
    episode = alone(cases["avoid"])
    traffic, car = episode.scenario.traffic, episode.scenario.car
    for x, heading in ((100.0, 0.0), (106.0, math.pi)):
        traffic.add(Driver(traffic, (car.x + x, 0.0), heading, 10.0, target_speed=10.0))
    for _ in range(15):
        traffic.step(1 / 15)
    assert all(vehicle.crashed for vehicle in traffic.vehicles if vehicle is not car)
    assert not car.crashed
    for _ in range(60):
        traffic.step(1 / 15)
    assert traffic.vehicles == [car]


def test_driving_straight_on_across_the_grass_does_not_pay(drive, cases):
    outcome, got, _ = drive(cases["race"], lambda _: {"accel": 1.0, "steer": 0.0})
    assert got.columns["off_lane"] > 50
    assert got.score < 12
    assert "off_lane" in {mark["kind"] for mark in outcome.view.data["marks"]}


def test_driving_too_fast_does_not_pay(cases):
    episode = alone(cases["avoid"])
    episode.run(Steady({"accel": 1.0, "steer": 0.0}))
    measures = episode.measures()
    assert measures.completion == 1
    assert measures.overspeed_share == 1
    assert measures.score() == 0


def test_every_track_closes_and_every_piece_begins_where_the_last_one_ends():
    for i in range(400):
        pieces = draw_track(stream(derive(bytes(32), f"track {i}")))
        for piece, after in zip(pieces, pieces[1:] + pieces[:1], strict=True):
            for lane, follower in zip(piece, after, strict=True):
                assert lane.position(lane.length, 0) == pytest.approx(follower.position(0, 0), abs=1e-6)
                turn = lane.heading_at(lane.length) - follower.heading_at(0)
                assert math.cos(turn) == pytest.approx(1)
    assert len(SHAPES) > 1


def test_every_lane_of_the_town_begins_where_the_one_before_it_ends():
    graph = Town(bytes(32)).traffic.network.graph
    for start, roads in graph.items():
        for end, lanes in roads.items():
            for lane in lanes[-1:]:  # the outer lane of the ring is the one that its arms touch
                for followers in graph.get(end, {}).values():
                    gap = lane.position(lane.length, 0) - followers[-1].position(0, 0)
                    turned_back = {start, end} & {"o0", "o1", "o3"}  # where the map ends
                    assert turned_back or float(np.hypot(*gap)) < 1e-6, (start, end)


def test_the_nearest_lane_is_found_among_the_neighbours_as_on_the_whole_map(cases):
    scenario = build(cases["avoid"])
    traffic = scenario.traffic
    for _ in range(150):
        traffic.decide()
        traffic.step(1 / 15)
        for vehicle in traffic.vehicles:
            everywhere = traffic.network.get_closest_lane_index(vehicle.position, vehicle.heading)
            assert vehicle.lane_index == everywhere


def test_neighbours_are_those_that_highway_env_finds(cases):
    from highway_env.road.road import Road

    scenario = build(cases["race"])
    traffic = scenario.traffic
    for _ in range(60):
        traffic.decide()
        traffic.step(1 / 15)
        for vehicle in traffic.vehicles:
            assert traffic.neighbour_vehicles(vehicle) == Road.neighbour_vehicles(traffic, vehicle)


def test_our_arithmetic_is_highway_envs(cases):
    from highway_env.vehicle.behavior import IDMVehicle

    scenario = build(cases["avoid"])
    traffic = scenario.traffic
    for _ in range(20):
        traffic.decide()
        traffic.step(1 / 15)
    drivers = [vehicle for vehicle in traffic.vehicles if isinstance(vehicle, Driver)]
    for driver in drivers:
        front, _ = traffic.neighbour_vehicles(driver)
        theirs = IDMVehicle.acceleration(driver, driver, front)
        assert driver.acceleration(driver, front) == pytest.approx(float(theirs), rel=1e-9, abs=1e-9)
        theirs = IDMVehicle.steering_control(driver, driver.target_lane_index)
        assert driver.steering_control(driver.target_lane_index) == pytest.approx(theirs, abs=1e-9)


def test_the_car_moves_like_highway_envs_vehicle(cases):
    from highway_env.vehicle.kinematics import Vehicle

    car = build(cases["race"]).car
    theirs = Vehicle(None, [car.x, car.y], car.heading, car.speed)
    car.road = SimpleNamespace(place=lambda _: None)
    for steer in (0.1, -0.2, 0.3, 0.0):
        car.command(0.5, steer)
        car.step(1 / 15)
        theirs.act({"acceleration": 2.0, "steering": steer * 0.6})
        theirs.step(1 / 15)
    assert (car.x, car.y) == pytest.approx(tuple(theirs.position))
    assert car.heading == pytest.approx(theirs.heading)
    assert isinstance(car, Car)
