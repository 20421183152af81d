"""System calls that no part in a zone has a use for, refused by the kernel itself (seccomp): what traces or reads other
processes, makes mounts or namespaces, loads code into the kernel, and sockets of any kind that is not needed. A network
namespace alone would not do, since some kinds of socket (vsock) know none.

A refused call fails with EPERM and ends nobody, since libraries probe. Entries' containers have a stricter filter of
their own; this one is for our code gone astray.
"""

import ctypes
import platform
import struct
from collections.abc import Iterable, Iterator

from judge import kernel

UNIX, INTERNET, INTERNET_6, NETLINK = 1, 2, 10, 16
_MACHINES = {"x86_64": (0xC000_003E, 0), "aarch64": (0xC000_00B7, 1)}
"""What the kernel calls the machine's calls, and the column of `_REFUSED`."""
_REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
}
_SOCKET, _CLONE, _CLONE3 = (41, 198), (56, 220), (435, 435)
_NAMESPACES = 0x7E02_0080
"""Every flag of clone that asks for a namespace."""
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _EPERM, _ENOSYS = 0x7FFF_0000, 0x0005_0000 | 1, 0x0005_0000 | 38
_FOREIGN = 0x4000_0000
"""From here on: another way of calling the same kernel (x32)."""
Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def known() -> bool:
    """Whether this kind of machine is among those whose calls are listed here."""
    return platform.machine() in _MACHINES


def install(*, sockets: Iterable[int]) -> None:
    """For this process and all that it starts; sockets of these families alone. Raises OSError. Does nothing on a
    machine that is not `known`."""
    if not known():
        return
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in _program(platform.machine(), sockets))
    program = _Program(len(code) // 8, code)
    kernel.filter_calls(ctypes.byref(program))


def _program(machine: str, sockets: Iterable[int]) -> Iterator[Instruction]:
    name, column = _MACHINES[machine]
    yield from ((_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, name), (_RETURN, 0, 0, _EPERM))
    yield from ((_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _FOREIGN), (_RETURN, 0, 0, _EPERM))
    for numbers in _REFUSED.values():
        yield from ((_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _EPERM))
    # The C library asks for clone3 first, whose flags a filter cannot see, and takes clone where there is none.
    yield from ((_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _ENOSYS))
    yield from (
        (_EQUAL, 0, 4, _CLONE[column]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _NAMESPACES),
        (_RETURN, 0, 0, _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    )
    families = list(sockets)
    yield from ((_EQUAL, 0, 2 + 2 * len(families), _SOCKET[column]), (_LOAD, 0, 0, _FIRST_ARGUMENT))
    for family in families:
        yield from ((_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW))
    yield (_RETURN, 0, 0, _EPERM)
    yield (_RETURN, 0, 0, _ALLOW)
