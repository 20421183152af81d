"""entry.toml: what it may say, what it means where it says less, and which rule it breaks."""

import io
import tarfile
from pathlib import Path

import pytest

from sandbox import languages, packages
from sandbox.archive import check
from sandbox.errors import BadArchive
from sandbox.manifest import KEYS, Manifest, read_manifest

CPP = languages.by_slug("cpp")
assert CPP is not None


@pytest.mark.parametrize(
    ("text", "manifest", "toolchain"),
    [
        ('run = ["./agent", "--fast"]', Manifest(("./agent", "--fast")), None),
        ("run = \"./agent --name 'a b'\"", Manifest(("./agent", "--name", "a b")), None),
        ('language = "executable"\nrun = ["./agent"]', Manifest(("./agent",), None, "executable"), None),
        ('language = "cpp"', Manifest(("./agent",), CPP.build, "cpp"), "cpp"),
        ('language = "cpp"\nbuild = ["make"]', Manifest(("./agent",), ("make",), "cpp"), "cpp"),
        ('language = "c"\nbuild = "make -j2"\nrun = ["./bot"]', Manifest(("./bot",), ("make", "-j2"), "c"), "c"),
        ('build = ["make"]\nrun = ["./bot"]', Manifest(("./bot",), ("make",)), "any"),
        ('language = "python"', Manifest((), None, "python"), None),
        ('language = "python"\nbuild = ["python3", "p.py"]', Manifest((), ("python3", "p.py"), "python"), "python"),
        ('language = "python"\nrun = ["python3", "x.py"]', Manifest(("python3", "x.py"), None, "python"), None),
        ('\ufeffrun = ["./agent"]', Manifest(("./agent",)), None),
    ],
)
def test_what_a_manifest_leaves_out_its_language_says(text: str, manifest: Manifest, toolchain: str | None) -> None:
    assert read_manifest(text.encode()) == manifest
    assert manifest.toolchain == toolchain


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "run"),
        ("run = []", "run"),
        ('run = ""', "run"),
        ("run = [1]", "run"),
        ('run = [""]', "run"),
        ('run = ["a\\u0000b"]', "run"),
        ('run = "a \'b"', "run"),
        ("run = true", "run"),
        ('build = ["make"]', "run"),
        ('language = "executable"', "run"),
        ('language = "executable"\nbuild = ["make"]\nrun = ["./a"]', "build"),
        ('language = "cpp"\nbuild = []', "build"),
        ('language = "cpp"\nbuild = false', "build"),
        ('language = "cobol"\nrun = ["./a"]', "language"),
        ('language = ["cpp"]', "language"),
        ('language = ""\nrun = ["./a"]', "language"),
        ('language = "any"\nrun = ["./a"]', "language"),
        ('lang = "cpp"\nrun = ["./a"]', "unknown_key"),
        ('run = ["./a"]\n[limits]\nmemory = 9', "unknown_key"),
        ("run = [", "not_toml"),
        ("[" * 5000, "not_toml"),
        ("\x00", "not_toml"),
        ("#" * 70_000, "too_long"),
    ],
)
def test_an_odd_manifest_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadArchive) as refused:
        read_manifest(text.encode())
    assert (refused.value.code, refused.value.params) == ("bad_entry_toml", {"reason": reason})


def test_what_is_not_utf_8_is_not_toml() -> None:
    with pytest.raises(BadArchive) as refused:
        read_manifest(b'run = "\xff"')
    assert refused.value.params == {"reason": "not_toml"}


def packed(to: Path, **files: str) -> Path:
    with tarfile.open(to / "entry.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return to / "entry.tar.gz"


def test_a_python_entry_with_a_manifest_needs_its_agent_unless_its_build_makes_one(tmp_path: Path) -> None:
    served = 'language = "python"'
    with pytest.raises(BadArchive, match="no_entry_point"):
        check(packed(tmp_path, entry_toml=served), filename="entry.tar.gz")
    assert check(packed(tmp_path, entry_toml=served, agent_py=""), filename="entry.tar.gz").manifest is not None
    made = packed(tmp_path, entry_toml=served + '\nbuild = ["python3", "make.py"]')
    assert check(made, filename="entry.tar.gz").manifest is not None


def test_the_guide_shows_manifests_that_are_taken_and_names_every_language() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "team.md").read_text(encoding="utf-8")
    shown = [part.split("```")[0] for part in guide.split("```toml\n")[1:]]
    assert len(shown) >= 3
    for text in shown:
        read_manifest(text.encode())
    assert not [language.slug for language in languages.LANGUAGES if f"`{language.slug}`" not in guide]
    for language in languages.chosen("c") + languages.chosen("cpp"):
        assert language.build is not None
        assert f"`{language.build[2].removeprefix('exec ')}`" in guide
    assert not [name for name in packages.PACKAGES if name not in guide]
    assert not [key for key in KEYS if f"`{key}`" not in guide]
