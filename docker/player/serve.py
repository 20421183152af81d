"""Serves agent.py in the working folder on an inherited socket: one line of JSON in, one line out. See runner.py.

Everything here shares its process with the entry, and is trusted with nothing: the host checks what arrives.

Usage: serve.py DESCRIPTOR
"""

import json
import os
import socket
import sys
import traceback
from pathlib import Path


def plain(value: object) -> object:
    """numpy's scalars and arrays as Python's own. Raises TypeError where there is no such form."""
    for method in ("tolist", "item"):
        convert = getattr(value, method, None)
        if callable(convert):
            return convert()
    raise TypeError(f"an answer must be JSON: {type(value).__name__} is not")


def serve(channel: socket.socket) -> None:
    with channel.makefile("rb") as lines:
        info = json.loads(next(lines, b"null"))
        import agent

        reset = getattr(agent, "reset", None)
        if reset is not None:
            reset(info)
        answer_with(channel, b'{"ready":true}\n')
        for line in lines:
            answer = json.dumps(agent.act(json.loads(line)), separators=(",", ":"), default=plain)
            answer_with(channel, answer.encode() + b"\n")


def answer_with(channel: socket.socket, line: bytes) -> None:
    try:
        channel.sendall(line)
    except (BrokenPipeError, ConnectionResetError):
        sys.exit()  # nobody asks any more


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv.pop()))
    channel.set_inheritable(False)
    sys.path[0] = str(Path.cwd())
    sys.argv = ["agent.py"]
    try:
        serve(channel)
    except Exception:  # noqa: BLE001  the entry's own failure: its log gets it, whatever threads still run
        traceback.print_exc()
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
