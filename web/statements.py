"""A challenge's statement as markup: Markdown without HTML, its headings one level under the page's own."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from judge import catalogue

_DEEPEST = 6


@cache
def statement(challenge: str, language: str) -> Markup:
    """What the rules are. A first heading, which repeats the page's title, is left out."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(catalogue.statement(challenge, language))
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        del tokens[:3]
    for token in tokens:
        _place(token)
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704 - HTML in it is escaped


def _place(token: Token) -> None:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = f"h{min(_DEEPEST, int(token.tag[1]) + 1)}"
    if token.type in {"fence", "code_block"}:
        token.attrSet("tabindex", "0")
