"""The data and run folders: what lies where, whom it belongs to, and how an older layout becomes this one.

    data/   db/podium.db  web/session.key  files/            the portal's user
            keys/seed.key  copies/  builds/  logs/           the workers' user: root, or the only one
    run/    redis/redis.sock  web/                           the portal's user
            players/  cores/  up.json                        the workers' user

Where the portal is another user than we, no file of ours lies in a folder of its: who may write a folder may put
something else in a file's place.
"""

import fcntl
import os
import stat
from pathlib import Path

from judge.errors import Misconfigured
from judge.zones import User, privileged

PORTALS_DATA, OURS_DATA = ("db", "web", "files"), ("keys", "copies", "builds", "logs")
PORTALS_RUN = ("redis", "web")
DATABASE = ("podium.db-wal", "podium.db-shm", "podium.db")
"""The database itself last: while it is not there nobody takes the others for its own."""


def prepare(data: Path, run: Path, *, web_user: User, default_database: bool) -> None:
    """Make both folders and what is in them; called by every part when it starts. Raises Misconfigured."""
    if not privileged() and os.access(data / "web", os.W_OK) and data.stat().st_uid != os.geteuid():
        return  # the portal in its zone: who started it has made them
    for folder in (data, run):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
    ours = User(os.geteuid(), os.getegid())
    portals = [*(data / name for name in PORTALS_DATA), *(run / name for name in PORTALS_RUN)]
    lock = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for folder in [*portals, *(data / name for name in OURS_DATA)]:
            folder.mkdir(exist_ok=True, mode=0o700)
        moved = {"session.key": "web", "seed.key": "keys"}
        moved |= dict.fromkeys(DATABASE, "db") if default_database else {}
        given = [data / folder for name, folder in moved.items() if _move(data / name, data / folder / name)]
        for folder in portals:
            _give(folder, web_user, always=folder in given)
        for name in OURS_DATA:
            _give(data / name, ours, always=False)
    finally:
        os.close(lock)


def _move(old: Path, new: Path) -> bool:
    """Whether there was something to move. Raises Misconfigured where both are there."""
    if not old.is_file() or old.is_symlink():
        return False
    if new.exists():
        raise Misconfigured(f"there are both {old} and {new}: keep the right one in the second place, and start again")
    old.rename(new)
    return True


def _give(folder: Path, user: User, *, always: bool) -> None:
    """A folder and everything in it, to a user, unless it is that user's already. A link is never followed, and a file
    that has a second name is left alone, since that may be anywhere."""
    folder.chmod(0o700)
    if not privileged() or (folder.stat().st_uid == user.uid and not always):
        return
    for _, folders, files, here in os.fwalk(folder, topdown=False):
        for name in [*folders, *files]:
            found = os.stat(name, dir_fd=here, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode) or found.st_nlink == 1:
                os.chown(name, user.uid, user.gid, dir_fd=here, follow_symlinks=False)
    os.chown(folder, user.uid, user.gid, follow_symlinks=False)


def owner(folder: Path) -> User:
    """Whom a folder belongs to."""
    found = folder.stat()
    return User(found.st_uid, found.st_gid)


def make_empty(path: Path) -> None:
    """An empty file, if there is none, for the owner of the folder that it is in."""
    whose = owner(path.parent)
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        if privileged():
            os.fchown(made, whose.uid, whose.gid)
    finally:
        os.close(made)
