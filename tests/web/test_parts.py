"""The small parts: public pages, pictures, statements, addresses to return to."""

import json

import pytest

from tests.web.factories import scene
from web.i18n import Catalogues
from web.pages import PublicPages
from web.people import local_path
from web.pictures import picture
from web.statements import statement

READER = Catalogues().reader("en")


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


def test_a_scene_has_a_still_picture_of_course_path_and_marks() -> None:
    view = picture(json.dumps({"kind": "scene", "data": scene()}).encode(), READER)
    assert view is not None
    assert view.template == "views/scene.html"
    assert len(view.shape["lines"]) == 4
    assert view.shape["way"].startswith("M0 8")
    assert [mark.text for mark in view.shape["marks"]] == ["Collision, at fault"]


def test_a_scene_whose_y_grows_upwards_is_turned() -> None:
    view = picture(json.dumps({"kind": "scene", "data": {**scene(), "y_axis": "up"}}).encode(), READER)
    assert view is not None
    assert view.shape["flip"] == "scale(1 -1)"
    assert view.shape["box"] == "-10 -75 140 80"


def test_a_table_writes_figures_and_texts_in_the_readers_language() -> None:
    data = {
        "title": {"en": "Cases"},
        "columns": [{"title": {"en": "Case"}}, {"title": {"en": "Score"}, "unit": "%", "digits": 1}],
        "rows": [[{"en": "first", "zh": "一"}, 12.345], ["second", 7]],
    }
    view = picture(json.dumps({"kind": "table", "data": data}).encode(), READER)
    assert view is not None
    assert view.shape["rows"] == [["first", "12.3"], ["second", "7.0"]]


@pytest.mark.parametrize(
    "view",
    [
        {"kind": "hologram", "data": {}},
        {"kind": "scene", "data": {}},
        {"kind": "scene", "data": {**scene(), "bounds": ["<script>"]}},
        {"kind": "scene", "data": {**scene(), "frames": None}},
        {"kind": "table", "data": {"title": {}, "columns": [], "rows": [[1]]}},
        {"kind": "scene", "data": None},
    ],
)
def test_what_cannot_be_drawn_says_so_and_breaks_no_page(view: dict) -> None:
    found = picture(json.dumps(view).encode(), READER)
    assert found is not None
    assert found.template == "views/unknown.html"


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
