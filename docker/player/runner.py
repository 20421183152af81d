"""The first process in an entry's container: waits for its order, unpacks the entry, and becomes the entry's program.

Theory of operation. The host listens on a Unix socket in a folder that is mounted read-only at /podium. The runner
connects, reads one line, the order, and does as it says. Everything up to `execvp` is our own code; afterwards no
trusted process is left beside the entry's. Before it lets go, it writes one line of its own, so that the host knows
where the entry begins: {"started": true}, or {"refused": code} where the archive breaks a rule.

    order   {"entry": path, "filename": name, "into": folder, "limits": {...}, "command": [...] | null,
             "plain": bool, "stdin": path | null, "python": path}

`command` null serves the entry on the socket: agent.py through serve.py, on a descriptor that is none of 0, 1, 2; or
the `run` command of entry.toml, which gets the socket as its standard input and output. Otherwise the command runs in
the entry's folder with `stdin` as its input, and the socket is closed; `plain` puts the one file there as it is.

What the program then sees is a line-by-line conversation in JSON. The first line is the hello, any object. It answers
one line when it is ready; from then on each line it reads wants one line back. serve.py answers {"ready": true} after
it has imported agent.py and called its `reset(info)` if there is one, with the hello as info.

Usage: runner.py --socket PATH | --fd N
"""

import json
import os
import shutil
import socket
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ORDER_BYTES = 65_536
NOT_FOUND, NOT_EXECUTABLE, REFUSED = 127, 126, 125

for place in (HERE, HERE.parents[1]):
    if (place / "sandbox" / "archive.py").exists():
        sys.path.insert(0, str(place))
        break

from sandbox.archive import ArchiveLimits, unpack  # noqa: E402  the path comes first
from sandbox.errors import BadArchive  # noqa: E402


def main(arguments: list[str]) -> None:
    match arguments:
        case ["--socket", path]:
            channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            channel.connect(path)
        case ["--fd", number]:
            channel = socket.socket(fileno=int(number))
            channel.set_inheritable(False)
        case _:
            sys.exit(__doc__)
    order = read_order(channel)
    os.chdir(order["into"])
    try:
        command = prepare(order)
    except BadArchive as error:
        print(f"The entry was refused: {error.code} {error.params or ''}", file=sys.stderr)
        channel.sendall(json.dumps({"refused": error.code}).encode() + b"\n")
        sys.exit(REFUSED)
    connect_standard_streams(channel, order, command)
    channel.sendall(b'{"started": true}\n')
    become(command)


def read_order(channel: socket.socket) -> dict:
    """One line, and not a byte of what comes after it: that is for the program."""
    line = b""
    while not line.endswith(b"\n"):
        byte = channel.recv(1)
        if not byte or len(line) > ORDER_BYTES:
            sys.exit(0)
        line += byte
    return json.loads(line)


def prepare(order: dict) -> list[str]:
    """Unpack, and say what to become."""
    entry, into, command = Path(order["entry"]), Path(order["into"]), order["command"]
    if order["plain"]:
        shutil.copyfile(entry, into / Path(order["filename"]).name)
        (into / Path(order["filename"]).name).chmod(0o755)
        return command
    limits = ArchiveLimits(**order["limits"])
    facts = unpack(entry, into, filename=order["filename"], limits=limits, any_content=command is not None)
    if facts.manifest is not None:
        program = into / facts.manifest.run[0]
        if program.is_file():
            program.chmod(0o755)
    if command is not None:
        return command
    if facts.manifest is not None:
        return list(facts.manifest.run)
    return [order["python"], "-u", str(HERE / "serve.py")]


def connect_standard_streams(channel: socket.socket, order: dict, command: list[str]) -> None:
    if order["command"] is not None:
        channel.set_inheritable(False)
        source = os.open(order["stdin"] or os.devnull, os.O_RDONLY)
        os.dup2(source, 0)
        return
    if command[-1] == str(HERE / "serve.py"):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        command.append(str(channel.fileno()))
        channel.set_inheritable(True)
        return
    os.dup2(channel.fileno(), 0)
    os.dup2(channel.fileno(), 1)


def become(command: list[str]) -> None:
    try:
        os.execvp(command[0], command)  # noqa: S606  that is the point
    except OSError as error:
        print(f"Cannot run {command[0]!r}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


if __name__ == "__main__":
    main(sys.argv[1:])
