"""Decks: PDF files that people are to read. A PDF is a stranger's file: here nothing of it is opened, only what can be
told from its first and its last bytes. The portal asks for size and kind, a worker for whether it came whole."""

import re
from pathlib import Path

from challenges.base import About, Message
from judge.errors import BadInput, TooMuch

MAGIC = b"%PDF-"
_BLANK = b"\xef\xbb\xbf\r\n\t "
_END_BYTES = 2048
_LAST = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
_OBJECT = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R\b|<<)")


def check_file(path: Path, *, about: About) -> None:
    """What the portal asks of an upload. Raises TooMuch, or BadInput where it is no PDF by its first bytes."""
    if path.stat().st_size > about.entry_mib << 20:
        raise TooMuch("archive-too-large", largest_mib=about.entry_mib)
    with path.open("rb") as file:
        begins = file.read(64).lstrip(_BLANK)
    if not begins.startswith(MAGIC):
        raise BadInput("deck-wrong-type")


def complaint(path: Path) -> Message | None:
    """Why a deck cannot be read, None where nothing speaks against it: its end is there and names the place of the
    table of its objects (ISO 32000-1, 7.5.5), and it opens without a password (7.6.1)."""
    content = path.read_bytes()
    ends = list(_LAST.finditer(content, max(0, len(content) - _END_BYTES)))
    if not ends:
        return Message("deck-cut-off")
    begin = max(0, content.find(MAGIC))  # some count from there
    if not any(_OBJECT.match(content, start + int(ends[-1][1])) for start in (0, begin)):
        return Message("deck-damaged")
    return Message("deck-encrypted") if _ENCRYPTED.search(content) else None
