"""A language proved on this host: its self-test is built and played, as any entry would be."""

import tempfile
from pathlib import Path

from sandbox import build
from sandbox.errors import SandboxError
from sandbox.interface import Sandbox
from sandbox.languages import Language
from sandbox.types import Limits, Program
from sandbox.wire import Answered, Channel

LIMITS = Limits(cpu_seconds=10.0, wall_seconds=30.0, memory_mib=256)
HELLO_SECONDS, REPLY_SECONDS = 20.0, 5.0


def prove(sandbox: Sandbox, language: Language) -> str:
    """Why an entry of this language cannot be played here, in a sentence; empty where it can. A host that lacks the
    tools and cannot get them is one of the reasons, with what to do. Raises OSError where there is no room."""
    with tempfile.TemporaryDirectory(prefix="podium-proof-") as scratch:
        entry = write_entry(language, Path(scratch) / "entry")
        try:
            built = sandbox.build(Program(entry), build.LIMITS, to=Path(scratch) / build.FILENAME)
            if built.program is None:
                return f"the build failed ({built.why}): {built.log.strip()[-400:]}"
            return _played(sandbox, built.program, language)
        except SandboxError as error:
            return f"{type(error).__name__}: {error}"


def write_entry(language: Language, folder: Path) -> Path:
    """The self-test of a language as an entry's folder."""
    folder.mkdir()
    for name, content in language.self_test.files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755 if name in language.self_test.executable else 0o644)
    return folder


def _played(sandbox: Sandbox, program: Program, language: Language) -> str:
    with sandbox.open(program, LIMITS) as session:
        channel = Channel(session.channel)
        if not isinstance(answer := channel.exchange({}, HELLO_SECONDS), Answered):
            complaint = f"no answer to the hello: {answer}"
        else:
            complaint = ""
            for message, due in language.self_test.exchange:
                answer = channel.exchange(message, REPLY_SECONDS)
                if not isinstance(answer, Answered) or answer.value != due:
                    complaint = f"{answer} where {due!r} was due"
                    break
        channel.close()
    result = session.close()
    return f"{complaint} ({result.verdict}, {result.ending}): {result.stderr.strip()[-400:]}" if complaint else ""
