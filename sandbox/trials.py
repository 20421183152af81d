"""One exhibit of the corpus, tried: run as it says, and what was seen held against what must happen.

How each kind is run:
    program   `python3 FILE` to its end, with what it is given as standard input
    agent     opened, greeted with {"hello": 1}, then sent 1, 2, ... as long as something is to be heard. What must be
              heard is said in words: the reply's JSON as it stands, `ready`, `expired`, `closed`, or `malformed:CODE`
    pair      an agent opened twice at once, told {"role": "leave"} and {"role": "look"}; what the second then answers
              is the list of what it found, and must be empty
    turns     the same one after the other: the first is gone when the second is opened
    archive   offered to the check that the portal makes, which must name the rule, and to a container all the same
    build     an entry whose `build` command is this file; what it prints is the build's output
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import odd_archives
from sandbox.archive import check
from sandbox.errors import BadArchive, SandboxError
from sandbox.exhibits import Exhibit, Kind
from sandbox.interface import Sandbox
from sandbox.types import Program, Result
from sandbox.wire import Answered, Channel, Expired, Malformed, Reply

READY_SECONDS = 20.0
REPLY_SECONDS = 15.0
SILENCE_SECONDS = 0.5
"""How long to wait where nothing is expected."""
REPLY_BYTES = 10_000
REPLY_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of an exhibit. `why` is empty where everything held."""

    name: str
    tries: str
    must: str
    expected: str
    seen: str
    why: str
    seconds: float

    @property
    def ok(self) -> bool:
        return not self.why


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What exhibits are run with: a sandbox, a folder of the check's own, and what a listener says of itself."""

    sandbox: Sandbox
    scratch: Path
    listener: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """`complaint` is what the running itself found wrong."""

    result: Result | None
    heard: tuple[str, ...] = ()
    complaint: str = ""

    def __str__(self) -> str:
        ended = f"{self.result.verdict.value} {self.result.ending.value}" if self.result else "nothing"
        return f"{ended}, heard {' | '.join(self.heard)}" if self.heard else ended


def try_exhibit(exhibit: Exhibit, around: Surroundings) -> Trial:
    """Run it and judge it. Never raises what a sandbox does: that too is something seen."""
    began = time.monotonic()
    try:
        seen = _WAYS[exhibit.kind](exhibit, around)
    except SandboxError as error:
        seen = _Seen(None, complaint=f"{type(error).__name__}: {error}")
    expected = " or ".join(f"{verdict.value} {ending.value}" for verdict, ending in exhibit.endings)
    if exhibit.hears:
        expected += f", heard {' | '.join(exhibit.hears)}"
    return Trial(
        name=exhibit.name,
        tries=exhibit.tries,
        must=exhibit.must,
        expected=expected,
        seen=str(seen),
        why=seen.complaint or _why_not(exhibit, seen),
        seconds=round(time.monotonic() - began, 3),
    )


def _why_not(exhibit: Exhibit, seen: _Seen) -> str:
    """What is not as it must be, in a sentence; empty where all is."""
    return next(_complaints(exhibit, seen, seen.result), "") if seen.result is not None else ""


def _complaints(exhibit: Exhibit, seen: _Seen, result: Result) -> Iterator[str]:
    """The gravest first."""
    if holes := [line for line in result.stdout.splitlines() if line.startswith("HOLE")]:
        yield "; ".join(holes[:5])
    if (result.verdict, result.ending) not in exhibit.endings:
        said = (result.stderr.strip() or result.stdout.strip())[-300:]
        yield f"ended {seen}, exit {result.exit_code}, signal {result.signal}: {said}"
    if exhibit.hears and seen.heard != exhibit.hears:
        yield f"heard {' | '.join(seen.heard)}"
    for texts, stream, name in ((exhibit.says, result.stdout, "stdout"), (exhibit.logs, result.stderr, "stderr")):
        for text in texts:
            if text not in stream:
                yield f"{text!r} is not on its {name}: {stream[-300:]!r}"
    measured = figures(result)
    for name, (least, most) in exhibit.figures.items():
        if not least <= measured[name] <= most:
            yield f"{name} is {measured[name]:g}, not {least:g} to {most:g}"


def figures(result: Result) -> dict[str, float]:
    return {
        "wall_seconds": result.wall_seconds,
        "cpu_seconds": result.cpu_seconds,
        "memory_mib": result.memory_mib,
        "written_bytes": result.written_bytes,
        "stdout_bytes": len(result.stdout.encode()),
        "stderr_bytes": len(result.stderr.encode()),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Each kind


def _program(exhibit: Exhibit, around: Surroundings) -> _Seen:
    given = around.listener if exhibit.given == "listener" else exhibit.given
    program = Program(exhibit.path, command=("python3", exhibit.path.name), labels=_labels(exhibit))
    return _Seen(around.sandbox.run(program, exhibit.limits, stdin=given.encode()))


def _agent(exhibit: Exhibit, around: Surroundings) -> _Seen:
    with around.sandbox.open(_as_agent(exhibit), exhibit.limits) as session:
        channel = Channel(session.channel, max_bytes=REPLY_BYTES, max_depth=REPLY_DEPTH)
        heard = [_word(channel.exchange({"hello": 1}, _patience(exhibit.hears[0], READY_SECONDS)))]
        heard += [
            _word(channel.exchange(number, _patience(word, REPLY_SECONDS)))
            for number, word in enumerate(exhibit.hears[1:], 1)
        ]
        result = session.close()
        channel.close()
    return _Seen(result, tuple(heard))


def _pair(exhibit: Exhibit, around: Surroundings) -> _Seen:
    with around.sandbox.open(_as_agent(exhibit), exhibit.limits) as leaving:
        channel = Channel(leaving.channel)
        left = _ask(channel, "leave")
        found, result = _look(exhibit, around)
        went = leaving.close()
        channel.close()
    return _Seen(result, complaint=_complaint(left, went, found))


def _turns(exhibit: Exhibit, around: Surroundings) -> _Seen:
    with around.sandbox.open(_as_agent(exhibit), exhibit.limits) as leaving:
        channel = Channel(leaving.channel)
        left = _ask(channel, "leave")
        went = leaving.close()
        channel.close()
    found, result = _look(exhibit, around)
    return _Seen(result, complaint=_complaint(left, went, found))


def _look(exhibit: Exhibit, around: Surroundings) -> tuple[Reply, Result]:
    with around.sandbox.open(_as_agent(exhibit), exhibit.limits) as looking:
        channel = Channel(looking.channel)
        found = _ask(channel, "look")
        result = looking.close()
        channel.close()
    return found, result


def _ask(channel: Channel, role: str) -> Reply:
    """Greet it with its role; its answer to the first message, or whatever came instead of being ready."""
    ready = channel.exchange({"role": role}, READY_SECONDS)
    return channel.exchange(1, READY_SECONDS) if isinstance(ready, Answered) else ready


def _complaint(left: Reply, went: Result, found: Reply) -> str:
    if not isinstance(left, Answered):
        return f"the one that leaves something did not: {_word(left)}, {went.verdict.value}: {went.stderr[-300:]}"
    if not isinstance(found, Answered):
        return f"the one that looks did not answer: {_word(found)}"
    if found.value != []:
        return f"HOLE the second run found of the first: {_word(found)[:300]}"
    return ""


def _archive(exhibit: Exhibit, around: Surroundings) -> _Seen:
    """Every format that it comes in is shown to the portal's check, and one of them to a container as if there were
    none: which one differs from archive to archive."""
    table = exhibit.table
    forms = table["formats"]
    result: Result | None = None
    for number, form in enumerate(forms):
        path = around.scratch / f"{exhibit.name}.{form}"
        odd_archives.write(table, form, path)
        try:
            refused = _refusal(path)
            if refused not in exhibit.refused:
                return _Seen(result, complaint=f"HOLE the portal's check of the .{form}: {refused or 'accepted'}")
            if number == len(exhibit.name) % len(forms):
                result = _offered(path, exhibit, around)
        finally:
            path.unlink(missing_ok=True)
    assert result is not None
    if not any(code in result.stderr for code in exhibit.refused) and not _why_not(exhibit, _Seen(result)):
        return _Seen(result, complaint=f"the runner refused it as {result.stderr[:200]!r}")
    return _Seen(result)


def _offered(path: Path, exhibit: Exhibit, around: Surroundings) -> Result:
    with around.sandbox.open(Program(path, labels=_labels(exhibit)), exhibit.limits) as session:
        session.channel.close()
    return session.close()


def _refusal(path: Path) -> str:
    try:
        check(path, filename=path.name)
    except BadArchive as error:
        return error.code
    return ""


def _build(exhibit: Exhibit, around: Surroundings) -> _Seen:
    with tempfile.TemporaryDirectory(dir=around.scratch) as folder:
        entry, to = Path(folder) / "entry", Path(folder) / "built.tar.gz"
        entry.mkdir()
        (entry / "entry.toml").write_text('language = "python"\nbuild = ["python3", "build.py"]\n')
        (entry / "agent.py").write_text(odd_archives.AGENT)
        shutil.copyfile(exhibit.path, entry / "build.py")
        return _Seen(around.sandbox.build(Program(entry, labels=_labels(exhibit)), exhibit.limits, to=to).result)


_WAYS: dict[Kind, Callable[[Exhibit, Surroundings], _Seen]] = {
    Kind.PROGRAM: _program,
    Kind.AGENT: _agent,
    Kind.PAIR: _pair,
    Kind.TURNS: _turns,
    Kind.ARCHIVE: _archive,
    Kind.BUILD: _build,
}


def _as_agent(exhibit: Exhibit) -> Program:
    return Program(exhibit.path, filename="agent.py", labels=_labels(exhibit))


def _labels(exhibit: Exhibit) -> dict[str, str]:
    return {"exhibit": exhibit.name}


def _patience(word: str, seconds: float) -> float:
    return SILENCE_SECONDS if word == "expired" else seconds


def _word(reply: Reply) -> str:
    """A reply as an exhibit names it."""
    match reply:
        case Answered(raw=b'{"ready":true}'):
            return "ready"
        case Answered(raw=raw):
            return raw.decode()
        case Malformed(code=code):
            return f"malformed:{code}"
        case Expired():
            return "expired"
        case _:
            return "closed"
