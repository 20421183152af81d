"""Everything that moves: the car that a player drives, and the traffic around it.

Both are highway-env's vehicles. The bicycle model, IDM (Treiber, Hennecke and Helbing 2000) and MOBIL (Kesting,
Treiber and Helbing 2007) are highway-env's with its constants; what is asked many times a frame is written with plain
floats instead of arrays. Three things are ours: a car never rolls backwards (with highway-env's default range of speeds
braking becomes reversing), the player's tyres have a limit, and drivers of the traffic can be told to cut in.
"""

import math
from typing import Any

from highway_env.vehicle.behavior import IDMVehicle
from highway_env.vehicle.kinematics import Vehicle
from highway_env.vehicle.objects import Obstacle

from challenges.driving.lanes import wrap

LENGTH_M = 5.0
WIDTH_M = 2.0
MAX_SPEED = 40.0
ACCEL_MIN, ACCEL_MAX = -6.0, 4.0
STEER_MAX = 0.6
GRIP = 7.0
"""What the player's tyres hold sideways, m/s²: beyond it the car turns less than it is steered (understeer)."""

STARTS_AT = 4.0
"""The speed at which a waiting driver is taken to go where priority is decided, m/s."""

PATIENCE_SECONDS = 4.0
"""Who has stood for so long gives way to nobody for the next two seconds: a crossing does not lock up for good."""

LaneIndex = tuple[str, str, int]


def bicycle(vehicle: Any, acceleration: float, steering: float, dt: float) -> None:
    """One step of highway-env's modified bicycle model (Polack et al. 2017), in place: slip angle
    β = atan(tan δ / 2), velocity along heading + β, heading rate v · sin β / (length / 2). Speed stays in 0..40."""
    beta = math.atan(0.5 * math.tan(steering))
    speed, heading = vehicle.speed, vehicle.heading
    vehicle.x += speed * math.cos(heading + beta) * dt
    vehicle.y += speed * math.sin(heading + beta) * dt
    vehicle.position[0], vehicle.position[1] = vehicle.x, vehicle.y
    vehicle.heading = heading + speed * math.sin(beta) / (vehicle.LENGTH / 2) * dt
    vehicle.speed = min(MAX_SPEED, max(0.0, speed + acceleration * dt))
    vehicle.cos, vehicle.sin = math.cos(vehicle.heading), math.sin(vehicle.heading)


def settle(thing: Any) -> None:
    """Give a road object the float copies of its pose that the fast paths read."""
    thing.x, thing.y = map(float, thing.position)
    thing.heading, thing.speed = float(thing.heading), float(thing.speed)
    thing.cos, thing.sin = math.cos(thing.heading), math.sin(thing.heading)
    thing.gone_at = None


class Car(Vehicle):  # type: ignore[misc]
    """The player's car: it does what the last valid reply said."""

    MIN_SPEED = 0.0

    def __init__(self, road: Any, position: tuple[float, float], heading: float, speed: float) -> None:
        super().__init__(road, position, heading, speed)
        settle(self)
        self.acceleration = 0.0
        self.steering = 0.0

    def command(self, accel: float, steer: float) -> None:
        """Map a reply to m/s² and rad: 1 is full throttle (4 m/s²) or lock (0.6 rad), -1 full brakes (-6 m/s²)."""
        self.acceleration = accel * ACCEL_MAX if accel >= 0 else -accel * ACCEL_MIN
        self.steering = steer * STEER_MAX

    def gripping_steering(self) -> float:
        """The wheel angle that the tyres can follow: v · heading rate ≤ GRIP."""
        if self.speed * self.speed < GRIP * self.LENGTH / 2 * 0.5:
            return self.steering
        sine = GRIP * (self.LENGTH / 2) / (self.speed * self.speed)
        most = math.atan(2 * math.tan(math.asin(min(1.0, sine))))
        return max(-most, min(most, self.steering))

    def act(self, action: Any = None) -> None:
        """Nothing to decide here: the player has."""

    @property
    def target_speed(self) -> float:
        """What other drivers take it to want when they think of changing lanes: to go on as it does. (highway-env
        takes a car that it does not control to want to stand, and nobody ever pulls in front of it.)"""
        return float(self.speed)

    def step(self, dt: float) -> None:
        bicycle(self, self.acceleration, self.gripping_steering(), dt)
        self.road.place(self)

    def predict_trajectory_constant_speed(self, times: Any) -> Any:
        """Positions and headings at constant speed and steering, for the rules of priority. (highway-env copies the
        vehicle, its road and everything on it for this.)"""
        beta = math.atan(0.5 * math.tan(self.steering))
        rate = self.speed * math.sin(beta) / (self.LENGTH / 2)
        x, y, heading, now = self.x, self.y, self.heading, 0.0
        positions, headings = [], []
        for time in times:
            x += self.speed * math.cos(heading + beta) * (time - now)
            y += self.speed * math.sin(heading + beta) * (time - now)
            heading += rate * (time - now)
            now = time
            positions.append((x, y))
            headings.append(heading)
        return positions, headings


class Driver(IDMVehicle):  # type: ignore[misc]
    """A car of the traffic: IDM along, MOBIL across."""

    target_lane_index: LaneIndex

    def __init__(self, road: Any, position: tuple[float, float], heading: float, speed: float, **kwargs: Any) -> None:
        super().__init__(road, position, heading, speed, **kwargs)
        settle(self)
        self.cuts_in_at_m: float | None = None
        self.role = "traffic"
        self.stood = 0.0
        self.impatient = False

    def step(self, dt: float) -> None:
        self.timer += dt
        self.stood = self.stood + dt if self.speed < 0.5 else max(0.0, self.stood - 2 * dt)
        self.impatient = self.stood > PATIENCE_SECONDS or (self.impatient and self.stood > 0)
        if self.crashed:
            bicycle(self, -1.0 * self.speed, 0.0, dt)
        else:
            bicycle(self, self.action["acceleration"], self.action["steering"], dt)
        self.road.place(self)

    def act(self, action: Any = None) -> None:  # noqa: ARG002  (highway-env's signatures)
        if self.crashed:
            return
        self.follow_road()
        if self.enable_lane_change:
            self.change_lane_policy()
        front, _ = self.road.neighbour_vehicles(self, self.lane_index)
        acceleration = self.acceleration(self, front)
        if self.lane_index != self.target_lane_index:
            front, _ = self.road.neighbour_vehicles(self, self.target_lane_index)
            acceleration = min(acceleration, self.acceleration(self, front))
        self.action = {
            "steering": self.steering_control(self.target_lane_index),
            "acceleration": max(-self.ACC_MAX, min(self.ACC_MAX, acceleration)),
        }

    def follow_road(self) -> None:
        """ControlledVehicle.follow_road: at the end of a lane go on in the next one."""
        network, lane = self.road.network, self.road.network.get_lane(self.target_lane_index)
        if self.road.local(self, lane)[0] > lane.length - lane.VEHICLE_LENGTH / 2:
            self.target_lane_index = network.next_lane(
                self.target_lane_index, route=self.route, position=self.position, np_random=self.road.np_random
            )

    def steering_control(self, target_lane_index: LaneIndex) -> float:
        """ControlledVehicle.steering_control: lateral error -> heading -> heading rate -> wheel angle."""
        lane = self.road.network.get_lane(target_lane_index)
        along, lateral = self.road.local(self, lane)
        speed = _away_from_zero(self.speed)
        ahead = lane.heading_at(along + self.speed * self.TAU_PURSUIT)
        turn_in = math.asin(max(-1.0, min(1.0, -self.KP_LATERAL * lateral / speed)))
        reference = ahead + max(-math.pi / 4, min(math.pi / 4, turn_in))
        rate = self.KP_HEADING * wrap(reference - self.heading)
        slip = math.asin(max(-1.0, min(1.0, self.LENGTH / 2 / speed * rate)))
        most = self.MAX_STEERING_ANGLE
        return float(max(-most, min(most, math.atan(2 * math.tan(slip)))))

    def acceleration(self, ego_vehicle: Any, front_vehicle: Any = None, rear_vehicle: Any = None) -> float:  # noqa: ARG002
        """IDMVehicle.acceleration: free-road term towards the target speed minus (desired gap / gap)²."""
        if ego_vehicle is None or not isinstance(ego_vehicle, Vehicle):
            return 0.0
        lane = ego_vehicle.lane
        target = float(getattr(ego_vehicle, "target_speed", 0.0))
        target = max(0.0, min(target, lane.speed_limit))
        free = (max(ego_vehicle.speed, 0.0) / abs(_away_from_zero(target))) ** self.DELTA
        acceleration = self.COMFORT_ACC_MAX * (1 - free)
        if front_vehicle is not None:
            ahead, _ = self.road.local(front_vehicle, lane)
            here, _ = self.road.local(ego_vehicle, lane)
            ratio = self.desired_gap(ego_vehicle, front_vehicle) / _away_from_zero(ahead - here)
            acceleration -= self.COMFORT_ACC_MAX * ratio * ratio
        return float(acceleration)

    def desired_gap(self, ego_vehicle: Any, front_vehicle: Any = None, projected: bool = True) -> float:  # noqa: ARG002
        """IDMVehicle.desired_gap: jam distance + time gap + what closing in asks for."""
        mine, theirs = ego_vehicle, front_vehicle
        dv = mine.speed - theirs.speed * (mine.cos * theirs.cos + mine.sin * theirs.sin)
        braking = 2 * math.sqrt(-self.COMFORT_ACC_MAX * self.COMFORT_ACC_MIN)
        return float(self.DISTANCE_WANTED + mine.speed * self.TIME_WANTED + mine.speed * dv / braking)

    def predict_trajectory_constant_speed(self, times: Any) -> Any:
        """ControlledVehicle's: where it will be along its planned route at its present speed. (highway-env fails where
        a road of the route has fewer lanes than the present one; here it goes on in the last of them. And who waits is
        taken to start: otherwise a car that stands would meet nobody, start, stop again, and creep into the way.)"""
        speed = max(self.speed, STARTS_AT)
        network, route = self.road.network, self.route or [self.lane_index]
        here = self.road.local(self, self.lane)[0]
        mine = next((i for i, step in enumerate(route) if step[:2] == self.lane_index[:2]), None)
        steps = [self.lane_index, *(route if mine is None else route[mine + 1 :])]
        positions, headings = [], []
        for time in times:
            ahead, lane = here + speed * time, self.lane
            for start, end, _ in steps[1:]:
                if ahead <= lane.length:
                    break
                ahead -= lane.length
                lanes = network.graph[start][end]
                lane = lanes[min(self.lane_index[2], len(lanes) - 1)]
            positions.append(lane.point(ahead))
            headings.append(lane.heading_at(ahead))
        return positions, headings

    def lane_distance_to(self, other: Any, lane: Any = None) -> float:
        lane = lane or self.lane
        return float(self.road.local(other, lane)[0] - self.road.local(self, lane)[0])


class Blockage(Obstacle):  # type: ignore[misc]
    """Something that stands in a lane, as large as a car."""

    LENGTH = LENGTH_M
    WIDTH = WIDTH_M

    def __init__(self, road: Any, position: tuple[float, float], heading: float = 0.0) -> None:
        super().__init__(road, position, heading, 0.0)
        settle(self)
        self.role = "obstacle"


def _away_from_zero(value: float, eps: float = 1e-2) -> float:
    if abs(value) > eps:
        return value
    return eps if value >= 0 else -eps
