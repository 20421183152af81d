"""What is written beside a deck."""

import pytest

from judge.catalogue import about
from judge.errors import BadInput
from judge.pitches import Pitch, pitch_of

STARTUP = about("startup")


def test_a_summary_and_links_are_kept_as_they_were_meant():
    found = pitch_of(STARTUP, summary="  One.\r\nTwo.  ", links=[" https://a.example/b?c=d ", "", "https://b.example"])
    assert found == Pitch("One.\nTwo.", ("https://a.example/b?c=d", "https://b.example"))
    assert found.to_json() == {"summary": "One.\nTwo.", "links": ["https://a.example/b?c=d", "https://b.example"]}


def test_a_program_has_no_pitch():
    assert pitch_of(about("echo"), summary="words", links=["nonsense"]) is None


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        ("", "field-empty"),
        (" \n ", "field-empty"),
        ("x" * 3001, "field-too-long"),
        ("a\x00b", "field-characters"),
        ("a\u202eb", "field-characters"),
        ("\ud800", "field-characters"),
    ],
)
def test_a_summary_is_text_of_at_most_a_page(summary, code):
    with pytest.raises(BadInput) as refused:
        pitch_of(STARTUP, summary=summary, links=[])
    assert (refused.value.public.code, refused.value.public.params["field"]) == (code, "summary")
    assert pitch_of(STARTUP, summary="x" * 3000, links=[]) is not None
    assert pitch_of(STARTUP, summary="가\u200d나", links=[]) is not None


@pytest.mark.parametrize(
    "link",
    [
        "http://a.example",
        "javascript:alert(1)",
        "https://",
        "https://user:word@a.example",
        "//a.example",
        "data:text/html,x",
        "https://a.example/with blank",
        "https://a.example/\u202e",
        "https://[a",
        "https://a.example/" + "x" * 300,
    ],
)
def test_only_what_can_be_clicked_without_harm_is_a_link(link):
    with pytest.raises(BadInput) as refused:
        pitch_of(STARTUP, summary="s", links=[link])
    assert refused.value.public.code == "link-malformed"


def test_there_are_at_most_three_links():
    with pytest.raises(BadInput) as refused:
        pitch_of(STARTUP, summary="s", links=[f"https://{n}.example" for n in range(4)])
    assert refused.value.public.code == "links-too-many"
    assert refused.value.public.params == {"most": 3}
