"""Samples are packed the same way everywhere, so that they are known by their hash."""

import hashlib
import io
import os
import zipfile

from challenges import registry
from judge.catalogue import about
from judge.samples import is_sample, known_hashes, pack, packed, samples_of
from sandbox import archive


def test_packing_gives_the_same_bytes_whatever_the_times_modes_and_order(tmp_path):
    content = {"agent.py": b"def act(o): return 1\n", "data/b.txt": b"b", "data/a.txt": b"a"}
    packed = []
    for number, names in enumerate((content, reversed(content))):
        folder = tmp_path / str(number)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content[name])
            (folder / name).chmod(0o600 if number else 0o755)
            os.utime(folder / name, (number * 10**8, number * 10**8))
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / f"agent.{number}.pyc").write_bytes(b"x")
        packed.append(pack(folder))
    assert packed[0] == packed[1]
    assert zipfile.ZipFile(io.BytesIO(packed[0])).namelist() == ["agent.py", "data/a.txt", "data/b.txt"]
    assert hashlib.sha256(packed[0]).hexdigest() == "95bb48f39b8de6713fe20e2b8f505b4ab387533d16bd180ae1f7a3a0ad8a422f"


def test_every_sample_that_ships_is_known_and_is_an_entry(tmp_path):
    for slug in ("driving", "echo"):
        for sample in samples_of(slug):
            path = tmp_path / f"{slug}-{sample.name}.zip"
            path.write_bytes(pack(sample.path))
            assert is_sample(path)
            assert archive.check(path, filename=path.name).entry_point in {"agent.py", "entry.toml"}


def test_what_differs_by_one_byte_is_not_known(tmp_path):
    """Zones of trust: without walls nothing but these very bytes is played."""
    content = bytearray(pack(samples_of("echo")[0].path))
    content[-1] ^= 1
    path = tmp_path / "almost.zip"
    path.write_bytes(content)
    assert not is_sample(path)
    (tmp_path / "empty.zip").write_bytes(b"")
    assert not is_sample(tmp_path / "empty.zip")


def test_a_deck_is_known_as_it_is_with_what_is_written_beside_it():
    """A contest that people score: no archive around it."""
    sheet = about("startup")
    (sound,) = (sample for sample in samples_of("startup") if sample.name == "sound")
    sent = packed(sheet, sound)
    assert sent.content == (sound.path / "deck.pdf").read_bytes()
    assert sent.content.startswith(b"%PDF-")
    assert hashlib.sha256(sent.content).hexdigest() in known_hashes()
    assert (sent.filename, len(sent.links)) == ("deck.pdf", 2)
    assert sent.summary == (sound.path / "summary.txt").read_text()


def test_hashes_are_counted_once():
    assert known_hashes() is known_hashes()
    folders = {sample.path for slug in registry.names() for sample in samples_of(slug)}
    assert len(known_hashes()) == len(folders)
