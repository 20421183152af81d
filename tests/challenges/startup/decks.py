"""The sample decks as PDF files, the same bytes every time: `python -m tests.challenges.startup.decks`.

Plain PDF 1.4: one font that every reader has, a title, lines and a bar on each page, nothing compressed. A deck that is
`broken` is cut off before its table of objects, as a copy is that ended early."""

import textwrap
import tomllib
from pathlib import Path

from challenges.registry import folder

HERE = Path(__file__).parent
WIDTH, HEIGHT = 842, 595
COLOURS = ["0.09 0.33 0.55", "0.72 0.25 0.16", "0.18 0.45 0.30", "0.45 0.28 0.55"]


def contents() -> dict[str, dict]:
    return tomllib.loads((HERE / "decks.toml").read_text(encoding="utf-8"))


def escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def drawn(title: str, lines: list[str], number: int, of: int, colour: str) -> bytes:
    """What is on one page, as operators of a content stream."""
    parts = [f"{colour} rg", f"0 {HEIGHT - 18} {WIDTH} 18 re f", f"0 0 {WIDTH * number / of:.1f} 8 re f"]
    parts += ["BT", "/F2 38 Tf", f"60 {HEIGHT - 110} Td", f"({escaped(title)}) Tj", "ET"]
    parts += ["0.15 g", "BT", "/F1 21 Tf", f"60 {HEIGHT - 180} Td", "32 TL"]
    for line in lines:
        parts += [f"({escaped(part)}) Tj T*" for part in textwrap.wrap(line, 66)]
        parts.append("T*")
    parts += ["ET", "BT", "/F1 12 Tf", f"{WIDTH - 90} 26 Td", f"({number} / {of}) Tj", "ET"]
    return "\n".join(parts).encode("ascii")


def pdf(pages: list[list[str]], colour: str) -> bytes:
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    for font in ("Helvetica", "Helvetica-Bold"):
        objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} >>".encode())
    for number, (title, *lines) in enumerate(pages, 1):
        stream = drawn(title, lines, number, len(pages), colour)
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {4 + 2 * number} 0 R"
        objects.append(f"{page} /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table) + (
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    )
    return out


def made() -> dict[str, bytes]:
    """By sample, its deck."""
    decks = {}
    for number, (name, content) in enumerate(contents().items()):
        whole = pdf(content["pages"], COLOURS[number % len(COLOURS)])
        decks[name] = whole[: whole.index(b"xref\n")] if content.get("broken") else whole
    return decks


if __name__ == "__main__":
    for name, content in made().items():
        place = folder("startup") / "samples" / name
        place.mkdir(exist_ok=True)
        (place / "deck.pdf").write_bytes(content)
