"""Any static Linux executable, or a script for the shell of the image: nothing is built."""

import platform
import struct

from sandbox.languages.language import Language, SelfTest

_CODE = bytes.fromhex(
    "b800000000"  # again: mov eax, 0 (read)
    "31ff"  # xor edi, edi
    "488d35faff0000"  # lea rsi, [rip + 0xfffa]: the page behind the code
    "ba00100000"  # mov edx, 4096
    "0f05"  # syscall
    "4885c0"  # test rax, rax
    "7e10"  # jle done
    "89c2"  # mov edx, eax
    "b801000000"  # mov eax, 1 (write)
    "bf01000000"  # mov edi, 1
    "0f05"  # syscall
    "ebd6"  # jmp again
    "b83c000000"  # done: mov eax, 60 (exit)
    "31ff"  # xor edi, edi
    "0f05"  # syscall
)


def echo() -> bytes:
    """A static program that says whatever it hears: machine code where we have some, otherwise a script."""
    if platform.machine() != "x86_64":
        return b'#!/bin/sh\nwhile read -r line; do echo "$line"; done\n'
    base, head = 0x400000, 64 + 56
    elf = struct.pack(
        "<4s5B7xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, 2, 62, 1, base + head, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    size = head + len(_CODE)
    program = struct.pack("<IIQQQQQQ", 1, 7, 0, base, base, size, 0x20000, 0x1000)
    return elf + program + _CODE


LANGUAGE = Language(
    "executable",
    "any static Linux executable",
    SelfTest(
        {"entry.toml": b'language = "executable"\nrun = ["./echo"]\n', "echo": echo()},
        exchange=((7, 7), ("é", "é")),
        executable=("echo",),
    ),
)
