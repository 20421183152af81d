"""Decks: what portal and worker tell from a PDF's bytes without opening it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge import decks
from judge.catalogue import about
from judge.errors import BadInput, TooMuch
from tests.judge.panels import DECK

STARTUP = about("startup")


@pytest.fixture
def file(tmp_path):
    def write(content: bytes):
        path = tmp_path / "deck.pdf"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n  "])
def test_a_pdf_is_taken_and_read(file, before):
    path = file(before + DECK)
    decks.check_file(path, about=STARTUP)
    assert decks.complaint(path) is None


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"<html>%PDF-1.4", b"MZ\x90%PDF-1.7", b" " * 70 + DECK, DECK[1:]]
)
def test_what_does_not_begin_as_a_pdf_is_refused(file, content):
    with pytest.raises(BadInput) as refused:
        decks.check_file(file(content), about=STARTUP)
    assert refused.value.public.code == "deck-wrong-type"


def test_a_deck_of_more_than_20_mib_is_refused_and_one_of_exactly_20_is_not(file):
    most = 20 << 20
    decks.check_file(file(DECK.ljust(most, b" ")), about=STARTUP)
    with pytest.raises(TooMuch) as refused:
        decks.check_file(file(DECK.ljust(most + 1, b" ")), about=STARTUP)
    assert refused.value.public.params == {"largest_mib": 20}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (DECK[: DECK.index(b"xref\n")], "deck-cut-off"),
        (DECK[:-7], "deck-cut-off"),
        (DECK + b"x" * 3000, "deck-cut-off"),
        (DECK.replace(b"startxref\n", b"startxref\n9"), "deck-damaged"),
        (DECK.replace(b"startxref\n", b"startxref\n999999"), "deck-damaged"),
        (DECK.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 9 0 R"), "deck-encrypted"),
        (DECK.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt << /V 5 >>"), "deck-encrypted"),
    ],
)
def test_a_deck_that_nobody_could_read_is_told_from_its_end(file, content, code):
    found = decks.complaint(file(content))
    assert found is not None
    assert found.code == code


def test_the_last_of_several_ends_counts(file):
    """A PDF that was saved again by appending has an end for each time."""
    assert decks.complaint(file(DECK.replace(b"%%EOF", b"%%EOF\nstartxref\n0\n%%EOF"))) is not None
    again = DECK[DECK.index(b"startxref") :]
    assert decks.complaint(file(DECK.replace(b"startxref\n", b"startxref\n7\n%%EOF\nstartxref\n") + again)) is None


@given(content=st.binary(max_size=400), cut=st.integers(0, len(DECK)))
def test_whatever_comes_there_is_an_answer(tmp_path_factory, content, cut):
    path = tmp_path_factory.mktemp("deck") / "deck.pdf"
    for bytes_ in (content, DECK[:cut] + content, DECK[:cut] + content + DECK[cut:]):
        path.write_bytes(bytes_)
        found = decks.complaint(path)
        assert found is None or found.code in {"deck-cut-off", "deck-damaged", "deck-encrypted"}
