"""System calls that Python 3.11 has no word for: namespaces, mounts, capabilities. Linux only; each raises OSError."""

import ctypes
import os
from functools import cache

NEW_MOUNTS, NEW_IPC, NEW_PIDS, NEW_NETWORK = 0x0002_0000, 0x0800_0000, 0x2000_0000, 0x4000_0000
MOUNT_READ_ONLY, MOUNT_NO_SETUID, MOUNT_NO_DEVICES, MOUNT_NO_EXEC = 1, 2, 4, 8
MOUNT_AGAIN, MOUNT_BIND, MOUNT_ALL_BELOW, MOUNT_PRIVATE = 0x20, 0x1000, 0x4000, 0x4_0000
_DETACH = 2
_SET_DEATH_SIGNAL, _GET_DEATH_SIGNAL, _SET_DUMPABLE, _DROP_BOUND, _SET_NO_NEW, _GET_NO_NEW = 1, 2, 4, 24, 38, 39
_SET_SECCOMP = 22
_CAPABILITY_VERSION = 0x2008_0522
_LAST_CAPABILITY = 63


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(namespaces: int) -> None:
    """Leave these namespaces for new ones. Of process ids: what is forked from now on."""
    _checked(_library().unshare(ctypes.c_int(namespaces)), "unshare")


def enter(namespace: int, kind: int) -> None:
    """The namespace behind a descriptor of `/proc/PID/ns/…`."""
    _checked(_library().setns(ctypes.c_int(namespace), ctypes.c_int(kind)), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    result = _library().mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    _checked(result, f"mounting {target}")


def change_root(folder: str) -> None:
    """Make a mounted folder the root of everything, and let go of what was there before."""
    os.chdir(folder)
    _checked(_library().pivot_root(b".", b"."), "pivot_root")
    _checked(_library().umount2(b".", ctypes.c_int(_DETACH)), "umount")
    os.chdir("/")


def _prctl(option: int, value: object, more: object = None) -> int:
    zero = ctypes.c_ulong(0)
    result: int = _library().prctl(ctypes.c_int(option), value, zero if more is None else more, zero, zero)
    return result


def death_signal() -> int:
    """What this process gets when the one that started it ends; 0 is nothing."""
    found = ctypes.c_int()
    _checked(_prctl(_GET_DEATH_SIGNAL, ctypes.byref(found)), "prctl")
    return found.value


def set_death_signal(number: int) -> None:
    _checked(_prctl(_SET_DEATH_SIGNAL, ctypes.c_ulong(number)), "prctl")


def forbid_inspection() -> None:
    """No other process without privileges may trace this one, read its memory, environment or descriptors."""
    _checked(_prctl(_SET_DUMPABLE, ctypes.c_ulong(0)), "prctl")


def forbid_gains() -> None:
    """Nothing started from here on gets more privileges than this process has."""
    _checked(_prctl(_SET_NO_NEW, ctypes.c_ulong(1)), "prctl")


def gains_forbidden() -> bool:
    return _prctl(_GET_NO_NEW, ctypes.c_ulong(0)) == 1


def filter_calls(program: object) -> None:
    """A pointer to a seccomp program, for good; where gains are forbidden."""
    _checked(_prctl(_SET_SECCOMP, ctypes.c_ulong(2), program), "seccomp")


def drop_bounding_set() -> None:
    """Every capability that there is, for whatever is executed later. Raises where this process may not."""
    for capability in range(_LAST_CAPABILITY + 1):
        if _prctl(_DROP_BOUND, ctypes.c_ulong(capability)) < 0:
            if ctypes.get_errno() == 22 and capability > 0:
                return  # past the kernel's last
            _checked(-1, "dropping capabilities")


def keep_capabilities(*kept: int) -> None:
    """Hold these alone, by number; none can be had back."""
    words = [0, 0]
    for capability in kept:
        words[capability // 32] |= 1 << capability % 32
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)(words[0], words[0], 0, words[1], words[1], 0)
    _checked(_library().capset(header, data), "capset")


def set_file_user(user: int, group: int) -> None:
    """As whom this thread, and no other, opens and makes files. From root to another and back."""
    library = _library()
    if user == 0:
        library.setfsuid(ctypes.c_uint32(user))
    library.setfsgid(ctypes.c_uint32(group))
    if user != 0:
        library.setfsuid(ctypes.c_uint32(user))
    refused = ctypes.c_uint32(-1)
    if library.setfsuid(refused) != user or library.setfsgid(refused) != group:
        raise PermissionError("the user for files cannot be changed")
