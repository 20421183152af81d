"""The security contest as Podium plays it: attacks leave images, defences meet them, detectors judge flows."""

from collections.abc import Mapping, Sequence

from challenges import sheet
from challenges.base import SHOWCASE_SEED, Case, Json, Materials, Outcome, Phase, Played, Players, Score, derive
from challenges.errors import BrokenChallenge
from challenges.security import materials as public
from challenges.security import outcomes, totals
from challenges.security.house import house
from challenges.security.scoring import detection
from challenges.security.totals import TRACKS

PLAYED = {"attack": outcomes.attack, "defence": outcomes.defence, "detect": outcomes.detect}


class Security:
    """Three tracks; an entry is for one of them."""

    def __init__(self) -> None:
        self.about = sheet.about("security")
        house()
        detection([0, 1], [0.0, 1.0])  # loads scikit-learn's metrics before any run is forked

    def prepare(self, seed: bytes, *, cases: int) -> Materials:  # noqa: ARG002
        return Materials(public=public.files(seed))

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:  # noqa: ARG002
        """`phase.cases` of each track by turns; then a showcase for each."""
        cases = [
            _case(track, f"{track}-{i + 1}", derive(phase.seed, f"{track}-{i + 1}"))
            for i in range(phase.cases)
            for track in TRACKS
        ]
        if phase.showcase:
            cases += [
                _case(track, f"{track}-showcase", derive(SHOWCASE_SEED, f"security {track}"), showcase=True)
                for track in TRACKS
            ]
        return cases

    def meetings(self, materials: Materials, phase: Phase) -> Sequence[Case]:  # noqa: ARG002
        """Every defence meets what every attack left in its own cases; in every second of them, the first at least."""
        return [
            Case(
                name := f"meeting-{i + 1}",
                derive(phase.seed, name),
                seats=("defence",),
                brings={"attack": f"attack-{i + 1}"},
            )
            for i in range(totals.meeting_cases(phase.cases))
        ]

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:
        if case.brings:
            return outcomes.meeting(case, players, artefacts)
        return PLAYED[case.track](case, players)

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        """By track: the mean over its cases."""
        by_track = {track: [row for row in played if row.case.track == track] for track in TRACKS}
        found = {track: totals.judged(track, rows) for track, rows in by_track.items() if rows}
        if not found:
            raise BrokenChallenge("there is no run to score")
        return found

    def field(self, matrix: Json) -> Json:
        return totals.in_the_field(matrix)


def _case(track: str, name: str, seed: bytes, *, showcase: bool = False) -> Case:
    return Case(name, seed, track=track, group=track, showcase=showcase, seats=(track,))
