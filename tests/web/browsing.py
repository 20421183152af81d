"""A person at a browser: follows forms as they are on the page, hidden fields and all."""

import io
import re
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class _Forms(HTMLParser):
    """Hidden fields of every form, by the form's address ('' for the page's own)."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, dict[str, str]] = {}
        self._at: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "form":
            self._at = facts.get("action") or ""
            self.hidden.setdefault(self._at, {})
        elif tag == "input" and self._at is not None and facts.get("type") == "hidden":
            self.hidden[self._at][facts.get("name") or ""] = facts.get("value") or ""


def hidden_fields(page: TestResponse, action: str = "") -> dict[str, str]:
    forms = _Forms()
    forms.feed(page.text)
    return dict(forms.hidden.get(action, {}))


class Browser:
    def __init__(self, client: FlaskClient, token: str | None, language: str) -> None:
        self.client = client
        self.language = language
        if token:
            client.set_cookie("podium", token)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(self._path(path), **more)

    def _path(self, path: str) -> str:
        return path if path.startswith(("/api", "/en/", "/zh/", "/ko/")) else f"/{self.language}{path}"

    def submit(self, path: str, fields: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """Open the page, fill its own form and send it."""
        page = self.get(path)
        data = {**hidden_fields(page), **(fields or {})}
        return self.client.post(self._path(path), data=data, **more)

    def upload(
        self,
        content: bytes,
        filename: str = "agent.py",
        *,
        contest: str = "driving",
        phase: str = "practice",
        fields: dict[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """The upload form, filled and sent."""
        path = self._path(f"/contests/{contest}/{phase}/upload")
        data: dict[str, Any] = {**hidden_fields(self.get(path), path), **(fields or {})}
        data["entry"] = (io.BytesIO(content), filename)
        return self.client.post(path, data=data, content_type="multipart/form-data", **more)


def text_of(page: TestResponse) -> str:
    """What a reader sees: markup taken off, blanks as one."""
    plain = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", page.text, flags=re.DOTALL)
    return " ".join(plain.split())
