"""The catalogues: complete, alike in all three languages, and the only place where pages take words from."""

import ast
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from judge.catalogue import LANGUAGES
from judge.states import JudgementState, PhaseState, SubmissionState

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
NAMES = {"Podium", "SHA-256", "JSON", "utf-8", "CPU"}
"""What is the same in every language."""
RAISED = re.compile(
    r"\b(?:BadInput|NotAllowed|NotFound|Conflict|TooMuch|QuotaUsed|StorageFull|PlatformFault|Message)\(\s*\"([a-z0-9-]+)\""
)
ARCHIVE = re.compile(r"BadArchive\(\"([a-z_]+)\"")


def catalogue(language: str) -> Catalog:
    with (WEB / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


def sentences(language: str) -> dict[str, tuple[str, ...]]:
    """Every form of every sentence, by key."""
    found = {}
    for message in catalogue(language):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_key_stands_in_all_three_languages() -> None:
    keys = {language: set(sentences(language)) for language in LANGUAGES}
    assert keys["en"] == keys["zh"] == keys["ko"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_or_doubtful(language: str) -> None:
    assert all(form.strip() for forms in sentences(language).values() for form in forms)
    assert not [message.id for message in catalogue(language) if message.fuzzy and message.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_has_the_same_placeholders_in_every_language(language: str) -> None:
    english = sentences("en")
    for key, forms in sentences(language).items():
        for form in forms:
            assert placeholders(form) == placeholders(english[key][-1]), key


@pytest.mark.parametrize(("language", "script"), [("zh", r"[一-鿿]"), ("ko", r"[가-힣]")])
def test_a_translation_is_in_its_own_script(language: str, script: str) -> None:
    same = {"size.kib", "size.mib", "board.interval-sign", "run.cpu"}
    for key, forms in sentences(language).items():
        if key not in same:
            assert all(re.search(script, form) for form in forms), key


def test_every_code_that_the_domain_raises_has_a_sentence() -> None:
    keys = set(sentences("en"))
    raised = {
        code
        for folder in ("judge", "web")
        for path in (ROOT / folder).glob("*.py")
        for code in RAISED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(raised) > 40
    assert not {code for code in raised if f"said.{code}" not in keys}


def test_every_rule_of_an_archive_has_a_sentence() -> None:
    source = "".join((ROOT / "sandbox" / name).read_text() for name in ("archive.py", "manifest.py"))
    codes = {code.replace("_", "-") for code in ARCHIVE.findall(source)}
    assert len(codes) > 12
    assert not {code for code in codes if f"said.archive-{code}" not in sentences("en")}


def test_every_state_verdict_and_end_has_its_words() -> None:
    keys = set(sentences("en"))
    states = {state.value for states in (JudgementState, SubmissionState, PhaseState) for state in states}
    assert not {state for state in states if f"state.{state}" not in keys}
    assert not {state.value for state in PhaseState if f"word.{state.value}" not in keys}
    for verdict in ("AC", "CE", "RTE", "TLE", "MLE", "OLE", "PE", "SV", "JE"):
        assert {f"verdict.{verdict}", f"whose.{verdict}", f"said.ended-{verdict.lower()}"} <= keys


def test_every_key_that_a_template_or_a_view_names_exists() -> None:
    keys = set(sentences("en"))
    named = set()
    for path in TEMPLATES:
        named |= set(re.findall(r"\b(?:t|r\.count|r\.html|r\.text)\(\s*[\"']([^\"'{}]+)[\"']\s*[,)]", path.read_text()))
    for path in WEB.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="text" | "count" | "html"), args=[ast.Constant(value=str(key)), *_]
                ):
                    named.add(key)
    named = {key for key in named if "." in key}
    assert len(named) > 150
    assert named <= keys, named - keys


# ---------------------------------------------------------------------------------------------------------------------
# Nothing that is read stands outside the catalogues

SHOWN = {"title", "alt", "aria-label", "placeholder", "aria-description", "aria-valuetext", "label"}


class _Words(HTMLParser):
    """Text and shown attributes that hold letters, once Jinja's own marks are taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self._look(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (name in SHOWN or name.startswith("data-")) and value and name != "data-settled":
                self._look(value)
            if tag == "input" and name == "value" and value not in {"yes", None}:
                self._look(value or "")

    def _look(self, text: str) -> None:
        for word in re.findall(r"[^\W\d_]{2,}(?:-\d+)?", text):
            if word not in NAMES:
                self.found.append(word)


def words_in(path: Path) -> Iterator[str]:
    source = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{\{.*?\}\}", "", source, flags=re.DOTALL)
    parser = _Words()
    parser.feed(source)
    yield from parser.found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_shows_no_words_of_its_own(path: Path) -> None:
    assert list(words_in(path)) == []


def test_the_search_for_words_finds_them(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<p title="Hello">{{ t("nav.skip") }} <b>stray</b></p>')
    assert list(words_in(page)) == ["Hello", "stray"]


@pytest.mark.parametrize("path", sorted((WEB / "static" / "js").glob("*.js")), ids=lambda path: path.name)
def test_a_script_shows_no_words_of_its_own(path: Path) -> None:
    shown = re.findall(r"(?:textContent|innerText|title|alt)\s*[:=]\s*[\"'`]([^\"'`]*)", path.read_text())
    assert not [text for text in shown if re.search(r"[^\W\d_]{2,}", re.sub(r"\$\{.*?\}", "", text))]


@pytest.mark.parametrize("path", sorted((WEB / "static" / "css").glob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_shows_no_words(path: Path) -> None:
    assert not [text for text in re.findall(r"content:\s*\"([^\"]*)\"", path.read_text()) if text.isalpha()]
