"""Every kind of view as a page: whole without scripting, well-formed, a text for whoever cannot see it, nothing of a
stranger's taken for markup, and of a size."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from judge import views
from tests.web import looks
from tests.web.browsing import text_of
from tests.web.factories import World
from web.i18n import Catalogues
from web.pictures import KINDS, picture

READER = Catalogues().reader("en")
LANGUAGES = ["en", "zh", "ko"]
Look = Callable[..., TestResponse]


@pytest.fixture
def look(world: World, browse: Any) -> Look:
    """The page of a run that looked so."""
    user = world.user()
    contest = world.contest()
    phase, enrolment = world.phase(contest, hidden=False), world.enrol(contest, world.team(user))

    def page(kind: str, data: Any, language: str = "en") -> TestResponse:
        views.checked(kind, data)
        entry = world.looked_at(enrolment, phase, user, [(kind, data)], filename="agent.py")
        answer: TestResponse = browse(user, language).get(f"/submissions/{entry.public_id}/runs/0")
        assert answer.status_code == 200
        return answer

    return page


def drawings(page: TestResponse) -> list[ElementTree.Element]:
    """The pictures on a page, as XML."""
    main = page.text[page.text.index("<main") :]
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg\b.*?</svg>", main, re.DOTALL)]


def in_class(drawn: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in drawn.iter() if name in element.get("class", "").split()]


def test_every_kind_of_view_is_drawn() -> None:
    assert set(KINDS) == set(looks.LOOKS)
    for kind, make in looks.LOOKS.items():
        stored = json.dumps({"kind": kind, "data": make()}).encode()
        assert picture(stored, READER).template == f"views/{kind}.html"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", looks.LOOKS)
def test_a_picture_is_whole_in_markup_and_says_what_it_is(look: Look, kind: str, language: str) -> None:
    page = look(kind, looks.LOOKS[kind](), language)
    assert looks.LOOKS[kind]()["title"][language] in text_of(page)
    assert "style=" not in page.text
    assert "data:" not in page.text
    assert 'href="/api/submissions/' in page.text or kind in ("scene", "table")
    for drawn in drawings(page):
        named = drawn.get("role") == "img" and drawn.get("aria-label")
        assert named or drawn.get("aria-hidden") == "true"


class _Traps(HTMLParser):
    """Elements and attributes that would do something, and where addresses lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or "javascript:" in (value or "") or name == "style":
                self.found.append(f"{tag} {name}={value}")
        if tag in {"b", "iframe", "object", "embed", "style", "foreignobject"}:
            self.found.append(tag)
        if tag == "script" and "src" not in dict(attrs):
            self.found.append("script")


TRAP = "</title></svg><script>alert(1)</script><b onclick=x>\"' onload='x' {{ 1234*4321 }} &amp;"


def trapped(value: Any) -> Any:
    """The same view, with a trap in every text."""
    if isinstance(value, dict):
        if set(value) == {"en", "zh", "ko"}:
            return dict.fromkeys(value, TRAP)
        free = ("name", "unit", "id")
        return {
            key: f"{TRAP} {inner}" if key in free and inner not in ("m", "px") else trapped(inner)
            for key, inner in value.items()
        }
    return [trapped(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", [*looks.LOOKS, "pitch"])
def test_what_a_stranger_wrote_is_only_text(look: Look, kind: str) -> None:
    data = looks.pitch() if kind == "pitch" else looks.LOOKS[kind]()
    page = look("scene" if kind == "pitch" else kind, trapped(data))
    traps = _Traps()
    traps.feed(page.text)
    assert traps.found == []
    assert "&lt;script&gt;alert(1)" in page.text
    assert "5332114" not in page.text
    assert drawings(page) or kind in ("table", "matrix")


@pytest.mark.parametrize(
    "view",
    [
        b"",
        b"no JSON",
        b"[" * 100_000,
        b"[1, 2]",
        b'{"kind": "scene"}',
        b'{"kind": ["scene"], "data": {}}',
        b'{"kind": "hologram", "data": {}}',
        b'{"kind": "scene", "data": null}',
        json.dumps({"kind": "scene", "data": {**looks.LOOKS["scene"](), "bounds": ["<script>"]}}).encode(),
        json.dumps({"kind": "scene", "data": {**looks.LOOKS["scene"](), "frames": None}}).encode(),
        json.dumps({"kind": "gantt", "data": {**looks.gantt(), "bars": [[0, 0, 0, 1e400]]}}).encode(),
        json.dumps({"kind": "table", "data": {"title": {}, "columns": [], "rows": [[1]]}}).encode(),
        json.dumps({"kind": "table", "data": looks.table()}).encode() + b" " * 1_000_000,
    ],
)
def test_a_stored_view_that_is_none_breaks_no_page(view: bytes) -> None:
    """It was checked when it was stored; whoever changes it afterwards gets no further."""
    assert picture(view, READER).template == "views/unknown.html"


def test_a_changed_file_is_told_on_the_page(world: World, browse: Any) -> None:
    user, contest = world.user(), world.contest()
    phase, enrolment = world.phase(contest, hidden=False), world.enrol(contest, world.team(user))
    entry = world.looked_at(enrolment, phase, user, [("gantt", {"bars": "<b>"})], filename="agent.py")
    for path in ("", "/runs/0"):
        page = browse(user).get(f"/submissions/{entry.public_id}{path}")
        assert page.status_code == 200
        assert "cannot be drawn" in text_of(page)


# ---------------------------------------------------------------------------------------------------------------------
# Kind by kind


def test_a_gantt_chart_has_a_bar_and_a_word_for_every_operation(look: Look) -> None:
    data = looks.gantt()
    page = look("gantt", data)
    chart = drawings(page)[0]
    bars = in_class(chart, "bar")
    assert len(bars) == 400
    job, machine, start, end = data["bars"][37]
    assert f"Job {job} on machine {machine}: {start:,} to {end:,}, {end - start} long" in page.text
    numbered = [bar for bar in bars if bar.find("{*}text") is not None or bar.find("text") is not None]
    assert len(numbered) > 100, "wide bars carry the number of their job"
    assert len(in_class(chart, "striped")) == 200, "of jobs 10 to 19, whose colours were there before"
    text = text_of(page)
    assert f"Makespan {data['makespan']:,}" in text
    assert f"Reference {data['reference']:,}" in text
    assert "Reference ÷ makespan 0.900" in text
    assert f"job {job}: {start:,}–{end:,}" in text, "the table says the same"


def test_a_gantt_chart_without_a_reference_has_no_mark_of_one(look: Look) -> None:
    page = look("gantt", {**looks.gantt(3, 2), "reference": None})
    assert "Reference" not in text_of(page)
    assert len(in_class(drawings(page)[0], "mark-line")) == 1


def test_the_largest_gantt_chart_is_a_page_still(look: Look) -> None:
    page = look("gantt", looks.gantt(200, 100))
    assert len(in_class(drawings(page)[0], "bar")) == 200, "one path for each job"
    assert len(page.data) < 1_200_000


def test_plots_have_axes_diagonals_and_curves_that_differ_in_more_than_colour(look: Look) -> None:
    page = look("curves", looks.curves())
    roc, calibration = (drawn for drawn in drawings(page) if drawn.get("role") == "img")
    dashes = {path.get("stroke-dasharray") for path in in_class(roc, "curve")}
    assert len(dashes) == 3
    assert len(in_class(roc, "diagonal")) == 1
    assert len(in_class(roc, "axis")) == 1
    assert [tick.text for tick in in_class(roc, "tick-name")][:6] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert {dot.get("d", "").count("a") > 0 for dot in in_class(calibration, "dot")} == {True, False}, "discs, squares"
    text = text_of(page)
    assert "AUC 73.21 % 71.00–75.40" in text
    assert "Public Private Rival Diagonal, for comparison" in text
    assert page.text.count("<caption>") == 2, "a table for each plot"


def test_a_curve_keeps_its_look_in_every_plot(look: Look) -> None:
    page = look("curves", looks.curves())
    roc, calibration = (drawn for drawn in drawings(page) if drawn.get("role") == "img")
    assert [path.get("class", "").split()[1] for path in in_class(roc, "curve")] == ["public", "private", "extra-2"]
    kept = [path.get("class", "").split()[1] for path in in_class(calibration, "curve")]
    assert kept == ["public", "private", "extra-2"]


def test_the_longest_curves_are_thinned_to_what_can_be_seen(look: Look) -> None:
    data = looks.curves(5_000)
    page = look("curves", data)
    assert len(page.data) < 100_000
    first = in_class(drawings(page)[0], "curve")[0].get("d", "")
    assert first.startswith("M66 298 ")
    assert first.endswith(" 388 12")


def test_a_grid_has_headings_totals_gaps_and_own_pairs(look: Look) -> None:
    page = look("matrix", looks.matrix())
    assert page.text.count('<th scope="row"') == 6
    assert page.text.count('<th scope="col"') == 14
    assert page.text.count('<abbr title="The same team: counts for nothing.">×</abbr>') == 5
    text = text_of(page)
    assert "× one team’s own pair" in text
    assert "– not known yet" in text
    assert "Attack 0 ×" in text
    assert re.search(r"Total – 40\.0 40\.0", text)
    assert 'class="scroll heat-box" role="group"' in page.text
    levels = {int(level) for level in re.findall(r'class="h(\d+)"', page.text)}
    assert levels <= set(range(11))
    assert len(levels) > 5


def test_a_small_grid_says_nothing_of_what_it_has_not(look: Look) -> None:
    data = {**looks.matrix(2, 2), "cells": [[1, 2], [3, 100]], "own": [], "row_totals": None, "column_totals": None}
    text = text_of(look("matrix", data))
    for word in ("Total", "own pair", "not known"):
        assert word not in text


def test_triples_are_drawn_pixel_by_pixel_with_what_was_seen(look: Look) -> None:
    data = looks.images()
    page = look("images", data)
    tiles = [drawn for drawn in drawings(page) if drawn.get("role") == "img"]
    assert len(tiles) == 12
    for row in range(4):
        for column in range(3):
            assert painted(tiles[3 * row + column]) == shades(data["rows"][row]["images"][column], column == 2)
    assert tiles[1].get("aria-label") == "Attacked: A 0; seen as 0, then as 1"
    text = text_of(page)
    assert "✓ Went well: A 0" in text
    assert "✕ Went wrong: A 1" in text
    assert "Darker than the original" in text


def painted(tile: ElementTree.Element) -> dict[tuple[int, int], str]:
    """The colour of every pixel, read back from the paths."""
    pixels = {}
    for path in tile:
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path.get("d", "")):
            for step in range(int(run)):
                assert (int(x) + step, int(y)) not in pixels
                pixels[int(x) + step, int(y)] = path.get("fill", "")
    return pixels


def shades(image: list[int], difference: bool) -> dict[tuple[int, int], str]:
    grey = {level: f"#{level:02x}{level:02x}{level:02x}" for level in (0, 64, 128, 255)}
    apart = {0: "#10348c", 64: "#7385b1", 128: "#d6d6d6", 255: "#ffd040"}
    return {(i % 8, i // 8): (apart if difference else grey)[level] for i, level in enumerate(image)}


def test_rows_of_pictures_past_what_a_page_can_hold_are_left_to_the_data(look: Look) -> None:
    page = look("images", looks.images(20, 64))
    assert page.text.count("mosaic-text") == 3
    assert "17 more rows are in the data." in text_of(page)
    assert len(page.data) < 800_000


def test_a_table_writes_figures_and_texts_in_the_readers_language(look: Look) -> None:
    assert "first 12.3 second 7.0" in text_of(look("table", looks.table()))
    assert "first 中 12.3" in text_of(look("table", looks.table(), "zh"))


def test_data_of_a_picture_is_served_as_it_was_stored(look: Look, client: FlaskClient) -> None:
    page = look("gantt", looks.gantt(3, 2))
    (address,) = re.findall(r'href="(/api/submissions/[^"]+/view)"', page.text)
    assert client.get(address).status_code == 401
