"""Files by what they hold: all of one or nothing, on the disk before anybody hears of it."""

import errno
import hashlib
import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from judge import storage as module
from judge.errors import NotFound, StorageFull
from judge.storage import Storage, open_storage
from tests.judge.world import settings_in


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def files(storage: Storage) -> set[str]:
    """Everything below a local store, scratch aside."""
    return {path.name for path in storage._local.rglob("*") if path.is_file() and storage.scratch not in path.parents}


@pytest.fixture(params=["file", "memory"])
def any_store(request, tmp_path, storage):
    if request.param == "file":
        return storage
    return Storage(f"memory://podium-{tmp_path.name}-{os.getpid()}", scratch=tmp_path / "scratch")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_what_is_kept_comes_back(any_store, content):
    name = any_store.keep_bytes(content)
    assert name == sha(content)
    assert any_store.read(name) == content
    assert any_store.local_path(name).read_bytes() == content


def test_an_upload_is_kept_by_what_it_holds(any_store):
    path = any_store.receive(io.BytesIO(b"entry"))
    kept = any_store.keep(path)
    path.unlink()
    assert (kept.sha256, kept.size_bytes) == (sha(b"entry"), 5)
    with any_store.open(kept.sha256) as file:
        assert file.read() == b"entry"


def test_the_same_content_twice_is_one_file(storage):
    for _ in range(3):
        storage.keep_bytes(b"same")
    storage.keep_bytes(b"other")
    assert files(storage) == {sha(b"same"), sha(b"other")}
    assert list(storage.scratch.iterdir()) == []


def test_what_is_kept_is_never_written_again(storage):
    path = storage.local_path(storage.keep_bytes(b"x"))
    assert path.stat().st_mode & 0o222 == 0


def test_what_was_never_kept_is_not_found(any_store):
    for ask in (any_store.read, any_store.open, any_store.local_path):
        with pytest.raises(NotFound):
            ask(sha(b"never"))


def test_many_who_keep_the_same_at_once_keep_one(any_store):
    content = b"z" * 200_000
    barrier, names = threading.Barrier(6), []

    def keep() -> None:
        barrier.wait()
        names.append(any_store.keep_bytes(content))

    threads = [threading.Thread(target=keep) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == [sha(content)] * 6
    assert any_store.read(sha(content)) == content


def test_an_upload_is_cut_one_byte_past_what_it_may_be(storage):
    assert storage.receive(io.BytesIO(b"x" * 10), most_bytes=10).stat().st_size == 10
    assert storage.receive(io.BytesIO(b"x" * 99), most_bytes=10).stat().st_size == 11


def test_nothing_is_received_where_the_reserve_is_touched(settings):
    storage = Storage(settings.storage_url, scratch=settings.data / "s", min_free_mib=1 << 40)
    with pytest.raises(StorageFull):
        storage.receive(io.BytesIO(b"x"))
    assert list(storage.scratch.iterdir()) == []


class Dying(io.BytesIO):
    def __init__(self, error: BaseException) -> None:
        super().__init__(b"x" * 100)
        self.error = error

    def read(self, size: int | None = -1) -> bytes:
        raise self.error


@pytest.mark.parametrize("error", [ConnectionResetError(), ValueError("a proxy's nonsense"), KeyboardInterrupt()])
def test_a_sender_who_hangs_up_leaves_nothing(storage, error):
    with pytest.raises(type(error)):
        storage.receive(Dying(error))
    assert list(storage.scratch.iterdir()) == []


FULL = [errno.ENOSPC, errno.EDQUOT, errno.EROFS]


def failing(code: int):
    def fail(*_: object, **__: object):
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("code", FULL)
@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_full_disk_keeps_nothing_by_halves(storage, monkeypatch, call, code):
    """Promise 1: what could not be written whole is refused, and nothing of it stays."""
    storage.keep_bytes(b"before")
    monkeypatch.setattr(os, call, failing(code))
    with pytest.raises(StorageFull):
        storage.keep_bytes(b"too much")
    with pytest.raises(StorageFull):
        storage.keep(storage.receive(io.BytesIO(b"too much")))
    monkeypatch.undo()
    assert files(storage) == {sha(b"before")}
    assert storage.keep_bytes(b"too much") == sha(b"too much")


class FullFile(io.BytesIO):
    def write(self, data) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fills_while_writing_is_refused(storage, monkeypatch):
    """Promise 1."""
    real = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda self, mode="r", **kw: _spoilt(real(self, mode, **kw)) if "x" in mode else real(self, mode, **kw),
    )
    with pytest.raises(StorageFull):
        storage.receive(io.BytesIO(b"x"))
    with pytest.raises(StorageFull):
        storage.keep_bytes(b"x")
    monkeypatch.undo()
    assert files(storage) == set()
    assert list(storage.scratch.iterdir()) == []


def _spoilt(file):
    file.close()
    return FullFile()


def test_another_error_is_not_called_a_full_disk(storage, monkeypatch):
    monkeypatch.setattr(os, "link", failing(errno.EIO))
    with pytest.raises(OSError, match="Input/output") as raised:
        storage.keep_bytes(b"x")
    assert not isinstance(raised.value, StorageFull)


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.ENOTSUP])
def test_where_there_are_no_links_a_file_is_copied_whole(storage, monkeypatch, code):
    monkeypatch.setattr(os, "link", failing(code))
    name = storage.keep_bytes(b"from afar")
    assert storage.read(name) == b"from afar"
    assert storage.keep_bytes(b"from afar") == name
    assert files(storage) == {name}
    monkeypatch.setattr(module.shutil, "copyfileobj", failing(errno.ENOSPC))
    with pytest.raises(StorageFull):
        storage.keep_bytes(b"more")
    assert files(storage) == {name}


def test_a_file_and_its_folders_are_synced_before_it_counts_as_kept(storage, monkeypatch):
    """Promise 1: file first, then its name, then the folders that hold the name; also where another was faster."""
    done: list[str] = []
    real_sync, real_link = os.fsync, os.link

    def sync(descriptor: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name.partition('-')[0]}")
        real_sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "link", lambda *names: (done.append("link"), real_link(*names)))
    shard = sha(b"x")[:2]
    storage.keep_bytes(b"x")
    assert done == ["sync bytes", "link", f"sync {shard}", "sync files"]
    done.clear()
    storage.keep_bytes(b"x")
    assert done == ["sync bytes", "link", f"sync {shard}", "sync files"]


def test_old_scratch_is_cleared_and_new_is_not(storage, monkeypatch):
    old, new, gone = (storage.receive(io.BytesIO(b"x")) for _ in range(3))
    os.utime(old, (1000, 1000))
    os.utime(gone, (1000, 1000))
    real = Path.iterdir

    def listed(folder: Path):
        found = [path for path in real(folder) if path != gone]
        gone.unlink(missing_ok=True)
        return iter([*found, *([gone] if folder == gone.parent else [])])

    monkeypatch.setattr(Path, "iterdir", listed)
    assert list(storage.sweep_scratch(older_than=2000)) == [old]
    assert new.exists()


def test_a_copy_in_use_is_not_swept(tmp_path):
    store = Storage(f"memory://swept-{os.getpid()}", scratch=tmp_path)
    name = store.keep_bytes(b"remote")
    copy = store.local_path(name)
    os.utime(copy, (1000, 1000))
    assert store.local_path(name) == copy
    assert list(store.sweep_scratch(older_than=2000)) == []


def test_scratch_lies_where_a_link_can_reach_it(tmp_path):
    local = open_storage(settings_in(tmp_path))
    assert local.scratch == tmp_path / "data" / "files" / ".incoming"
    remote = open_storage(settings_in(tmp_path, PODIUM_STORAGE_URL="memory://bucket/prefix"))
    assert remote.scratch == tmp_path / "data" / "files" / ".incoming"
    assert remote._name("ab" * 32).endswith(f"/bucket/prefix/ab/{'ab' * 32}")
