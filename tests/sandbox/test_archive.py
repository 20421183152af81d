"""Uploads of every kind, most of them wrong: each must be refused by its rule, and nothing else may come out."""

import gzip
import io
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.archive import MIB, ArchiveLimits, EntryFacts, check, pack, unpack
from sandbox.errors import BadArchive
from sandbox.manifest import Manifest

AGENT = b"def act(observation):\n    return 0\n"
LIMITS = ArchiveLimits(packed_bytes=2 * MIB, unpacked_bytes=8 * MIB, files=50, name_bytes=100)
Files = dict[str, bytes]


def zipped(files: Files, *, modes: dict[str, int] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (modes or {}).get(name, stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def tarred(files: Files, *, kinds: dict[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.type = (kinds or {}).get(name, tarfile.REGTYPE)
            info.linkname = "agent.py" if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


Archive = Callable[[Files], bytes]
both = pytest.mark.parametrize(("make", "suffix"), [(zipped, ".zip"), (tarred, ".tar.gz")], ids=["zip", "tar.gz"])


@pytest.fixture
def upload(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return path

    return write


def refusal(path: Path, filename: str, limits: ArchiveLimits = LIMITS) -> str:
    with pytest.raises(BadArchive) as caught:
        check(path, filename=filename, limits=limits)
    return caught.value.code


Upload = Callable[[bytes], Path]


@both
def test_a_python_entry_is_told_by_its_agent(upload: Upload, make: Archive, suffix: str) -> None:
    path = upload(make({"agent.py": AGENT, "model/weights.bin": b"x" * 1000}))
    facts = check(path, filename=f"Bot{suffix.upper()}", limits=LIMITS)
    assert facts == EntryFacts(suffix[1:], 2, len(AGENT) + 1000, "agent.py")


@both
def test_one_folder_around_everything_is_taken_off(upload: Upload, make: Archive, suffix: str, tmp_path: Path) -> None:
    path = upload(make({"bot/agent.py": AGENT, "bot/lib/a.py": b""}))
    facts = check(path, filename=f"x{suffix}", limits=LIMITS)
    assert (facts.entry_point, facts.root) == ("bot/agent.py", "bot/")
    into = tmp_path / "into"
    into.mkdir()
    unpack(path, into, filename=f"x{suffix}", limits=LIMITS)
    assert sorted(p.relative_to(into).as_posix() for p in into.rglob("*")) == ["agent.py", "lib", "lib/a.py"]


@both
def test_another_language_is_told_by_its_manifest(upload: Upload, make: Archive, suffix: str) -> None:
    path = upload(make({"entry.toml": b'build = "make -j"\nrun = ["./bot", "--fast"]', "bot.c": b""}))
    assert check(path, filename=f"x{suffix}", limits=LIMITS).manifest == Manifest(("./bot", "--fast"), ("make", "-j"))


def test_a_single_file_is_the_agent(upload: Upload, tmp_path: Path) -> None:
    path = upload(AGENT)
    assert check(path, filename="mine.py", limits=LIMITS).entry_point == "agent.py"
    unpack(path, tmp_path, filename="mine.py", limits=LIMITS)
    assert (tmp_path / "agent.py").read_bytes() == AGENT


@both
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../agent.py", "traversal"),
        ("a/../../b", "traversal"),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("a\\b", "bad_name"),
        ("a\nb", "bad_name"),
        ("a\x1b[31m", "bad_name"),
        ("x" * 200, "name_too_long"),
        ("/".join("x" * 20), "name_too_long"),
        ("agent.py/x", "duplicate"),
        ("./agent.py", "duplicate"),
    ],
)
def test_a_bad_name_is_refused(upload: Upload, make: Archive, suffix: str, name: str, code: str) -> None:
    assert refusal(upload(make({"agent.py": AGENT, name: b""})), f"x{suffix}") == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "device"),
    ],
)
def test_a_tar_holds_only_files_and_folders(upload: Upload, kind: bytes, code: str) -> None:
    assert refusal(upload(tarred({"agent.py": AGENT, "x": b""}, kinds={"x": kind})), "x.tar.gz") == code


@pytest.mark.parametrize(("mode", "code"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "device"), (stat.S_IFCHR, "device")])
def test_a_zip_holds_only_files_and_folders(upload: Upload, mode: int, code: str) -> None:
    path = upload(zipped({"agent.py": AGENT, "x": b"agent.py"}, modes={"x": mode | 0o777}))
    assert refusal(path, "x.zip") == code


@both
def test_too_many_files_are_refused(upload: Upload, make: Archive, suffix: str) -> None:
    path = upload(make({"agent.py": AGENT} | {f"f{n}": b"" for n in range(50)}))
    assert refusal(path, f"x{suffix}") == "too_many_files"


@both
def test_a_bomb_is_stopped_by_what_comes_out_of_it(upload: Upload, make: Archive, suffix: str) -> None:
    path = upload(make({"agent.py": AGENT, "zeros": bytes(12 * MIB)}))
    assert refusal(path, f"x{suffix}") == "bomb"
    generous = ArchiveLimits(unpacked_bytes=100 * MIB, ratio=20)
    assert refusal(path, f"x{suffix}", generous) == "bomb"


@both
def test_an_archive_without_entry_point_is_refused(upload: Upload, make: Archive, suffix: str) -> None:
    assert refusal(upload(make({"main.py": AGENT})), f"x{suffix}") == "no_entry_point"
    assert refusal(upload(make({"a/agent.py": AGENT, "b/agent.py": AGENT})), f"x{suffix}") == "no_entry_point"
    assert refusal(upload(make({})), f"x{suffix}") == "empty"


@pytest.mark.parametrize(
    "text",
    ["run = ", "build = 'make'", "run = []", "run = ''", "run = [1]", "run = 'a \"'", "run = ['']", "a = " + "[" * 5000,
     "run = 'x'\nbuild = 3", "#" * 70_000 + "\nrun = 'x'", "run = \"\\u0000\""],
)  # fmt: skip
def test_a_manifest_that_says_nothing_to_run_is_refused(upload: Upload, text: str) -> None:
    assert refusal(upload(zipped({"entry.toml": text.encode()})), "x.zip") == "bad_entry_toml"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a = 1\n\0", "ü".encode("latin-1"), b"x" * 70_000 + b"\xc3"])
def test_a_single_file_must_be_text(upload: Upload, content: bytes) -> None:
    assert refusal(upload(content), "x.py") == "not_text"


def test_size_and_ending_are_looked_at_first(upload: Upload) -> None:
    assert refusal(upload(b""), "x.zip") == "empty"
    assert refusal(upload(b"#" * (3 * MIB)), "x.py") == "too_large"
    assert refusal(upload(b"x"), "x.rar") == "wrong_type"
    assert refusal(upload(b"x"), "") == "wrong_type"


def test_an_encrypted_zip_is_refused(upload: Upload) -> None:
    content = bytearray(zipped({"agent.py": AGENT}))
    content[content.rindex(b"PK\1\2") + 8] |= 1
    assert refusal(upload(bytes(content)), "x.zip") == "encrypted"


def test_a_zip_that_lies_about_a_size_is_refused(upload: Upload) -> None:
    content = zipped({"agent.py": AGENT})
    for size in (1, 2**31):
        at = content.rindex(b"PK\1\2") + 24
        assert refusal(upload(content[:at] + struct.pack("<I", size) + content[at + 4 :]), "x.zip") == "not_readable"


def test_names_of_a_zip_may_be_in_any_script(upload: Upload) -> None:
    path = upload(zipped({"agent.py": AGENT, "模型/权重.bin": b"x", "모델": b"y"}))
    assert check(path, filename="x.zip", limits=LIMITS).files == 3
    unflagged = zipped({"agent.py": AGENT, "qqqqqq": b"x"}).replace(b"qqqqqq", "模型".encode())
    assert check(upload(unflagged), filename="x.zip", limits=LIMITS).files == 2
    gbk = zipped({"agent.py": AGENT, "qqqq": b"x"}).replace(b"qqqq", "模型".encode("gbk"))
    assert refusal(upload(gbk), "x.zip") == "bad_name"


def test_what_a_mac_adds_is_passed_over(upload: Upload) -> None:
    path = upload(zipped({"bot/agent.py": AGENT, "__MACOSX/bot/._agent.py": b"\0\5"}))
    assert check(path, filename="x.zip", limits=LIMITS).root == "bot/"


def test_executables_stay_so_and_nothing_else_of_a_mode(upload: Upload, tmp_path: Path) -> None:
    modes = {"agent.py": stat.S_IFREG | 0o4777, "data": stat.S_IFREG | 0o600}
    (tmp_path / "into").mkdir()
    unpack(upload(zipped({"agent.py": AGENT, "data": b""}, modes=modes)), tmp_path / "into", filename="x.zip")
    assert [stat.S_IMODE((tmp_path / "into" / name).stat().st_mode) for name in modes] == [0o755, 0o644]


def test_a_directory_of_a_million_names_is_not_read_into_memory(upload: Upload) -> None:
    record = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = record * 1_000_000
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 40, 40, len(directory), 0, 0)
    path = upload(directory + end)
    assert peak_of(lambda: refusal(path, "x.zip", ArchiveLimits())) < 20 * MIB


def test_a_tar_header_of_a_gigabyte_is_not_read_into_memory(upload: Upload) -> None:
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    content = gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(30 * MIB))
    path = upload(content)
    assert peak_of(lambda: refusal(path, "x.tar.gz")) < 5 * MIB


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


SEEDS = [
    zipped({"agent.py": AGENT, "d/x": b"x" * 300}),
    tarred({"agent.py": AGENT, "d/x": b"x" * 300}),
    gzip.compress(b"x" * 2000),
    AGENT,
    zipped({"inner.zip": zipped({"agent.py": AGENT}), "agent.py": AGENT}),
]
anything = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def never_raises_anything_else(path: Path) -> None:
    for filename in ("x.zip", "x.tar.gz", "x.py"):
        try:
            check(path, filename=filename, limits=LIMITS)
        except BadArchive:
            continue


@anything
@given(content=st.binary(max_size=600))
def test_random_bytes_are_refused_and_nothing_worse(upload: Upload, content: bytes) -> None:
    never_raises_anything_else(upload(content))


@anything
@given(seed=st.sampled_from(SEEDS), data=st.data())
def test_damaged_archives_are_refused_or_read_and_nothing_worse(
    upload: Upload, seed: bytes, data: st.DataObject
) -> None:
    content = bytearray(seed)
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    never_raises_anything_else(upload(bytes(content[:cut])))


@anything
@given(header=st.binary(min_size=512, max_size=2048))
def test_damaged_tar_headers_are_refused_or_read_and_nothing_worse(upload: Upload, header: bytes) -> None:
    plain = bytearray(gzip.decompress(SEEDS[1]))
    plain[: len(header)] = bytes(a ^ b if b < 16 else a for a, b in zip(plain, header, strict=False))
    plain[148:156] = b"%06o\0 " % (sum(plain[:148]) + 256 + sum(plain[156:512]))
    never_raises_anything_else(upload(gzip.compress(bytes(plain), 1)))


def test_a_packed_folder_unpacks_to_the_same_and_is_the_same_each_time(tmp_path: Path) -> None:
    folder, into = tmp_path / "folder", tmp_path / "into"
    (folder / "lib" / "__pycache__").mkdir(parents=True)
    into.mkdir()
    for name in ("agent.py", "lib/a.py", "lib/__pycache__/a.pyc"):
        (folder / name).write_bytes(AGENT)
    pack(folder, tmp_path / "one.tar.gz")
    (folder / "agent.py").touch()
    pack(folder, tmp_path / "two.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    unpack(tmp_path / "one.tar.gz", into, filename="one.tar.gz")
    assert sorted(p.relative_to(into).as_posix() for p in into.rglob("*")) == ["agent.py", "lib", "lib/a.py"]


def test_a_folder_with_links_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").symlink_to("/etc")
    with pytest.raises(BadArchive, match="link"):
        pack(tmp_path / "folder", tmp_path / "out")
