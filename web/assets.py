"""Our own scripts, styles and pictures, under addresses that change with their content: a browser may keep each for
ever. The style sheets are one file to the browser."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
STYLE = "podium.css"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    digest: str


class Assets:
    """Every asset by name, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        style = b"\n".join(path.read_bytes() for path in sorted((folder / "css").glob("*.css")))
        files = {STYLE: style}
        for path in sorted([*folder.glob("js/*.js"), *folder.glob("*.svg")]):
            files[path.name] = path.read_bytes()
        self._assets: Mapping[str, Asset] = {
            name: Asset(content, _TYPES[Path(name).suffix], hashlib.sha256(content).hexdigest()[:12])
            for name, content in files.items()
        }
        together = "".join(asset.digest for asset in self._assets.values())
        self.version = hashlib.sha256(together.encode()).hexdigest()[:12]
        """Changes when any asset does: pages that name assets are as old as this."""

    def path(self, name: str) -> str:
        """Where a page finds an asset. Raises KeyError for one that there is not."""
        return f"/static/{self._assets[name].digest}/{name}"

    def find(self, name: str) -> Asset | None:
        return self._assets.get(name)
