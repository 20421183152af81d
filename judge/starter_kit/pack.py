"""Packs entry/ (or the folder that you name) as it is to be uploaded: `python3 pack.py [FOLDER]` writes FOLDER.zip.

Sorted names, no times, no modes: the same files give the same bytes on every machine, so the SHA-256 that is printed
here is the one that `podium try` prints and that your receipt will name.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

LEFT_OUT = {"__pycache__", ".git"}


def packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and LEFT_OUT.isdisjoint(path.relative_to(folder).parts):
                info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                info.create_system, info.external_attr = 3, 0o644 << 16
                archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "entry")
    content = packed(folder)
    target = folder.with_name(f"{folder.name}.zip")
    target.write_bytes(content)
    print(f"{target}: {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
