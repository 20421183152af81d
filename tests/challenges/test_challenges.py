"""The contract of challenges/base.py, run over every challenge that is registered: registering is all it takes."""

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from challenges import registry, sheet
from challenges.base import Answer, Case, Gone, Invalid, Late, Message, Outcome, Phase, Reply
from challenges.errors import BrokenChallenge
from challenges.views import VALIDATORS
from tests.challenges import sound
from tests.challenges.fakes import Entry, Lingering, Scripted, seats

SEED = bytes(range(32))
ROOT = Path(__file__).resolve().parents[2]
PLAYED = [slug for slug in registry.names() if sheet.about(slug).pairing != "none"]
BY_TRACK = [(slug, track) for slug in PLAYED for track in sound.samples(slug)]
READ = [slug for slug in registry.names() if sheet.about(slug).pairing == "none"]

PROCESS_SECONDS = 5.0
"""To begin and end a process on a busy machine, which is on nobody's clock: 2.6 s for three were measured."""
EVALUATOR_SECONDS = 15.0
"""For our own part in a run."""


def querying():
    """All 200 queries of every image, one at a time."""
    shown = []

    def answer(message):
        if "image" in message:
            shown[:] = [message["image"]]
        return {"query": shown} if message.get("left", 1) else {"image": shown[0]}

    return Scripted(answer)


TALKATIVE = {
    ("security", "attack"): querying,
    ("driving", ""): lambda: Scripted(lambda _: {"accel": 0.0, "steer": 0.0}),
    ("industry", ""): lambda: Scripted(lambda _: None),
}
"""Who makes a run as long as it gets, where the sound sample does not, or takes long to say what one message asks."""
EVALUATOR_CORE_SECONDS = 2.0
"""What a run may take of the evaluator, on one core; `python -m tests.bench costs` measures it."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
answers = st.one_of(json_values.map(Reply), st.just(Late()), st.just(Gone()), st.just(Invalid(Message("not_json"))))


@pytest.fixture(scope="module", params=PLAYED)
def challenge(request):
    return registry.load(request.param)


@pytest.fixture(scope="module")
def materials(challenge):
    return challenge.prepare(SEED, cases=1)


def first_of_each_track(challenge, materials) -> list[Case]:
    cases = challenge.cases(materials, Phase(SEED, 1))
    return list({case.track: case for case in cases[::-1]}.values())


def play(challenge, case: Case, answer, greeting: Answer | None = None) -> tuple[Outcome, list[Scripted]]:
    players = {seat: Scripted(answer, greeting) for seat in case.seats or challenge.about.seats}
    return challenge.play(case, seats(**players), {}), list(players.values())


@pytest.mark.parametrize("slug", registry.names())
def test_every_text_of_a_challenge_is_there_in_three_languages(slug):
    about = sheet.about(slug)
    texts = [about.title, about.summary, *(column.title for column in about.columns), *(t.title for t in about.tracks)]
    texts += [sample.team for sample in sheet.samples(slug)]
    texts += [category.title for category in about.categories]
    for criterion in about.rubric.criteria if about.rubric else ():
        texts += [criterion.title, *criterion.anchors.values()]
    for text in texts:
        assert set(text) == set(sheet.LANGUAGES)
        assert all(text.values())
    for language in sheet.LANGUAGES:
        assert len(sheet.statement(slug, language)) > 1000


@pytest.mark.parametrize("slug", registry.names())
def test_a_challenge_has_five_labelled_samples_that_lie_where_they_should(slug):
    samples = sheet.samples(slug)
    assert len(samples) >= 5
    assert "sound" in {sample.name for sample in samples}
    for sample in samples:
        assert sample.path.is_dir()
        assert (sample.score_min is None) == (sample.score_max is None)
        assert sample.category in ({category.name for category in sheet.about(slug).categories} or {""})


@pytest.mark.parametrize("slug", READ)
def test_where_nothing_is_played_people_have_a_rubric_and_samples_their_reviews(slug):
    challenge = registry.load(slug)
    about, recorded = challenge.about, sheet.recorded(slug)
    assert about.rubric is not None
    assert (about.seats, about.clocks) == ((), {})
    phase = Phase(SEED, 2)
    materials = challenge.prepare(SEED, cases=2)
    assert list(challenge.cases(materials, phase)) == list(challenge.meetings(materials, phase)) == []
    assert {column.name for column in about.columns} <= {"raw", "reviews", *about.rubric.names}
    for calling in (lambda: challenge.play(None, None, {}), lambda: challenge.score([]), lambda: challenge.field({})):
        with pytest.raises(BrokenChallenge, match="people"):
            calling()
    taken = [review for review in recorded.reviews if not review.refused]
    for review in recorded.reviews:
        assert 0 <= about.rubric.total(review.scores) <= 100
    for sample in sheet.samples(slug):
        judges = [review.judge for review in taken if review.entry == sample.name]
        assert len(set(judges)) == len(judges)
        assert len(judges) >= about.rubric.reviews if sample.score_min is not None else not judges


def test_cases_come_from_the_seed_alone_and_have_names_of_their_own(challenge, materials):
    cases = challenge.cases(materials, Phase(SEED, 2))
    assert cases == challenge.cases(materials, Phase(SEED, 2))
    assert len({case.name for case in cases}) == len(cases)
    assert len({case.seed for case in cases}) == len(cases)
    assert SEED not in {case.seed for case in cases}
    others = challenge.cases(materials, Phase(bytes(32), 2))
    assert [case.name for case in others] == [case.name for case in cases]
    for case, other in zip(cases, others, strict=True):
        assert (case.seed == other.seed) == case.showcase


def test_a_phase_of_fewer_cases_begins_with_the_same_ones(challenge, materials):
    few = challenge.cases(materials, Phase(SEED, 1, showcase=False))
    many = challenge.cases(materials, Phase(SEED, 3, showcase=False))
    assert all(case in many for case in few)


def test_the_showcase_comes_last_and_only_if_asked_for(challenge, materials):
    assert [case.showcase for case in challenge.cases(materials, Phase(SEED, 1))][-1]
    assert not any(case.showcase for case in challenge.cases(materials, Phase(SEED, 1, showcase=False)))


def test_a_case_crosses_a_process_boundary_as_json(challenge, materials):
    for case in challenge.cases(materials, Phase(SEED, 1)):
        assert Case.from_json(json.loads(json.dumps(case.to_json()))) == case


def test_players_are_told_no_seed(challenge, materials):
    for case in challenge.cases(materials, Phase(SEED, 1)):
        _, players = play(challenge, case, lambda _: None)
        told = json.dumps([[player.hellos, player.told] for player in players])
        assert case.seed.hex() not in told
        assert "seed" not in told
        assert str(int.from_bytes(case.seed[:4], "big")) not in told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(answers, min_size=1, max_size=6), greeting=answers, data=st.data())
def test_whatever_players_answer_ends_in_an_outcome(challenge, materials, script, greeting, data):
    case = data.draw(st.sampled_from(first_of_each_track(challenge, materials)))
    left = list(script)
    outcome, _ = play(challenge, case, lambda _: left.pop(0) if left else Gone(), greeting)
    assert set(outcome.seats) == set(case.seats or challenge.about.seats)
    text = json.dumps(outcome.to_json(), allow_nan=False)
    assert Outcome.from_json(json.loads(text)) == outcome


def test_every_message_of_a_fault_has_a_sentence_in_three_languages(challenge, materials):
    faults: list[Answer] = [Late(), Gone(), Invalid(Message("not_json")), *map(Reply, (None, {}, "x", [1], 10**400))]
    for case, fault in itertools.product(first_of_each_track(challenge, materials), faults):
        for greeting in (Reply(None), fault):
            outcome, _ = play(challenge, case, lambda _, fault=fault: fault, greeting)
            for got in outcome.seats.values():
                assert got.fault is None or got.message is not None
                if got.message is not None:
                    texts = [sheet.sentence(challenge.about.slug, got.message, lang) for lang in sheet.LANGUAGES]
                    assert len(set(texts)) == 3


def test_a_run_is_the_same_byte_for_byte_when_it_is_played_again(challenge, materials):
    for case in challenge.cases(materials, Phase(SEED, 1)):
        once, again = (json.dumps(play(challenge, case, lambda _: None)[0].to_json()) for _ in range(2))
        assert once == again


def test_a_view_is_of_its_shape(challenge, materials):
    for case in challenge.cases(materials, Phase(SEED, 1)):
        outcome, _ = play(challenge, case, lambda _: None)
        if outcome.view is not None:
            VALIDATORS[outcome.view.kind](outcome.view.data)


@pytest.mark.parametrize(("slug", "track"), BY_TRACK)
def test_columns_of_a_score_are_those_of_the_sheet_in_whatever_order_runs_ended(slug, track):
    challenge, sample = registry.load(slug), sound.samples(slug)[track]
    played = sound.played(sound.play(challenge, sample.path, sound.cases(challenge, track, showcase=False)))
    assert played
    assert all(row.outcome.score is not None for row in played), "the best sample has a score in every run"
    scores = challenge.score(played)
    assert scores == challenge.score(played[::-1])
    assert set(scores) == {track}
    for name, score in scores.items():
        assert set(score.columns) == {column.name for column in challenge.about.columns_on(name)}


@pytest.mark.parametrize(("slug", "track"), BY_TRACK)
def test_the_sheet_names_what_the_dearest_judgement_may_cost(slug, track, monkeypatch):
    """Every run of the largest phase, showcase included, in which each process of the entry takes all of its CPU; the
    sound sample tells how many processes a run has."""
    challenge, opened = registry.load(slug), Counter()
    about = challenge.about
    most = max(about.practice_cases, about.public_cases, about.final_cases)
    materials = sound.prepared(challenge, Phase(SEED, 1))
    runs = [case for case in challenge.cases(materials, Phase(SEED, most)) if case.track in ("", track)]

    class Counted(Entry):
        def __init__(self, folder):
            opened[playing.name] += 1
            super().__init__(folder)

    monkeypatch.setattr(sound, "Entry", Counted)
    for playing in sound.cases(challenge, track, showcase=False):
        sound.play(challenge, sound.samples(slug)[track].path, [playing])
    dearest = max(opened.values()) * about.cpu_seconds + EVALUATOR_CORE_SECONDS
    assert about.judgement_core_seconds >= len(runs) * dearest


@pytest.mark.parametrize("slug", PLAYED)
@pytest.mark.parametrize("late", [False, True])
def test_who_uses_all_that_the_clocks_allow_is_done_within_run_seconds(slug, late):
    """Whoever keeps to the clocks must never make a run last so long that it counts as our fault."""
    challenge, samples = registry.load(slug), sound.samples(slug)
    about, phase = challenge.about, Phase(SEED, 1, showcase=False)
    materials = sound.prepared(challenge, phase)

    def player(seat, spent):
        track = seat if seat in samples else ""
        talkative = TALKATIVE.get((slug, track), lambda: Entry(samples[track].path))
        inner = Scripted(lambda _: Late()) if late else talkative()
        return Lingering(inner, about.clocks[seat], spent, around_process=PROCESS_SECONDS)

    left = {}
    for case in (*challenge.cases(materials, phase), *challenge.meetings(materials, phase)):
        spent: list[float] = []
        players = {seat: player(seat, spent) for seat in case.seats or about.seats}
        brought = {seat: left[name][seat] for seat, name in case.brings.items()}
        left[case.name] = challenge.play(case, seats(**players), brought).artefacts
        assert len(spent) >= 3 * len(players), "nobody was asked anything"
        assert sum(spent) + EVALUATOR_SECONDS <= about.run_seconds, case.name


@pytest.mark.parametrize("slug", PLAYED)
def test_two_processes_on_busy_cores_tell_the_same_byte_for_byte(slug):
    """Promise 5: score, columns, view and what is left behind, with other hash seeds and numbers of threads."""
    spin = ["nice", "-n", "5", sys.executable, "-c", "while True: pass"]
    play = [sys.executable, "-m", "tests.challenges.sound", slug]
    with ExitStack() as stack:
        for _ in range(2):
            _until_end(stack, subprocess.Popen(spin))
        told = [
            subprocess.Popen(
                play,
                env={**os.environ, "PYTHONHASHSEED": number, "OMP_NUM_THREADS": number, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
            )
            for number in ("1", "2")
        ]
        for process in told:
            _until_end(stack, process)
        one, other = (process.communicate(timeout=1800)[0] for process in told)
    assert [process.returncode for process in told] == [0, 0]
    assert len(one.splitlines()) > 1
    assert one == other


def _until_end(stack: ExitStack, process: subprocess.Popen[bytes]) -> None:
    """Whatever becomes of the test, the process is ended with it."""
    stack.enter_context(process)
    stack.callback(process.kill)
