"""The sports contest as Podium plays it: disc football, three against three."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from challenges import sheet
from challenges.base import (
    SHOWCASE_SEED,
    Answer,
    Case,
    Fault,
    Json,
    Materials,
    Outcome,
    Phase,
    Played,
    Players,
    Reply,
    Score,
    SeatOutcome,
    View,
    derive,
)
from challenges.errors import BrokenChallenge
from challenges.metrics import stratified_interval
from challenges.sports import pitch
from challenges.sports.house import HOUSE
from challenges.sports.kickoffs import Kickoffs, pair_of
from challenges.sports.match import SEATS, Match
from challenges.sports.replies import Patience

SHOWN_AGAINST = "team"
COLUMNS = ("wins", "draws", "losses", "goals_for", "goals_against", "faults")


class Sports:
    """A qualification against the house, each game twice with the sides changed; then games against everybody."""

    def __init__(self) -> None:
        self.about = sheet.about("sports")

    def prepare(self, seed: bytes, *, cases: int) -> Materials:  # noqa: ARG002  (the house is code, and public)
        return Materials()

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:  # noqa: ARG002
        """The qualification: `phase.cases` pairs of games against each house team by turns. The games of a pair have
        the same kick-offs; the entry is left in one and right in the other. The last is a showcase."""
        cases = [
            _against(house, f"{house}-{i + 1}", side, derive(phase.seed, f"{house}-{i + 1}"))
            for i in range(phase.cases)
            for house in HOUSE
            for side in SEATS
        ]
        if phase.showcase:
            cases.append(_against(SHOWN_AGAINST, "showcase", "left", derive(SHOWCASE_SEED, "sports"), showcase=True))
        return cases

    def meetings(self, materials: Materials, phase: Phase) -> Sequence[Case]:  # noqa: ARG002
        """A game for every two pairs that the qualification has against a house team, one at least; the judge plays
        each twice, with the entries' sides changed."""
        count = max(1, phase.cases // 2)
        return [Case(name := f"game-{i + 1}", derive(phase.seed, name), group="game") for i in range(count)]

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:  # noqa: ARG002
        live = case.seats or SEATS
        patience = {seat: Patience() for seat in SEATS}
        for seat in live:
            patience[seat].greeted(players[seat].hello(hello()))
        house = HOUSE[case.group] if case.seats else None

        def ask(views: Mapping[str, Json]) -> Mapping[str, Answer]:
            """The same moment for everybody: the answers of one change nothing that the other sees."""
            answers = dict(players.ask_all({seat: views[seat] for seat in live}))
            for seat in SEATS:
                if seat not in answers and house is not None:
                    answers[seat] = Reply(house(views[seat]))
            return answers

        match = Match(Kickoffs(case.seed), patience)
        match.run(ask)
        return Outcome(
            seats={seat: _outcome(match, seat, qualifying=bool(case.seats)) for seat in live},
            view=View("scene", match.recording.scene(match.score())),
        )

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        """The share of the points that there were against the house, × 100: each house team weighs the same."""
        rows = sorted(played, key=lambda row: row.case.name)
        strata: dict[str, list[float]] = {}
        for row in rows:
            strata.setdefault(row.case.group, []).append(100 * _points(row))
        if not strata:
            raise BrokenChallenge("there is no game to score")
        share = round(fmean(fmean(points) for points in strata.values()), 6)
        interval = stratified_interval(strata)
        columns = {name: float(sum(row.outcome.columns[name] for row in rows)) for name in COLUMNS}
        return {
            "": Score(
                public=share,
                final=share,
                interval=interval and (round(max(0.0, interval[0]), 6), round(min(100.0, interval[1]), 6)),
                columns=columns,
                ties=(columns["goals_against"] - columns["goals_for"], -columns["goals_for"], columns["faults"]),
            )
        }

    def field(self, matrix: Json) -> Json:  # noqa: ARG002
        raise BrokenChallenge("a field of matches is rated, not totalled")


def _against(house: str, name: str, side: str, seed: bytes, *, showcase: bool = False) -> Case:
    return Case(
        name if showcase else f"{name}-{side}",
        pair_of(seed)[SEATS.index(side)],
        group=house,
        showcase=showcase,
        seats=(side,),
    )


def hello() -> Json:
    """The first message: what holds for the whole game."""
    return {
        "challenge": "sports",
        "tick_seconds": pitch.TICK_SECONDS,
        "ticks": pitch.TICKS,
        "pitch": [pitch.LENGTH, pitch.WIDTH],
        "goal_width": pitch.GOAL_WIDTH,
        "players": pitch.TEAM,
        "radius": {"player": pitch.PLAYER_RADIUS, "ball": pitch.BALL_RADIUS},
        "mass": {"player": pitch.PLAYER_MASS, "ball": pitch.BALL_MASS},
        "drag": {"player": pitch.PLAYER_DRAG, "ball": pitch.BALL_DRAG},
        "bounce": {"wall": pitch.BOUNCE_WALL, "player": pitch.BOUNCE_PLAYER},
        "acceleration": pitch.PLAYER_ACCEL,
        "kick": {"speed": pitch.KICK_SPEED, "reach": pitch.KICK_REACH},
        "ball_speed_max": pitch.BALL_SPEED_MAX,
        "stuck": {"seconds": pitch.STUCK_SECONDS, "radius": pitch.STUCK_RADIUS},
        "max_faults": pitch.MAX_FAULTS,
    }


def _outcome(match: Match, seat: str, *, qualifying: bool) -> SeatOutcome:
    """Three points of view on one game: 1 for a win, 0.5 for a draw, 0 for a loss.

    Who is gone, or was never ready, has no score in the qualification, so that it fails and its team learns of it; in
    a meeting it has lost 0–3, since its opponent must not go away with nothing."""
    team = SEATS.index(seat)
    patience, score = match.patience[seat], match.score()
    mine, theirs = score[team], score[1 - team]
    broken = patience.forfeit is Fault.GONE or (patience.forfeit is not None and not patience.count)
    points = 0.5 + 0.5 * (mine > theirs) - 0.5 * (mine < theirs)
    if patience.forfeit is not None:
        points = 0.0  # also where both forfeit
    return SeatOutcome(
        score=None if broken and qualifying else points,
        columns={}
        if broken and qualifying
        else {
            "wins": float(points == 1),
            "draws": float(points == 0.5),
            "losses": float(points == 0),
            "goals_for": float(mine),
            "goals_against": float(theirs),
            "faults": float(patience.count),
        },
        fault=patience.forfeit,
        message=patience.message,
    )


def _points(row: Played) -> float:
    if row.outcome.score is None:
        raise BrokenChallenge(f"the game {row.case.name} has no score")
    return row.outcome.score
