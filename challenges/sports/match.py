"""One game: who sees what, who does what, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from challenges.base import Answer, Json
from challenges.sports import pitch
from challenges.sports.kickoffs import Kickoffs
from challenges.sports.recording import Recording
from challenges.sports.replies import Moves, Patience
from challenges.sports.world import LEFT, RIGHT, World

SEATS = ("left", "right")
Asked = Callable[[Mapping[str, Json]], Mapping[str, Answer]]
"""Gives every seat its view of the same moment and brings the answers."""


@dataclass
class Match:
    """Plays itself with `run`. `patience` by seat may hold a forfeit already; then nothing is played."""

    kickoffs: Kickoffs
    patience: Mapping[str, Patience] = field(default_factory=lambda: {seat: Patience() for seat in SEATS})

    def __post_init__(self) -> None:
        self.world = World(left_first=self.kickoffs.left_first)
        self.balls = self.kickoffs.balls()
        self.goals = [0, 0]
        self.drops = 0
        self.recording = Recording(self.world)
        self._rest_at, self._rest_ticks = (0.0, 0.0), 0

    def run(self, ask: Asked) -> None:
        self.world.kick_off(next(self.balls))
        self.recording.frame(self.goals)
        for tick in range(pitch.TICKS if not self.forfeits() else 0):
            answers = ask({seat: self.view(team, tick) for team, seat in enumerate(SEATS)})
            moves = [self._moves(team, answers[seat], tick) for team, seat in enumerate(SEATS)]
            if self.forfeits():
                break
            self.tick(moves)
        for seat in self.forfeits():
            self.recording.mark_forfeit(SEATS.index(seat))

    def forfeits(self) -> list[str]:
        return [seat for seat in SEATS if self.patience[seat].forfeit is not None]

    def score(self) -> tuple[int, int]:
        """The goals of left and right, with a forfeit as 0–3; where both forfeit, both have lost."""
        match self.forfeits():
            case []:
                return self.goals[LEFT], self.goals[RIGHT]
            case ["left"]:
                return 0, pitch.FORFEIT_GOALS
            case ["right"]:
                return pitch.FORFEIT_GOALS, 0
            case _:
                return 0, 0

    def _moves(self, team: int, answer: Answer, tick: int) -> Moves:
        patience = self.patience[SEATS[team]]
        before = patience.count
        moves = patience.take(answer, tick)
        if patience.count > before:
            self.recording.mark_fault(team)
        return moves if team == LEFT else tuple(move.mirrored() for move in moves)

    def tick(self, moves: list[Moves]) -> None:
        """Both teams' moves, as the pitch has them: on the same moment."""
        scorer = self.world.tick(moves)
        if scorer is not None:
            self.goals[scorer] += 1
            self.recording.mark_goal(scorer, self.goals)
            self.world.kick_off(next(self.balls))
            self._rest_ticks = 0
        elif self._stuck():
            self.drops += 1
            self.recording.mark_drop()
            self.world.drop(next(self.balls))
            self._rest_ticks = 0
        self.recording.frame(self.goals)

    def _stuck(self) -> bool:
        x, y = self.world.ball.position
        away_x, away_y = x - self._rest_at[0], y - self._rest_at[1]
        if self._rest_ticks == 0 or away_x * away_x + away_y * away_y > pitch.STUCK_RADIUS**2:
            self._rest_at, self._rest_ticks = (x, y), 1
        else:
            self._rest_ticks += 1
        return self._rest_ticks > pitch.STUCK_SECONDS / pitch.TICK_SECONDS

    def view(self, team: int, tick: int) -> Json:
        """What a team sees: its own goal at x = 0, the other's at x = 900, y as it is; rounded to hundredths."""
        side = 1.0 if team == LEFT else -1.0
        return {
            "tick": tick,
            "ball": _seen(self.world.ball, side),
            "me": [_seen(body, side) for body in self.world.teams[team]],
            "opponents": [_seen(body, side) for body in self.world.teams[1 - team]],
            "score": [self.goals[team], self.goals[1 - team]],
        }


def _seen(body: Json, side: float) -> Json:
    (x, y), (vx, vy) = body.position, body.velocity
    return {
        "p": [round(pitch.LENGTH / 2 + side * x, 2), round(pitch.WIDTH / 2 + y, 2)],
        "v": [round(side * vx, 2) + 0.0, round(vy, 2) + 0.0],
    }
