"""The first process of ours in an entry's container: waits for its order, unpacks the entry, starts the entry's program
and ends as that one does.

Theory of operation. The host listens on a Unix socket in a folder that is mounted read-only at /podium. The runner
connects and reads one line, the order. It unpacks the entry and says {"prepared": true}, or {"refused": code} where the
archive breaks a rule; then the host looks at its clocks and answers with an empty line, and only now the runner forks.
The child becomes the program: its own CPU clock begins at zero where the host's count begins. What is ready by then
(Python with what serve.py needs) need not be started again.

    order   {"entry": path, "filename": name, "into": folder, "archive": {...}, "command": [...] | null, "plain": bool,
             "stdin": path | null, "cpu_seconds": n, "open_files": n, "file_mib": n, "collect": bool}

`command` null serves the entry on the socket: agent.py through serve.py, on a descriptor that is none of 0, 1, 2; or
the `run` command of entry.toml, which gets the socket as its standard input and output. Otherwise the command runs in
the entry's folder with `stdin` as its input, and the socket is closed; `plain` puts the one file there as it is. With
`collect` the folder is sent over the socket, as a gzipped tar, once the command has ended with status 0.

What the program then sees is a line-by-line conversation in JSON. The first line is the hello, any object. It answers
one line when it is ready; from then on each line it reads wants one line back. serve.py answers {"ready": true} after
it has imported agent.py and called its `reset(info)` if there is one, with the hello as info.

Where the host cannot be reached by a socket (its engine runs elsewhere), all of this goes over the runner's own
standard streams. Its input brings the order, with "entry_bytes" and "stdin_bytes" instead of paths; then so many bytes
of each, which are kept in memory; then the empty line; and then it is the program's to read. Its output is a row of
frames as the engine makes them, a byte for the kind, three zeros, four for the length: what the program says (3) and
prints (1), that it has hung up (4), and what its control group has used so far (5: CPU time in microseconds and memory
in bytes, as two numbers of eight bytes). The runner passes on between the program's pipes and its output. The program's
errors go where they always go.

Nothing that the runner does after the fork is believed by anybody. It stays so that the container ends with the
program, and holds both output streams open, so that their end means the container's end.

Every container pays for what is loaded here: hence no `json`, `signal`, `socket` or `ctypes`, whose Python halves cost
as much as Python itself, but the C modules below them.

Usage: runner.py --socket PATH | --fd N | --stdio
"""

import _ctypes
import _json
import _signal as signal
import os
import resource
import select
import sys

HERE = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120  pathlib costs every container five milliseconds
ORDER_BYTES = 65_536
NOT_FOUND, NOT_EXECUTABLE, REFUSED = 127, 126, 125
PR_SET_DUMPABLE = 4
MIB = 1 << 20
IDLE_MILLISECONDS = 30

place = next(place for place in (HERE, f"{HERE}/../..") if os.path.exists(f"{place}/sandbox/archive.py"))  # noqa: PTH110
sys.path.insert(0, place)

from line import Line, Stdio  # noqa: E402  the path comes first


def main(arguments: list[str]) -> None:
    match arguments:
        case ["--socket", path]:
            import _socket

            channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
            channel.connect(path)
            line = Line(channel.detach())
        case ["--fd", number]:
            line = Line(int(number))
        case ["--stdio"]:
            line = Stdio()
        case _:
            sys.exit(__doc__)
    os.set_inheritable(line.reader, False)
    wait_for_order(line.reader)
    order = read_json(read_line(line.reader))
    os.chdir(order["into"])
    line.receive(order)
    command = prepare_plain(order) if order["plain"] else prepare(order, line)
    line.open(order)
    line.say(b'{"prepared": true}\n')
    read_line(line.reader)
    dumpable(0)  # the program runs under our user, and has no business in our memory
    program = os.fork()
    if program == 0:
        become(order, command, line)
    else:
        attend(program, order, line)


def read_line(number: int) -> bytes:
    """One line, and not a byte of what comes after it: that is for the program."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(number, 1)
        if not byte or len(line) > ORDER_BYTES:
            sys.exit(0)
        line += byte
    return line


class Scanned:
    """What `json.JSONDecoder` gives to its scanner."""

    strict, object_hook, object_pairs_hook = True, None, None
    parse_float, parse_int, parse_constant = float, int, None


def read_json(line: bytes) -> dict:
    return _json.make_scanner(Scanned)(line.decode(), 0)[0]


def wait_for_order(number: int) -> None:
    """Whoever waits for this container gets it at once; one that is kept waiting meanwhile loads what it may need."""
    poll = select.poll()
    poll.register(number, select.POLLIN)
    if not poll.poll(IDLE_MILLISECONDS):
        import traceback  # noqa: F401

        import sandbox.archive  # noqa: F401

        load_server()


def load_server() -> None:
    """What an agent.py finds loaded: Python as it is anywhere, and serve.py."""
    if sys.flags.no_site:
        import site

        site.main()
    import serve  # noqa: F401


def dumpable(value: int) -> None:
    prctl = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")
    _ctypes.call_function(prctl, (PR_SET_DUMPABLE, value, 0, 0, 0))


def prepare_plain(order: dict) -> list[str]:
    """The one file as it is; what to become."""
    path = f"{order['into']}/{os.path.basename(order['filename'])}"  # noqa: PTH119
    with open(order["entry"], "rb") as source, open(path, "xb") as copy:  # noqa: PTH123
        while block := source.read(MIB):
            copy.write(block)
    os.chmod(path, 0o755)  # noqa: PTH101, S103  it is to be run, by its owner alone
    return order["command"]


def prepare(order: dict, line: Line | Stdio) -> list[str] | None:
    """Unpack, and say what to become; None is to serve agent.py. An entry that breaks a rule is refused."""
    from pathlib import Path

    from sandbox.archive import ArchiveLimits, unpack
    from sandbox.errors import BadArchive

    into, command = Path(order["into"]), order["command"]
    limits = ArchiveLimits(**order["archive"])
    try:
        facts = unpack(
            Path(order["entry"]), into, filename=order["filename"], limits=limits, any_content=command is not None
        )
    except BadArchive as error:
        print(f"The entry was refused: {error.code} {error.params or ''}", file=sys.stderr)
        line.say(b'{"refused": "%s"}\n' % error.code.encode())
        sys.exit(REFUSED)
    if facts.manifest is not None and facts.manifest.run:
        program = into / facts.manifest.run[0]
        if program.is_file():
            program.chmod(0o755)
    if command is None and facts.manifest is not None and facts.manifest.run:
        return list(facts.manifest.run)
    if command is None:
        load_server()
    return command


def become(order: dict, command: list[str] | None, line: Line | Stdio) -> None:
    """In the child: the program itself. Returns where agent.py has been served to its end."""
    os.setpgid(0, 0)
    dumpable(1)
    cpu_seconds, file_bytes = order["cpu_seconds"], order["file_mib"] * MIB
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    lower(resource.RLIMIT_FSIZE, file_bytes)
    lower(resource.RLIMIT_NOFILE, order["open_files"])
    line.enter(talks=order["command"] is None)
    if order["command"] is not None:
        os.dup2(os.open(order["stdin"] or os.devnull, os.O_RDONLY), 0)
        execute(order["command"])
    elif command is not None:
        os.dup2(line.reader, 0)
        os.dup2(line.writer, 1)
        execute(command)
    else:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        import serve

        forget_ourselves()
        serve.run(line.reader, line.writer)


def lower(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    ceiling = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (ceiling, ceiling))


def forget_ourselves() -> None:
    """An entry may bring modules of the same names."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"sandbox", "serve", "line"}]:
        del sys.modules[name]
    sys.path[:] = [os.getcwd(), *(path for path in sys.path if path not in {HERE, place})]  # noqa: PTH109
    sys.argv = ["agent.py"]


def execute(command: list[str]) -> None:
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores these, and what is executed would inherit that
    try:
        os.execvp(command[0], command)  # noqa: S606  that is the point
    except OSError as error:
        print(f"Cannot run {command[0]!r}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


def attend(program: int, order: dict, line: Line | Stdio) -> None:
    """In the parent: wait, send what was asked for, and end as the program did."""
    code = line.attend(program, collects=order["collect"])
    if code == 0 and order["collect"]:
        send(order["into"], line)
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def send(folder: str, line: Line | Stdio) -> None:
    """A folder to the host, as a gzipped tar."""
    import gzip
    import io
    import tarfile

    class Saying(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:
            line.say(bytes(data))
            return len(data)

    with (
        io.BufferedWriter(Saying(), 65_536) as to,
        gzip.GzipFile(fileobj=to, mode="wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        tar.add(folder, ".", filter=lambda info: info if info.isfile() or info.isdir() else None)


if __name__ == "__main__":
    main(sys.argv[1:])
