"""The starter kit of a contest: the sound sample, the statement, one example of every message, the public files, and
how to try all of it. What is in it works as it is.

A worker makes a phase's kit soon after the phase has opened and stores it as a file, so that the portal, which loads no
challenge, has it as bytes; `podium kit` makes one on a team's own machine. The examples come from `judge.rehearsal`.
The same parts give the same bytes.
"""

import hashlib
import threading
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from challenges import registry, sheet
from challenges.base import About
from judge.kit import Kit
from judge.models import Contest, Phase
from judge.preparing import prepared
from judge.referee import Nursery
from judge.rehearsal import Rehearsal
from judge.samples import files_in, sound_samples, zipped
from judge.states import PhaseState
from judge.tryout import phase_seed
from sandbox.interface import Sandbox

TEXTS = Path(__file__).parent / "starter_kit"
ENTRY = "entry"
README = {"en": "README.md", "zh": "README.zh.md", "ko": "README.ko.md"}


# ---------------------------------------------------------------------------------------------------------------------
# A phase's


def make(kit: Kit, phase_id: int) -> None:
    """The kit of an open phase, stored and named in its row; nothing where there is one, the engine is away, or the
    phase is of another version of the challenge. Raises PlatformFault, Stopping."""
    with kit.db.read() as session:
        phase = session.get(Phase, phase_id)
        if phase is None or phase.state == PhaseState.DRAFT or phase.starter_sha256 is not None:
            return
        contest = session.get_one(Contest, phase.contest_id)
    about = sheet.about(contest.challenge)
    if not kit.sandbox.ready() or about.version != phase.challenge_version:
        return
    rehearsal = Rehearsal(about, kit.sandbox, kit.nursery, stop=kit.stop)
    with kit.cores.one() as number:
        protocol = rehearsal.protocol(core=kit.core(number))
    materials = {name: kit.storage.read(sha256) for name, sha256 in phase.materials.items()}
    files = contents(about, protocol=protocol, materials=materials, phase=f"{contest.slug}/{phase.slug}")
    sha256 = kit.storage.keep_bytes(zipped({f"{contest.slug}-kit/{name}": files[name] for name in files}))
    with kit.db.write() as session:
        nobody_else = (col(Phase.id) == phase_id) & col(Phase.starter_sha256).is_(None)
        session.connection().execute(update(Phase).where(nobody_else).values(starter_sha256=sha256))


def at_home(
    slug: str, *, sandbox: Sandbox | None, stop: threading.Event, say: Callable[[str], None], referee_user: str = ""
) -> dict[str, bytes]:
    """The kit that `podium kit` makes: its public files are those that `podium try` plays with. `sandbox` may be None
    for a contest without programs. Raises PlatformFault, KeyError for an unknown challenge."""
    about = sheet.about(slug)
    with Nursery([slug], user=referee_user) as nursery:
        made = prepared(nursery, slug, phase_seed(0), cases=about.practice_cases, stop=stop, say=say)
        protocol = Rehearsal(about, sandbox, nursery, stop=stop).protocol() if sandbox else {}
    return contents(about, protocol=protocol, materials=made.public, phase=None)


def missing(session: Session, *, before: datetime) -> list[int]:
    """Phases that are not over, opened before a moment, and have no kit."""
    query = select(Phase).where(col(Phase.starter_sha256).is_(None), col(Phase.opened_at) <= before)
    query = query.order_by(col(Phase.id))
    return [phase.id for phase in session.exec(query) if not phase.state.over and phase.id is not None]


# ---------------------------------------------------------------------------------------------------------------------
# What is in it


def entries(slug: str) -> dict[str, sheet.Sample]:
    """The sound samples by the folders of a kit: `entry`, and `entry-TRACK` where a track's is another one."""
    main, *others = sound_samples(slug)
    return {ENTRY: main} | {f"{ENTRY}-{sample.track}": sample for sample in others if sample.path != main.path}


def contents(
    about: About, *, protocol: Mapping[str, bytes], materials: Mapping[str, bytes], phase: str | None
) -> dict[str, bytes]:
    """Every file of a kit, by its path. `protocol` and `materials` by names within their folders; `phase` is whose
    materials they are (contest/phase), None for those of `podium try`."""
    slug = about.slug
    files = {f"protocol/{name}": content for name, content in protocol.items()}
    files |= {f"materials/{name}": content for name, content in materials.items()}
    if materials:
        files["materials/SHA256SUMS"] = _sums(materials)
    for folder, sample in entries(slug).items():
        files |= {f"{folder}/{name}": content for name, content in files_in(sample.path).items()}
    for path in sorted(registry.folder(slug).glob("rubric.*")):  # what people judge by, where they do
        files[path.name] = path.read_bytes()
    if about.pairing != "none":
        files["pack.py"] = (TEXTS / "pack.py").read_bytes()
    for language in sheet.LANGUAGES:
        files[f"statement.{language}.md"] = sheet.statement(slug, language).encode()
        files[README[language]] = _readme(about, language, protocol, materials, phase).encode()
    return dict(sorted(files.items()))


def _sums(materials: Mapping[str, bytes]) -> bytes:
    """As `sha256sum -c` reads it."""
    return "".join(f"{hashlib.sha256(materials[name]).hexdigest()}  {name}\n" for name in sorted(materials)).encode()


def _readme(
    about: About, language: str, protocol: Mapping[str, bytes], materials: Mapping[str, bytes], phase: str | None
) -> str:
    texts = tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))
    tracks = [track for track in about.tracks if track.name]
    commands = [f"podium try {about.slug} . --track {track.name}" for track in tracks] or [f"podium try {about.slug} ."]
    return str(texts["panel" if about.pairing == "none" else "program"]).format(
        title=about.title[language],
        summary=about.summary[language],
        commands="\n".join(f"   {command}" for command in commands),
        entries="\n".join(_entry_row(texts, about, language, folder) for folder in entries(about.slug)),
        protocol="\n".join(f"| `protocol/{name}` | {_said_by(texts, name)} |" for name in protocol),
        materials=_listed(texts, about, materials, phase),
    )


def _entry_row(texts: Mapping[str, Any], about: About, language: str, folder: str) -> str:
    titles = {f"{ENTRY}-{track.name}": track.title[language] for track in about.tracks}
    return f"| `{folder}/` | {texts['entry']}{f' ({titles[folder]})' if folder in titles else ''} |"


def _said_by(texts: Mapping[str, Any], name: str) -> str:
    return str(texts["kinds"][name.removesuffix(".json").rpartition("-")[2]])


def _listed(texts: Mapping[str, Any], about: About, materials: Mapping[str, bytes], phase: str | None) -> str:
    if not materials:
        return str(texts["no_materials"])
    home = "materials_of_panel" if about.pairing == "none" else "materials_of_try"
    source = str(texts["materials_of_phase"]).format(phase=phase) if phase else str(texts[home])
    rows = [
        f"| `materials/{name}` | {len(materials[name]):,} | `{hashlib.sha256(materials[name]).hexdigest()}` |"
        for name in sorted(materials)
    ]
    return "\n".join([source, "", str(texts["materials_table"]), "|---|---|---|", *rows])
