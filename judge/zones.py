"""Zones of trust: who a process is, and what is in its world (DESIGN, zones of trust).

Theory of operation. Started as root, Podium gives its untrusted parts users and worlds of their own:

* the portal and Redis run as one user per data folder, in a root folder (`judge.enclosure`) that holds what the
  interpreter needs and the folders that they write, Redis without a network;
* the nursery keeps the four capabilities with which it makes a world for each child (`RefereeZone.fork`): a user
  of its own, its own process ids, network, shared memory and temporary files, in a root folder of code alone.

No account is needed: users are numbers, in a range that nobody hands out. The portal's follows from the path of the
data folder; a child's from its nursery's process id and a counter, so that no two on a machine are the same, and the
bound on processes, which the kernel counts by user, is each child's own.

What a machine does not let us do, we do without, and say so: a zone is tried in a process that is thrown away, first
with everything, then as another user alone. A process that is not root stays as it is.
"""

import contextlib
import hashlib
import os
import pwd
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from judge import enclosure, kernel, seccomp
from judge.errors import Misconfigured

CHILDREN_FROM, CHILDREN_EACH, CHILDREN_NURSERIES = 0x7000_0000, 32, 1 << 22
"""Users of referee's children: so many for each nursery, by its process id; which are no more than 2²²."""
INSTALLATIONS_FROM, INSTALLATIONS = CHILDREN_FROM + CHILDREN_EACH * CHILDREN_NURSERIES, 100_000_000
"""Users of portals, by data folder. All of it lies above the range of containers and below what nobody may use."""
SMALL_PORTAL, SMALL_CHILD = 65_520, 65_521
"""Where the system maps small numbers only, as inside a container with its own."""
SCRATCH_MIB = 64
_KILL, _SET_GROUP, _SET_USER, _ADMIN = 5, 6, 7, 21
"""Capabilities. Without the first, the death of a nursery would not reach its children, which are of other users."""


class Walls(Enum):
    """How much of a zone this machine lets us have."""

    WORLD = "a user and a world of its own"
    USER = "a user of its own"
    NONE = "no user or world of their own"


@dataclass(frozen=True, slots=True)
class User:
    uid: int
    gid: int


def privileged() -> bool:
    """Whether this process can make zones at all."""
    return os.geteuid() == 0


def web_user(named: str, data: Path) -> User:
    """The portal's user: the one named, or the data folder's own number. Raises Misconfigured."""
    if not privileged():
        return User(os.geteuid(), os.getegid())
    if named:
        return _named("PODIUM_WEB_USER", named)
    if not _mapped(INSTALLATIONS_FROM + INSTALLATIONS):
        return User(SMALL_PORTAL, SMALL_PORTAL)
    tag = hashlib.sha256(os.fsencode(data)).digest()
    number = INSTALLATIONS_FROM + int.from_bytes(tag[:8]) % INSTALLATIONS
    return User(number, number)


def children_users(named: str, *, nursery: int) -> tuple[User, int]:
    """The user of a nursery's first child, and how many there are from that number on. Raises Misconfigured."""
    if not privileged():
        return User(os.geteuid(), os.getegid()), 1
    if named:
        return _named("PODIUM_REFEREE_USER", named), 1
    if not _mapped(INSTALLATIONS_FROM):
        return User(SMALL_CHILD, SMALL_CHILD), 1
    first = CHILDREN_FROM + nursery % CHILDREN_NURSERIES * CHILDREN_EACH
    return User(first, first), CHILDREN_EACH


def _named(variable: str, text: str) -> User:
    if text.isascii() and text.isdecimal() and len(text) < 11:
        found = User(int(text), int(text))
    else:
        try:
            row = pwd.getpwnam(text)
        except KeyError:
            raise Misconfigured(f"{variable} names the user {text!r}, and there is none on this machine") from None
        found = User(row.pw_uid, row.pw_gid)
    if found.uid == 0 or found.gid == 0 or found.uid >= (1 << 32) - 1:
        raise Misconfigured(f"{variable} must be a user without privileges, not {text!r}")
    return found


def _mapped(number: int) -> bool:
    """Whether the system knows a user of that number here."""
    for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines():
        first, _, count = map(int, line.split())
        if first <= number < first + count:
            return True
    return False


# ---------------------------------------------------------------------------------------------------------------------
# Entering


@dataclass(frozen=True, slots=True)
class World:
    """What is there for a process: paths to read, and paths to write."""

    seen: Sequence[Path]
    written: Sequence[Path] = ()
    sockets: tuple[int, ...] = ()
    """Of which families (`judge.seccomp`); anything beyond Unix ones also needs the machine's network, and has it."""
    scratch_mib: int = 0
    """Of a folder for temporary files; none where 0."""

    def enter(self, user: User) -> None:
        """Raises OSError."""
        kernel.unshare(kernel.NEW_IPC | (0 if set(self.sockets) - {seccomp.UNIX} else kernel.NEW_NETWORK))
        enclosure.enter(seen=self.seen, written=self.written)
        if self.scratch_mib:
            enclosure.scratch(self.scratch_mib, user=user.uid, group=user.gid)


def become(user: User) -> None:
    """That user for good: no other groups, no capabilities, nothing to gain by running a program. What kills this
    process when its parent ends still does. Raises OSError."""
    parent, signal = os.getppid(), kernel.death_signal()
    with contextlib.suppress(PermissionError):  # a container without that capability has no more to give anyway
        kernel.drop_bounding_set()
    kernel.forbid_gains()
    os.setgroups([])
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
    kernel.keep_capabilities()
    if signal:
        kernel.set_death_signal(signal)
        if os.getppid() != parent:
            os._exit(1)


@dataclass(frozen=True, slots=True)
class Found:
    """What a machine lets us have, and why it is not more."""

    walls: Walls
    reason: str = ""


def possible(world: World, user: User, *, process_ids: bool = False) -> Found:
    """How much of such a zone there can be here, tried in processes that are thrown away."""
    if not privileged():
        return Found(Walls.NONE, "not started as root")

    def whole() -> None:
        world.enter(user)
        if process_ids:
            kernel.unshare(kernel.NEW_PIDS)
        become(user)
        seccomp.install(sockets=world.sockets)

    if not (first := _complaint(whole, world)):
        return Found(Walls.WORLD)
    second = _complaint(lambda: become(user), world)
    return Found(Walls.NONE, f"{first}; {second}") if second else Found(Walls.USER, first)


def _complaint(enter: Callable[[], None], world: World) -> str:
    """Why a process cannot enter, or then read the interpreter and its own code and write what it must; empty where it
    can."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = "it ended"
        try:
            enter()
            unread = [path for path in (os.__file__, __file__) if not os.access(path, os.R_OK)]
            unwritten = [str(path) for path in world.written if not os.access(path, os.W_OK | os.X_OK)]
            said = ", ".join([*(f"{path} cannot be read" for path in unread),
                              *(f"{path} cannot be written" for path in unwritten)])  # fmt: skip
        except OSError as error:
            said = str(error)
        finally:
            os.write(writing, said.encode()[:1000])
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:  # noqa: PTH123 - a descriptor
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


def enter(world: World, user: User) -> Found:
    """This process into its zone, as far as this machine lets it. Raises OSError where what was possible is not."""
    found = possible(world, user)
    if found.walls is Walls.WORLD:
        world.enter(user)
    if found.walls is not Walls.NONE:
        become(user)
        seccomp.install(sockets=world.sockets)
    return found


# ---------------------------------------------------------------------------------------------------------------------
# The referee's


def referee_world(code: Iterable[Path] = ()) -> World:
    """Of a nursery and its children: code, and a folder for temporary files, over which each child gets another."""
    return World(seen=[*enclosure.python(), *code], scratch_mib=SCRATCH_MIB)


class RefereeZone:
    """Where a nursery stands, and what its children are put into."""

    def __init__(self, named: str) -> None:
        """Raises Misconfigured."""
        self._first, self._each = children_users(named, nursery=os.getpid())
        self._count = 0
        self.walls = Walls.NONE
        self._own_ids = -1

    def enter(self, code: Iterable[Path]) -> None:
        """The nursery itself: the children's world, as root of it, with just the capabilities that making them takes.
        Raises Misconfigured, OSError."""
        if not privileged():
            return
        world = referee_world(code)
        self.walls = possible(world, self._first, process_ids=True).walls
        if self.walls is Walls.WORLD:
            self._own_ids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            world.enter(User(0, 0))
        if self.walls is not Walls.NONE:
            kernel.forbid_inspection()
            kernel.forbid_gains()
            with contextlib.suppress(PermissionError):
                kernel.drop_bounding_set()
            kernel.keep_capabilities(_KILL, _SET_GROUP, _SET_USER, *([_ADMIN] if self.walls is Walls.WORLD else []))

    @property
    def own_users(self) -> bool:
        """Whether each child has a user that nobody else has."""
        return self.walls is not Walls.NONE and self._each > 1

    def fork(self) -> int:
        """As `os.fork`; a child is the first process of its own process ids, so that whatever it starts ends with it,
        and still has to `enter_child`."""
        self._count += 1
        if self.walls is not Walls.WORLD:
            return os.fork()
        kernel.unshare(kernel.NEW_PIDS)
        pid = os.fork()
        if pid:
            kernel.enter(self._own_ids, kernel.NEW_PIDS)
        return pid

    def enter_child(self) -> None:
        """What a child does first of all. Raises OSError: then it must not go on."""
        number = self._count % self._each
        user = User(self._first.uid + number, self._first.gid + number)
        if self.walls is Walls.WORLD:
            kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_IPC | kernel.NEW_NETWORK)
            enclosure.scratch(SCRATCH_MIB, user=user.uid, group=user.gid)
        if self.walls is not Walls.NONE:
            become(user)
        kernel.forbid_inspection()
        kernel.forbid_gains()
        seccomp.install(sockets=())


# ---------------------------------------------------------------------------------------------------------------------
# Files


@contextlib.contextmanager
def files_as(user: User) -> Iterator[None]:
    """This thread opens and makes files as that user: in a folder that belongs to somebody less trusted, root would
    follow whatever link it is shown. Does nothing where this process is not root, or the user is."""
    if user.uid == 0 or not privileged():
        yield
        return
    kernel.set_file_user(user.uid, user.gid)
    try:
        yield
    finally:
        kernel.set_file_user(0, 0)
