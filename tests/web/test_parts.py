"""The small parts: public pages, statements, addresses to return to."""

import pytest

from web.pages import PublicPages
from web.people import local_path
from web.statements import statement


def test_a_page_is_rendered_once_per_version() -> None:
    pages, made = PublicPages(), []

    def render() -> str:
        made.append(1)
        return f"page {len(made)}"

    assert pages.get("a", 1, render).body == b"page 1"
    assert pages.get("a", 1, render).body == b"page 1"
    assert pages.get("a", 2, render).body == b"page 2"
    assert pages.get("b", 2, render).body == b"page 3"


def test_only_so_many_pages_are_kept() -> None:
    pages, made = PublicPages(kept=2), []
    for key in ("a", "b", "c", "a"):
        pages.get(key, 1, lambda: made.append(1) or "x")
    assert len(made) == 4


def test_the_same_bytes_have_the_same_etag() -> None:
    pages = PublicPages()
    assert pages.get("a", 1, lambda: "x").etag == pages.get("a", 2, lambda: "x").etag


@pytest.mark.parametrize("target", ["/en/", "/zh/contests/driving/mine?x=1", "/ko/submissions/a_b-c"])
def test_a_path_of_ours_may_be_returned_to(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize(
    "target", [None, "", "/", "/api/me", "//x/en/", "/en", "/en/\n", "/en/\\", "http:/en/", "/EN/"]
)
def test_any_other_address_may_not(target: str | None) -> None:
    assert local_path(target) is None


def test_a_statement_is_markup_with_its_headings_under_the_pages() -> None:
    text = statement("driving", "en")
    assert "<h3>" in text
    assert "<h1>" not in text
    assert "<table>" in text


def test_html_in_a_statement_is_only_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "judge.catalogue.statement", lambda slug, language: "# T\n\n<script>x</script> [a](javascript:x)"
    )
    text = statement.__wrapped__("driving", "en")
    assert "<script>" not in text
    assert 'href="javascript' not in text
