"""The starter kit: everything that a newcomer needs, real, the same every time, and nothing that is hidden."""

import hashlib
import io
import json
import re
import subprocess
import sys
import threading
import tomllib
import zipfile
from pathlib import Path

import pytest
from sqlmodel import col, update

from challenges import registry, sheet
from challenges.base import SHOWCASE_SEED, Case, derive
from judge import jobs, plan, starter
from judge.kit import equip
from judge.models import Phase
from judge.referee import Nursery
from judge.samples import files_in, is_sample, known_hashes, pack
from judge.seeds import unseal
from judge.starter import TEXTS, at_home, contents, entries, missing
from judge.states import PhaseState
from judge.tryout import phase_seed
from sandbox.fake import CRASHED, FakeSandbox, Script
from sandbox.process import ProcessSandbox
from tests.echo.challenge import Echo, words
from tests.judge.matchday import Line
from tests.judge.world import NOW, Clock, World, after, kit_of

ECHOES = Script(act=lambda message: message["say"])
MATERIALS = {"b.csv": b"1,2\n", "a.json": b"{}\n"}


@pytest.fixture
def kit(one: World, nursery, tmp_path):
    made = kit_of(one, nursery, tmp_path, queue=Line(), sandbox=FakeSandbox(ECHOES), clock=Clock(after(minutes=1)))
    equip(made)
    yield made
    equip(None)


@pytest.fixture
def phase(one: World, kit) -> Phase:
    _, phase = one.contest(state=PhaseState.DRAFT)
    jobs.open_phase(phase.id)
    return one.get(Phase, phase.id)


def made(one: World, phase: Phase) -> dict[str, bytes]:
    """The files of a phase's kit."""
    sha256 = one.get(Phase, phase.id).starter_sha256
    with zipfile.ZipFile(io.BytesIO(one.storage.read(sha256))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def files(slug="echo", **parts) -> dict[str, bytes]:
    parts = {"protocol": {}, "materials": {}, "phase": None, **parts}
    return contents(sheet.about(slug), **parts)


# ---------------------------------------------------------------------------------------------------------------------
# A phase's kit


def test_a_phase_that_opens_gets_its_kit(one: World, kit, phase):
    assert kit.queue.starters == [phase.id]
    jobs.make_starter(phase.id)
    found = made(one, phase)
    assert {name.split("/")[0] for name in found} == {"echo-kit"}
    assert found["echo-kit/entry/agent.py"] == (registry.folder("echo") / "samples/sound/agent.py").read_bytes()
    assert found["echo-kit/materials/words.txt"] == one.storage.read(phase.materials["words.txt"])
    assert b"`echo/practice`" in found["echo-kit/README.md"]


def test_the_same_kit_is_the_same_bytes_sorted_and_without_times(one: World, kit, phase):
    jobs.make_starter(phase.id)
    before = one.get(Phase, phase.id).starter_sha256
    with one.db.write() as session:
        session.exec(update(Phase).where(col(Phase.id) == phase.id).values(starter_sha256=None))
    starter.make(kit, phase.id)
    assert one.get(Phase, phase.id).starter_sha256 == before
    with zipfile.ZipFile(io.BytesIO(one.storage.read(before))) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_examples_are_what_is_said_on_the_showcase(one: World, kit, phase):
    """They cannot rot: they are recorded, and the showcase's seed is public."""
    jobs.make_starter(phase.id)
    said = {
        name.removeprefix("echo-kit/protocol/showcase/"): json.loads(content)
        for name, content in made(one, phase).items()
        if "/protocol/" in name
    }
    word = words(Case("showcase", derive(SHOWCASE_SEED, "echo")))[0]
    assert said == {
        "01-hello.json": {"messages": 3},
        "02-ready.json": {"ready": True},
        "03-message.json": {"say": word},
        "04-reply.json": word,
    }


def test_a_message_is_one_line_as_it_is_sent(one: World, kit, phase):
    jobs.make_starter(phase.id)
    for name, content in made(one, phase).items():
        if "/protocol/" in name:
            assert content.count(b"\n") == 1
            assert content.endswith(b"\n")


def test_nothing_hidden_is_in_a_kit(one: World, kit, phase):
    """Promise 8: neither the seed nor what was prepared, nor a word of a hidden case."""
    jobs.make_starter(phase.id)
    seed = unseal(phase.sealed_seed, key=one.settings.seed_key(), context=plan.seal_context(phase))
    private = unseal(phase.sealed_materials, key=one.settings.seed_key(), context=plan.seal_context(phase))
    text = b"\n".join(made(one, phase).values()).decode()
    hidden = [word for number in (1, 2) for word in words(Case("", derive(seed, f"echo-{number}")))]
    for secret in (seed.hex(), json.loads(private)["check"], *hidden):
        assert secret not in text


def test_a_kit_that_is_there_is_not_made_again_and_a_draft_has_none(one: World, kit, phase, monkeypatch):
    _, draft = one.contest("later", state=PhaseState.DRAFT)
    jobs.make_starter(draft.id)
    assert one.get(Phase, draft.id).starter_sha256 is None
    jobs.make_starter(phase.id)
    monkeypatch.setattr(starter, "Rehearsal", None)
    starter.make(kit, phase.id)
    jobs.make_starter(10**6)


def test_a_sample_that_does_not_play_makes_no_kit_and_a_later_try_does(one: World, kit, phase, tmp_path):
    for script in (Script(act=lambda _: 1 / 0, result=CRASHED), Script(act=lambda _: b"{")):
        equip(
            kit_of(one, kit.nursery, tmp_path, queue=Line(), sandbox=FakeSandbox(script), clock=Clock(after(minutes=1)))
        )
        jobs.make_starter(phase.id)
        assert one.get(Phase, phase.id).starter_sha256 is None
    equip(kit)
    jobs.make_starter(phase.id)
    assert one.get(Phase, phase.id).starter_sha256 is not None


def test_a_phase_of_another_version_gets_no_kit_of_this_one(one: World, kit, phase):
    with one.db.write() as session:
        session.get_one(Phase, phase.id).challenge_version = "0"
    starter.make(kit, phase.id)
    assert one.get(Phase, phase.id).starter_sha256 is None


def test_with_the_engine_away_nothing_is_tried(one: World, kit, phase, monkeypatch):
    monkeypatch.setattr(FakeSandbox, "ready", lambda _: False)
    monkeypatch.setattr(starter, "Rehearsal", None)
    starter.make(kit, phase.id)
    assert one.get(Phase, phase.id).starter_sha256 is None


def test_phases_without_a_kit_are_those_that_are_open_and_were_for_a_while(world: World):
    wanted = []
    for state in PhaseState:
        _, phase = world.contest(f"c-{state.value}", state=PhaseState.DRAFT)
        with world.db.write() as session:
            facts = {"state": state, "opened_at": None if state == PhaseState.DRAFT else NOW}
            session.exec(update(Phase).where(col(Phase.id) == phase.id).values(**facts))
        if state in {PhaseState.OPEN, PhaseState.FROZEN, PhaseState.PAUSED}:
            wanted.append(phase.id)
    with world.db.read() as session:
        assert missing(session, before=NOW) == wanted
        assert missing(session, before=after(minutes=-1)) == []
    with world.db.write() as session:
        session.exec(update(Phase).where(col(Phase.id) == wanted[0]).values(starter_sha256="a" * 64))
    with world.db.read() as session:
        assert missing(session, before=NOW) == wanted[1:]


# ---------------------------------------------------------------------------------------------------------------------
# What is in it


def test_public_files_are_listed_with_size_and_checksum(tmp_path):
    found = files(materials=MATERIALS, phase="echo/practice")
    for name in ("README.md", "README.zh.md", "README.ko.md"):
        text = found[name].decode()
        for material, content in MATERIALS.items():
            row = next(line for line in text.splitlines() if f"`materials/{material}`" in line)
            assert f"| {len(content)} |" in row
            assert hashlib.sha256(content).hexdigest() in row
    for name in ("a.json", "b.csv", "SHA256SUMS"):
        (tmp_path / name).write_bytes(found[f"materials/{name}"])
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert checked.stdout == "a.json: OK\nb.csv: OK\n"


@pytest.mark.parametrize("slug", ["echo", "siege", "driving"])
def test_the_readmes_name_every_part_and_nothing_that_is_not_there(slug):
    found = files(slug, protocol={"showcase/01-hello.json": b"{}\n"})
    for name in ("README.md", "README.zh.md", "README.ko.md"):
        text = found[name].decode()
        assert "{" not in text.replace("{}", "")
        for folder in entries(slug):
            assert f"| `{folder}/` |" in text
        assert f"   podium try {slug} ." in text
        named = set(re.findall(r"\| `([^`]+)` \|", text)) - {"materials/"}
        assert all(any(path.startswith(part.replace("*", "")) for path in found) for part in named), named


def test_every_statement_and_every_readme_is_there_in_its_language():
    found = files()
    for language in sheet.LANGUAGES:
        assert found[f"statement.{language}.md"].decode() == sheet.statement("echo", language)
        readme = found["README.md" if language == "en" else f"README.{language}.md"].decode()
        assert sheet.about("echo").title[language] in readme
        assert f"`statement.{language}.md`" in readme


def test_a_track_whose_sample_is_another_has_a_folder_of_its_own():
    assert list(entries("siege")) == ["entry", "entry-defence"]
    text = files("siege")["README.md"].decode()
    assert "podium try siege . --track attack\n   podium try siege . --track defence" in text


def test_the_texts_of_the_three_languages_have_the_same_parts():
    texts = [tomllib.loads((TEXTS / f"{language}.toml").read_text()) for language in sheet.LANGUAGES]
    for other in texts[1:]:
        assert set(other) == set(texts[0])
        assert set(other["kinds"]) == set(texts[0]["kinds"]) == {"hello", "ready", "message", "reply"}
        for part in ("program", "panel"):
            fields = [sorted(re.findall(r"\{(\w+)\}", text[part])) for text in (texts[0], other)]
            assert fields[0] == fields[1]


@pytest.mark.parametrize("slug", [slug for slug in registry.names() if sheet.about(slug).pairing != "none"])
def test_pack_py_packs_as_podium_does_so_that_the_receipt_names_the_same_hash(tmp_path, slug):
    for name, content in files(slug).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "entry" / "__pycache__").mkdir()
    (tmp_path / "entry" / "__pycache__" / "agent.pyc").write_bytes(b"x")
    (tmp_path / "entry" / ".git").mkdir()
    (tmp_path / "entry" / ".git" / "HEAD").write_bytes(b"x")
    said = subprocess.run([sys.executable, "pack.py"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    content = (tmp_path / "entry.zip").read_bytes()
    assert content == pack(tmp_path / "entry")
    sha256 = hashlib.sha256(content).hexdigest()
    assert sha256 in said
    assert sha256 in known_hashes()


# ---------------------------------------------------------------------------------------------------------------------
# On a team's own machine


def test_at_home_the_public_files_are_those_that_try_plays_with(nursery):
    found = at_home("echo", sandbox=ProcessSandbox(allow=is_sample), stop=threading.Event(), say=lambda _: None)
    made = Echo().prepare(phase_seed(0), cases=Echo().about.practice_cases).public
    assert {name: found[f"materials/{name}"] for name in made} == made
    assert json.loads(found["protocol/showcase/01-hello.json"]) == {"messages": 3}
    assert b"--seed 0" in found["README.md"]


PITCH = """
from challenges import sheet
from challenges.base import Materials

class Pitch:
    def __init__(self):
        self.about = sheet.about("pitch")

    def prepare(self, seed, *, cases):
        return Materials(public={"form.txt": b"name, idea"})

    def cases(self, materials, phase):
        return []

    meetings = cases
"""


@pytest.fixture
def pitch(tmp_path, monkeypatch) -> Path:
    """A contest that people judge, registered for one test."""
    folder = tmp_path / "pitched"
    echo = registry.folder("echo")
    for name, content in files_in(echo).items():
        if name.startswith(("statement", "samples", "about", "messages")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    about = (folder / "about.toml").read_text()
    about = about.replace('pairing = "solo"', 'pairing = "none"').replace('seats = ["player"]', "seats = []")
    (folder / "about.toml").write_text(about)
    (folder / "samples" / "sound" / "deck.pdf").write_bytes(b"%PDF-")
    (folder / "rubric.toml").write_text('criteria = [{ name = "team", weight = 100, title = { en = "Team" } }]\n')
    (folder / "__init__.py").write_text("")
    (folder / "challenge.py").write_text(PITCH)
    monkeypatch.setenv("PODIUM_CHALLENGES", "pitch=pitched.challenge:Pitch")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_a_contest_that_people_judge_has_a_kit_without_programs(pitch, one: World, tmp_path):
    found = at_home("pitch", sandbox=None, stop=threading.Event(), say=lambda _: None)
    names = {name for name in found if not name.startswith(("README", "statement"))}
    assert names == {
        "entry/agent.py",
        "entry/deck.pdf",
        "materials/SHA256SUMS",
        "materials/form.txt",
        "rubric.toml",
    }
    assert b"podium try" not in found["README.md"]
    assert b"People judge this contest" in found["README.md"]
    with Nursery(["pitch"]) as nursery:
        kit = kit_of(one, nursery, tmp_path, queue=Line(), sandbox=FakeSandbox(), clock=Clock(after(minutes=1)))
        equip(kit)
        _, phase = one.contest("pitch", challenge="pitch", state=PhaseState.DRAFT)
        jobs.open_phase(phase.id)
        jobs.make_starter(phase.id)
        equip(None)
    in_the_portal = made(one, phase)
    assert {name.removeprefix("pitch-kit/") for name in in_the_portal} == set(found)
