"""One episode: ask, move, measure, until the route is done, the time is up or the player has spent its faults.

Theory of operation. A tick is 0.2 s: the player sees the world, answers, and its action holds for three frames of
physics, in which the traffic decides anew each time. Whatever the player hits is cleared off the road at once, so that
nobody drives on inside a wreck; where the player was to blame it is also brought to a stand. Nothing here reads a clock
or a global source of randomness: the case's seed and the replies decide everything.
"""

from challenges.base import Player
from challenges.driving.collisions import at_fault
from challenges.driving.faults import Patience
from challenges.driving.observation import observe
from challenges.driving.recording import COLLISION, FAULT, FINISH, OFF_LANE, Recording
from challenges.driving.scenario import FRAMES_A_TICK, TICK_SECONDS, Scenario
from challenges.driving.scoring import Measures
from challenges.driving.vehicles import Blockage

FRAME_SECONDS = TICK_SECONDS / FRAMES_A_TICK


class Episode:
    """A scenario being driven."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.recording = Recording(scenario)
        self.patience = Patience()
        self.ticks = 0
        self.progress = 0.0
        """The farthest metre of the route reached; `here` is where on it the car is."""
        self.here = 0.0
        self.driven = self.off_lane = self.overspeed = self.jerk = 0.0
        self.vehicle_collisions = self.static_collisions = 0
        self._was_on_lane = True
        self._acceleration = 0.0

    @property
    def finished(self) -> bool:
        return self.progress >= self.scenario.route.length

    def run(self, player: Player) -> None:
        """Drive to the end, whatever the player answers."""
        self.recording.frame(self.progress)
        while self.ticks < self.scenario.ticks and not self.finished and self.patience.ended is None:
            self._tick(player)

    def _tick(self, player: Player) -> None:
        faults = self.patience.count
        answer = player.ask(observe(self.scenario, self.ticks, self.here))
        action = self.patience.take(answer, self.ticks)
        if self.patience.count > faults:
            self.recording.mark("fault", FAULT)
        if self.patience.ended is not None:
            return
        self.scenario.car.command(action.accel, action.steer)
        before = self.scenario.car.speed
        for _ in range(FRAMES_A_TICK):
            self._frame()
        self._measure_jerk((self.scenario.car.speed - before) / TICK_SECONDS)
        self.scenario.direct()
        self.ticks += 1
        if self.finished:
            self.recording.mark("finish", FINISH, bad=False)
        self.recording.frame(self.progress)

    def _frame(self) -> None:
        scenario, car = self.scenario, self.scenario.car
        self.overspeed += max(0.0, car.speed - scenario.route.limit(self.here)) * FRAME_SECONDS
        way = car.speed * FRAME_SECONDS
        scenario.traffic.decide()
        scenario.traffic.step(FRAME_SECONDS)
        self.here = scenario.route.project(car.x, car.y, self.here)
        self.progress = max(self.progress, self.here)
        self.driven += way
        on_lane = scenario.on_lane()
        if not on_lane:
            self.off_lane += way
            if self._was_on_lane:
                self.recording.mark("off_lane", OFF_LANE)
        self._was_on_lane = on_lane
        self._collide()

    def _collide(self) -> None:
        car, traffic = self.scenario.car, self.scenario.traffic
        for other in traffic.touching(car):
            blame = at_fault(car, other, within_one_lane=self.scenario.within_one_lane())
            self.recording.mark("collision", COLLISION[blame], bad=blame, at=other)
            traffic.remove(other)
            if not blame:
                continue
            car.speed = 0.0
            if isinstance(other, Blockage):
                self.static_collisions += 1
            else:
                self.vehicle_collisions += 1

    def _measure_jerk(self, acceleration: float) -> None:
        self.jerk += abs(acceleration - self._acceleration)
        self._acceleration = acceleration

    def measures(self) -> Measures:
        return Measures(
            route_m=self.scenario.route.length,
            progress_m=self.progress,
            driven_m=self.driven,
            off_lane_m=self.off_lane,
            seconds=self.ticks * TICK_SECONDS,
            overspeed_m=self.overspeed,
            vehicle_collisions=self.vehicle_collisions,
            static_collisions=self.static_collisions,
            jerk_sum=self.jerk,
        )
