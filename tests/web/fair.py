"""A portal in full swing: contests in every state, teams in three scripts, submissions of every kind. For tests that
look at whole pages."""

from dataclasses import dataclass, field
from datetime import timedelta

from judge.models import User
from judge.states import JudgementState, PhaseState, SubmissionState
from tests.web import looks
from tests.web.factories import World

TEAMS = (
    ("Haihe Commuters", 71.42, (66.1, 76.7)),
    ("海河通勤者", 70.95, (65.0, 76.4)),
    ("눈가린 노새", 58.3, (51.2, 64.8)),
    ("Parking Brake", 41.07, (35.5, 47.0)),
    ("Infinite Horsepower & the Extraordinarily Long Team Names", 12.5, None),
)


@dataclass
class Fair:
    mei: User
    pages: dict[str, str] = field(default_factory=dict)
    """Private pages of `mei`, by what they show: path without the language."""
    public: dict[str, str] = field(default_factory=dict)
    """More public ones."""


def populate_looks(world: World, mei: User) -> dict[str, str]:
    """A page of `mei` for each kind of view."""
    contest = world.contest("driving-looks", title={"en": "Looks", "zh": "外观", "ko": "모습"})
    phase = world.phase(contest, hidden=False)
    enrolment = world.enrol(contest, world.team(mei, "Onlookers"))
    shown = [*((kind, make()) for kind, make in looks.LOOKS.items()), ("scene", looks.pitch())]
    entry = world.looked_at(enrolment, phase, mei, shown, filename="looks.py")
    names = [*looks.LOOKS, "pitch"]
    return {f"a {name}": f"/submissions/{entry.public_id}/runs/{number}" for number, name in enumerate(names)}


def populate(world: World) -> Fair:
    mei = world.user("Mei Lin 林梅", email="mei@example.org")
    driving = world.contest()
    practice = world.phase(
        driving,
        hidden=True,
        freeze_at=world.now + timedelta(days=20),
        materials={name: world.storage.keep_bytes(name.encode() * 999) for name in ("columns.json", "train.csv")},
        starter_sha256=world.storage.keep_bytes(b"PK" * 9999),
    )
    world.phase(driving, "final", starts=30, ends=33, counts="chosen", chosen=2)
    fair = Fair(mei)
    for at, (name, score, interval) in enumerate(TEAMS):
        captain = mei if at == 0 else world.user(f"Captain {at}")
        team = world.team(captain, name)
        enrolment = world.enrol(driving, team)
        best = world.scored(enrolment, practice, captain, score, interval=interval)
        if at == 0:
            mine, fair.pages["scored"] = enrolment, f"/submissions/{best.public_id}"
            fair.pages["team"] = f"/teams/{team.slug}"
    kinds = {
        "queued": {"state": JudgementState.QUEUED},
        "running": {"state": JudgementState.RUNNING},
        "crashed": {
            "state": JudgementState.FAILED,
            "verdict": "RTE",
            "message": {"code": "ended-rte", "params": {"exit_code": 1, "signal": 0, "ending": "exited"}},
        },
        "ours": {
            "state": JudgementState.PLATFORM_FAILED,
            "verdict": "JE",
            "message": {"code": "engine-failed", "params": {}},
        },
    }
    for name, facts in kinds.items():
        submission = world.submission(mine, practice, mei, filename=f"{name}.tar.gz")
        world.judgement(submission, **facts)
        fair.pages[name] = f"/submissions/{submission.public_id}"
    gone = world.submission(mine, practice, mei, filename="old.py", state=SubmissionState.WITHDRAWN)
    world.judgement(gone, state=JudgementState.SCORED, verdict="AC")
    over = world.contest(
        "driving-2025", state=PhaseState.CLOSED, title={"en": "Driving 2025", "zh": "驾驶 2025", "ko": "주행 2025"}
    )
    world.phase(over, "final", state=PhaseState.CLOSED, starts=-60, ends=-30)
    world.contest("driving-night", title={"en": "Night driving", "zh": "夜间驾驶", "ko": "야간 주행"})
    fair.pages |= {"account": "/account", "mine": "/contests/driving/mine", "submissions": "/submissions"}
    fair.pages |= {"upload": "/contests/driving/practice/upload", "new team": "/teams/new"}
    fair.pages |= {"replay": fair.pages["scored"] + "/runs/2", "enrol": "/contests/driving-night/mine"}
    return fair
