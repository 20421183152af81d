"""What a run and a judgement are worth: pure functions.

The score of an episode is CARLA's driving score (Leaderboard 2.1: route completion times the product of what each kind
of infraction leaves of it, collisions weighted so that one with a vehicle leaves 1/1.7 and one with a static object
1/1.6); the overspeed term is nuPlan's speed-limit compliance (Karnchanachari et al. 2024: full loss at a mean of
2.23 m/s, 5 mph, above the limit).
"""

from dataclasses import dataclass

VEHICLE_WEIGHT = 0.7
STATIC_WEIGHT = 0.6
OVERSPEED_FULL_LOSS = 2.23
"""m/s above the limit, held all the time, that leave nothing."""


def driving_score(
    *,
    completion: float,
    vehicle_collisions: int,
    static_collisions: int,
    off_lane_share: float,
    overspeed_share: float,
) -> float:
    """The score of an episode, 0..100.

    `100 · completion · (1 − off_lane_share) · (1 − overspeed_share)
    / (1 + 0.7 · vehicle_collisions + 0.6 · static_collisions)`

    Shares and completion are in 0..1, collisions are those at fault, whole numbers. Raises ValueError for anything
    else."""
    if not all(0.0 <= share <= 1.0 for share in (completion, off_lane_share, overspeed_share)):
        raise ValueError(f"not within 0 and 1: {completion=}, {off_lane_share=}, {overspeed_share=}")
    for count in (vehicle_collisions, static_collisions):
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"a number of collisions is a whole number and not negative: {count!r}")
    infractions = 1 + VEHICLE_WEIGHT * vehicle_collisions + STATIC_WEIGHT * static_collisions
    return 100 * completion * (1 - off_lane_share) * (1 - overspeed_share) / infractions


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured in an episode: metres, seconds, m/s, m/s³."""

    route_m: float
    progress_m: float
    driven_m: float
    off_lane_m: float
    seconds: float
    overspeed_m: float
    """∫ (speed above the limit) dt."""
    vehicle_collisions: int
    static_collisions: int
    jerk_sum: float
    """∫ |jerk| dt, m/s²."""

    @property
    def completion(self) -> float:
        return min(1.0, max(0.0, self.progress_m / self.route_m))

    @property
    def off_lane_share(self) -> float:
        """The share of the way driven that was off the lanes of the route (CARLA's off-road infraction)."""
        return min(1.0, self.off_lane_m / self.driven_m) if self.driven_m > 0 else 0.0

    @property
    def overspeed_share(self) -> float:
        """nuPlan: min(1, ∫ overspeed dt / (2.23 · T))."""
        return min(1.0, self.overspeed_m / (OVERSPEED_FULL_LOSS * self.seconds)) if self.seconds > 0 else 0.0

    def score(self) -> float:
        return driving_score(
            completion=self.completion,
            vehicle_collisions=self.vehicle_collisions,
            static_collisions=self.static_collisions,
            off_lane_share=self.off_lane_share,
            overspeed_share=self.overspeed_share,
        )

    def columns(self) -> dict[str, float]:
        """The figures of one run, by the names of `about.toml`."""
        seconds = max(self.seconds, 1e-9)
        return {
            "completion": round(100 * self.completion, 4),
            "collisions": float(self.vehicle_collisions + self.static_collisions),
            "off_lane": round(100 * self.off_lane_share, 4),
            "overspeed": round(100 * self.overspeed_share, 4),
            "mean_speed": round(self.driven_m / seconds, 4),
            "seconds": round(self.seconds, 4),
            "jerk": round(self.jerk_sum / seconds, 4),
        }
