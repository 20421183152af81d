"""Serves agent.py in the working folder on an inherited channel: one line of JSON in, one line out. See runner.py.

Everything here shares its process with the entry, and is trusted with nothing: the host checks what arrives.
"""

import json
import os
import sys


def plain(value: object) -> object:
    """numpy's scalars and arrays as Python's own. Raises TypeError where there is no such form."""
    for method in ("tolist", "item"):
        convert = getattr(value, method, None)
        if callable(convert):
            return convert()
    raise TypeError(f"an answer must be JSON: {type(value).__name__} is not")


ENCODER = json.JSONEncoder(separators=(",", ":"), default=plain)


def serve(reader: int, writer: int) -> None:
    with open(reader, "rb") as lines:
        info = json.loads(next(lines, b"null"))
        import agent

        reset = getattr(agent, "reset", None)
        if reset is not None:
            reset(info)
        answer_with(writer, b'{"ready":true}\n')
        for line in lines:
            answer = ENCODER.encode(agent.act(json.loads(line)))
            answer_with(writer, answer.encode() + b"\n")


def answer_with(writer: int, line: bytes) -> None:
    left = memoryview(line)
    try:
        while left:
            left = left[os.write(writer, left) :]
    except (BrokenPipeError, ConnectionResetError):
        sys.exit()  # nobody asks any more


def run(reader: int, writer: int) -> None:
    """Until nobody asks any more; an entry that fails ends the process."""
    try:
        serve(reader, writer)
    except Exception:  # noqa: BLE001  the entry's own failure: its log gets it, whatever threads still run
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(1)
