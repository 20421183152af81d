"""Seeds are sealed for workers alone, and what is published of them binds."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.errors import Misconfigured
from judge.seeds import SEED_BYTES, commitment, new_seed, seal, unseal

KEY = bytes(range(32))


@given(seed=st.binary(min_size=1, max_size=64), context=st.text(max_size=20))
def test_what_is_sealed_comes_back_under_the_same_key_and_context(seed, context):
    sealed = seal(seed, key=KEY, context=context)
    assert unseal(sealed, key=KEY, context=context) == seed


def test_a_seed_is_32_random_bytes():
    assert len({new_seed() for _ in range(10)}) == 10
    assert len(new_seed()) == SEED_BYTES == 32


def test_the_same_seed_never_looks_the_same_sealed_and_never_shows():
    """Promise 8: the database holds nothing that tells a seed."""
    seed = new_seed()
    one, other = (seal(seed, key=KEY, context="phase-1") for _ in range(2))
    assert one != other
    assert seed.hex() not in one


@pytest.mark.parametrize(
    ("key", "context", "spoil"),
    [
        (bytes(32), "phase-1", lambda text: text),
        (KEY, "phase-2", lambda text: text),
        (KEY, "phase-1", lambda text: ("B" if text[0] == "A" else "A") + text[1:]),
        (KEY, "phase-1", lambda _: ""),
        (KEY, "phase-1", lambda _: "no base64 ☃"),
        (KEY, "phase-1", lambda text: text[:8]),
    ],
)
def test_another_key_another_phase_or_a_spoilt_text_is_refused_with_the_cure(key, context, spoil):
    """Promise 8: a seed is sealed under a key that only workers hold."""
    sealed = seal(new_seed(), key=KEY, context="phase-1")
    with pytest.raises(Misconfigured, match=r"seed\.key"):
        unseal(spoil(sealed), key=key, context=context)


def test_a_commitment_can_be_reproduced_from_its_published_definition():
    """Promise 8: SHA-256(contest, phase, challenge version, image, seed), by hand, without our code."""
    seed = bytes(range(32))
    published = '["wic-2020","final","3","sha256:ab","' + "".join(f"{byte:02x}" for byte in seed) + '"]'
    assert (
        commitment(contest="wic-2020", phase="final", challenge_version="3", image="sha256:ab", seed=seed)
        == hashlib.sha256(published.encode("utf-8")).hexdigest()
    )


FACTS = {"contest": "c", "phase": "p", "challenge_version": "v", "image": "i"}


@given(
    name=st.sampled_from([*FACTS, "seed"]),
    text=st.text(alphabet='",[]abc\\', min_size=1, max_size=6),
)
def test_a_commitment_binds_every_part_of_it(name, text):
    other = {**FACTS, "seed": KEY, name: text.encode() if name == "seed" else f"{text}!"}
    assert commitment(**FACTS, seed=KEY) != commitment(**other)
    moved = {**FACTS, "contest": "c" + text, "phase": "p"}
    shifted = {**FACTS, "contest": "c", "phase": text + "p"}
    assert commitment(**moved, seed=KEY) != commitment(**shifted, seed=KEY)
