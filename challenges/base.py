"""The one interface that every contest speaks.

A challenge is trusted code and data: given players and a case, what happened, and what is it worth. It knows no Flask,
no Docker, no database and no clock. It runs in the referee's child process, one run at a time, and everything that it
hands back crosses a process boundary as JSON: hence the `to_json` and `from_json` pairs.

    prepare(seed, cases=n) -> Materials            slow, once per phase, on a worker
    cases(materials, phase) -> [Case]              what an entry plays by itself: all of it, or its qualification
    meetings(materials, phase) -> [Case]           what every pairing in the field plays
    play(case, players, artefacts) -> Outcome      the trusted simulator or grader; asks players, never believes them
    score(outcomes) -> Score                       pure
    field(matrix) -> totals                        pure; for cross-play
    alike(pieces) -> pairs                         pure; only where a copy shows in what runs leave behind
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from challenges.entries import PROGRAM, Category, Entry
from challenges.scores import Score as Score  # noqa: PLC0414 - part of the interface

if TYPE_CHECKING:
    from challenges.rubric import Rubric

Json = Any
"""Whatever `json.loads` can return."""


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for a person, as a code and parameters; rendered in the reader's language at the edge."""

    code: str
    params: Mapping[str, str | float] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {"code": self.code, "params": dict(self.params)}

    @classmethod
    def from_json(cls, value: Json) -> "Message":
        return cls(str(value["code"]), dict(value.get("params", {})))


# ---------------------------------------------------------------------------------------------------------------------
# Players


@dataclass(frozen=True, slots=True)
class Reply:
    """What the program answered: any JSON value, not yet checked by anybody."""

    value: Json


@dataclass(frozen=True, slots=True)
class Late:
    """Its clock ran out before the answer came. The program may still be alive; a later answer to this message is
    thrown away by the player, never taken for the answer to the next."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """What came is no JSON, too long or too deep."""

    message: Message


@dataclass(frozen=True, slots=True)
class Gone:
    """The program has ended, or closed its stream. How it ended is for the sandbox to say."""


Answer = Reply | Late | Invalid | Gone


class Player(Protocol):
    """The live program in a seat. It keeps the seat's clock, so challenges know none. Nothing here raises because of
    what a program did."""

    def hello(self, info: Json) -> Answer:
        """Hand over the first message and wait until the program says that it is ready, within the start-up allowance
        (not on the clock). Called exactly once by `play`, before any `ask`."""
        ...

    def ask(self, message: Json) -> Answer:
        """One message out, one answer back, on the seat's clock."""
        ...

    def fresh(self) -> "Player":
        """A new process of the same entry, with a clock of its own; the caller says hello to it."""
        ...


class AskAll(Protocol):
    """For simultaneous moves: the messages of one moment, and every player's answer to its own. The judge asks in turn,
    so that none pays for another's thinking with its clock; what keeps moves simultaneous is that no message is made of
    an answer of the same moment."""

    def __call__(self, messages: Mapping[str, Json]) -> Mapping[str, Answer]: ...


@dataclass(frozen=True)
class Players:
    """The live programs of one run, by seat."""

    seats: Mapping[str, Player]
    ask_all: AskAll

    def __getitem__(self, seat: str) -> Player:
        return self.seats[seat]


@dataclass(frozen=True, slots=True)
class Clock:
    """A chess clock: so much for every message, and a reserve. From `about.toml`."""

    startup_seconds: float = 20.0
    per_message_seconds: float = 0.1
    reserve_seconds: float = 20.0
    reply_bytes: int = 65_536
    reply_depth: int = 16


# ---------------------------------------------------------------------------------------------------------------------
# Cases


def derive(seed: bytes, name: str) -> bytes:
    """HMAC-SHA256(seed, name): the seed of every case and every stream (DESIGN, promise 8). 32 bytes."""
    return hmac.new(seed, name.encode(), hashlib.sha256).digest()


def derive_int(seed: bytes, name: str) -> int:
    """The same as a non-negative integer below 2**32, for simulators that want one."""
    return int.from_bytes(derive(seed, name)[:4], "big")


SHOWCASE_SEED = hashlib.sha256(b"podium showcase").digest()
"""Public: the showcase case has no points, and everybody may see its log and view."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What a challenge needs to know of a phase: 32 secret bytes and how many cases it wants of each discipline."""

    seed: bytes
    cases: int
    showcase: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """Something to be played. `name` is public and unique in a phase; `seed` is secret unless `showcase`; `track` says
    whose entries play it, where a contest has several.

    `seats` are those that a live program takes, every seat of `about.toml` where it is empty: in a qualification the
    challenge itself fills the others with house players. `brings` are seats filled with what their entry left behind in
    an earlier run: seat -> name of that case."""

    name: str
    seed: bytes
    track: str = ""
    group: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    showcase: bool = False
    seats: tuple[str, ...] = ()
    brings: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "name": self.name,
            "seed": self.seed.hex(),
            "track": self.track,
            "group": self.group,
            "params": dict(self.params),
            "showcase": self.showcase,
            "seats": list(self.seats),
            "brings": dict(self.brings),
        }

    @classmethod
    def from_json(cls, value: Json) -> "Case":
        return cls(**{**value, "seed": bytes.fromhex(value["seed"]), "seats": tuple(value["seats"])})


@dataclass(frozen=True, slots=True)
class Materials:
    """What `prepare` made: public files for teams (name -> bytes), private reference values (JSON), and a sentence for
    the log of the worker that opens the phase, where an operator should know how they came about."""

    public: Mapping[str, bytes] = field(default_factory=dict)
    private: Json = None
    note: str = ""


# ---------------------------------------------------------------------------------------------------------------------
# Outcomes


class Fault(StrEnum):
    """What a player did to end or spoil its run, as the challenge saw it. The judge turns it into a verdict: late is
    `TLE`, invalid is `PE`, gone is whatever the sandbox says of the program's end."""

    LATE = "late"
    INVALID = "invalid"
    GONE = "gone"


ViewKind = Literal["scene", "gantt", "matrix", "curves", "images", "table"]
VIEW_BYTES = 1_000_000
"""A view's JSON is never larger."""


@dataclass(frozen=True, slots=True)
class View:
    """Something to look at: data, never markup. `web/` owns one template and script for each kind."""

    kind: ViewKind
    data: Json


@dataclass(frozen=True, slots=True)
class SeatOutcome:
    """What one seat got in one run. `score` is None where the table of faults gives the run none (the judgement then
    fails); `fault` and `message` say what the program did wrong. No figure here was measured by a clock."""

    score: float | None
    columns: Mapping[str, float] = field(default_factory=dict)
    fault: Fault | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: by seat what it got, something to look at, and what later runs need of it (`artefacts`, by seat)."""

    seats: Mapping[str, SeatOutcome]
    view: View | None = None
    artefacts: Mapping[str, bytes] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "seats": {
                seat: {
                    "score": got.score,
                    "columns": dict(got.columns),
                    "fault": got.fault,
                    "message": got.message and got.message.to_json(),
                }
                for seat, got in self.seats.items()
            },
            "view": self.view and {"kind": self.view.kind, "data": self.view.data},
            "artefacts": {name: content.hex() for name, content in self.artefacts.items()},
        }

    @classmethod
    def from_json(cls, value: Json) -> "Outcome":
        return cls(
            seats={
                seat: SeatOutcome(
                    score=got["score"],
                    columns=got["columns"],
                    fault=got["fault"] and Fault(got["fault"]),
                    message=got["message"] and Message.from_json(got["message"]),
                )
                for seat, got in value["seats"].items()
            },
            view=value["view"] and View(value["view"]["kind"], value["view"]["data"]),
            artefacts={name: bytes.fromhex(content) for name, content in value["artefacts"].items()},
        )


@dataclass(frozen=True, slots=True)
class Played:
    """A stored run as `score` sees it: the case and what the scored seat got."""

    case: Case
    seat: str
    outcome: SeatOutcome


# ---------------------------------------------------------------------------------------------------------------------
# What about.toml says


@dataclass(frozen=True, slots=True)
class Column:
    """A figure beside the score. `public`: shown while a phase with hidden cases is open; `track`: on whose board it
    stands, '' for every one's."""

    name: str
    title: Mapping[str, str]
    unit: str = ""
    digits: int = 2
    lower_is_better: bool = True
    public: bool = True
    track: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """A discipline with its own board. A contest with one board has one track named ''."""

    name: str
    title: Mapping[str, str]


Pairing = Literal["none", "solo", "cross", "match"]


@dataclass(frozen=True, slots=True)
class About:
    """`about.toml`, read once: facts, no behaviour. Texts are maps by language (en, zh, ko). Where nothing is played
    (pairing none) there are no seats and no clocks, and what bounds a program is 0."""

    slug: str
    version: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    pairing: Pairing
    seats: tuple[str, ...]
    tracks: tuple[Track, ...]
    columns: tuple[Column, ...]
    clocks: Mapping[str, Clock]
    score_unit: str
    score_digits: int
    entry_mib: int
    cpu_seconds: float
    memory_mib: int
    processes: int
    judgement_core_seconds: float
    practice_cases: int
    public_cases: int
    final_cases: int
    run_seconds: float
    """The referee's own bound on one run, wall time: past it the challenge is at fault."""
    meeting_opponents: int = 12
    """So many opponents an entry gets on a ladder, which bounds what it costs; with fewer entries in the field it meets
    them all. Those who come later may ask for more."""
    meeting_margin: str = ""
    """The column whose difference breaks ties in a final in which all play all, where there is one."""
    entry: Entry = PROGRAM
    categories: tuple[Category, ...] = ()
    rubric: "Rubric | None" = None
    """By which people score entries, where they do."""

    quota_per_day: int = 20
    """Entries a day, and in all, that a phase gives to a team unless its organiser says otherwise."""
    quota_total: int = 100
    quota_chosen: int = 0
    """So many of its entries a team chooses, of which the best counts; 0 where nobody chooses."""

    def columns_on(self, track: str) -> tuple[Column, ...]:
        """Those of a track's board."""
        return tuple(column for column in self.columns if column.track in ("", track))


class Challenge(Protocol):
    """One kind of contest. Instances hold no state that `play` changes."""

    about: About

    def prepare(self, seed: bytes, *, cases: int) -> Materials:
        """Reference values, house models, public files, for a phase of so many cases of each discipline. Deterministic
        in both. It may take minutes: a worker goes on judging meanwhile, and the phase opens when it is done. It is
        called in a process of its own, which has neither network nor files but our code."""
        ...

    def cases(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        """Every case of the phase, in the order in which they are played and reported: by turns of the disciplines,
        so that the first is one of the first discipline; showcases last."""
        ...

    def meetings(self, materials: Materials, phase: Phase) -> Sequence[Case]:
        """What every pairing of entries in the field plays, once for each assignment of entries to seats; nothing where
        entries never meet (pairing none or solo). `materials` has the private part alone.

        Contests that pair have two seats. In cross-play each seat is taken by the entries of the track of its name. In
        a match a seat's score is its points (1, 0.5, 0), and both have one whatever happened."""
        ...

    def play(self, case: Case, players: Players, artefacts: Mapping[str, bytes]) -> Outcome:
        """One run; `artefacts` by seat, as the case's `brings` asks for them. Deterministic in the case, the artefacts
        and the players' answers. Whatever a player answers ends in an Outcome;
        what raises here is the challenge's own fault and becomes `JE`."""
        ...

    def score(self, played: Sequence[Played]) -> Mapping[str, Score]:
        """By track, over runs that all have a score (showcases left out by the caller). Pure, and independent of the
        order of `played`."""
        ...

    def field(self, matrix: Json) -> Json:
        """Totals over a field of runs between submissions, only where `pairing` is cross.

        `matrix` is {"scores": [[…]], "columns": [[…]], "own": [[i, j], …], "first": [alone, …], "second": [alone, …]}.
        scores[i][j]: what the second seat's entry j got against the first seat's entry i, the mean over all cases of
        `meetings`; columns[i][j]: the means of the columns that came with it, by name; both None where they have not
        met. own: pairs of one team, which never meet. first[i] and second[j]: what each got in its qualification,
        {case name: {"score", "columns"}}, so that house entries can be counted in.

        The answer is {"first": […], "second": […]}: for each entry a `Score` as JSON, in the unit of the board, or None
        where nothing can be said of it yet. Pure, and whoever is listed where changes nothing."""
        ...


@runtime_checkable
class Alike(Protocol):
    """What a challenge may have besides, where a copy shows in what runs leave behind."""

    def alike(self, pieces: Sequence[bytes], *, known: Sequence[bytes] = ()) -> Sequence[tuple[int, int, float]]:
        """Pairs (i, j, how alike they are), i < j, among the artefacts of one case, one of each entry: such that one
        came from the other or both from a third. Two that both came from one of `known` are no pair. Pure; of two
        entries of one team too, which the caller leaves out."""
        ...
