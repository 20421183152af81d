"""The command `podium`.

With `--json` stdout is exactly one JSON document and progress goes to stderr; exit 0 where what was asked came about.
What stands in the way is said in a sentence, with its cure: never a bare traceback.
"""

import contextlib
import dataclasses
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import click

from judge.errors import JudgeError, Misconfigured, PlatformFault, Refusal
from judge.settings import Settings
from sandbox.errors import SandboxError

ENGINE_SCRIPT = Path(__file__).resolve().parents[1] / "docker" / "engine.sh"
ENGINE_SECONDS = 600


def _say(line: str) -> None:
    """Progress: to stderr, with the time since the command began."""
    click.echo(f"[{time.monotonic() - _BEGAN:6.1f}] {line}", err=True)


_BEGAN = time.monotonic()


def _tell(document: Any, lines: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        _print(document)
    else:
        click.echo("\n".join(lines))


def _fail(sentence: str, code: int = 1) -> NoReturn:
    click.echo(f"podium: {sentence}", err=True)
    sys.exit(code)


def _print(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


class Group(click.Group):
    """Turns what we raise into a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Refusal as error:
            from judge.sentences import refusal

            _fail(refusal(error))
        except (Misconfigured, PlatformFault, SandboxError) as error:
            _fail(str(error))
        except JudgeError as error:
            _fail(f"{type(error).__name__}: {error}")
        except KeyboardInterrupt:
            _fail("stopped", 130)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Podium judges online competitions: code that drives, attacks, predicts, schedules and plays."""


def engine(settings: Settings) -> None:
    """Bring the Docker engine up where it may be; what it says goes to stderr. Never fails: without an engine the
    process sandbox says so."""
    if settings.sandbox == "process" or settings.docker_host:
        return
    script = subprocess.run(["sh", str(ENGINE_SCRIPT)], stdout=sys.stderr, timeout=ENGINE_SECONDS, check=False)
    if script.returncode:
        _say(f"docker/engine.sh ended with status {script.returncode}: going on without an engine")


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document to stdout.")


@main.command()
def up() -> None:
    """Everything on this machine: Redis, portal, workers, sweeper."""
    from judge.up import announce, running

    settings = Settings.from_environment()
    engine(settings)
    with running(settings, say=_say) as installation:
        announce(installation, say=_say)
        installation.wait()


@main.command()
@click.argument("challenges", nargs=-1)
@click.option("--once", is_flag=True, help="Wait until every sample is judged, print the boards and stop.")
@json_option
def demo(challenges: tuple[str, ...], *, once: bool, as_json: bool) -> None:
    """`up` with every contest (or those named), demo accounts and each contest's sample entries."""
    from challenges import registry
    from judge.demo import Demo, account
    from judge.proven import WORDS
    from judge.up import announce, running

    if unknown := set(challenges) - set(registry.names()):
        _fail(f"there is no challenge {unknown.pop()!r}; there are: {', '.join(registry.names())}", 2)
    settings = Settings.from_environment()
    if not settings.unproven_host:  # what is played here are samples, and boards are to fill at once
        settings = dataclasses.replace(settings, unproven_host=WORDS)
    began = time.monotonic()
    engine(settings)
    with running(settings, say=_say) as installation:
        image = installation.sandbox.image if installation.sandbox else ""
        play = Demo(settings, image=image, say=_say, stopping=lambda: installation.stopping)
        try:
            entered = play.enter_all(challenges or registry.names())
            play.wait(entered)
            listed, complaints = play.report(entered)
        finally:
            play.close()
        document = {"portal": settings.url, "seconds": round(time.monotonic() - began, 3), "contests": listed}
        if as_json:
            _print(document)
        else:
            _print_boards(listed)
        for complaint in complaints:
            _say(f"a sample did not get what it is labelled with: {complaint}")
        if not once:
            announce(installation, say=_say)
            _say(f"demo accounts, from this machine only: {account(entered)} and others, {play.password}")
            installation.wait()
    if complaints:
        _fail(f"{len(complaints)} sample(s) did not get the verdict and score they are labelled with")


def _print_boards(listed: dict[str, Any]) -> None:
    for slug, contest in listed.items():
        click.echo(f"\n{slug}: {contest['judged']} of {contest['submitted']} judged")
        for row in contest["board"]:
            interval = " ({:.2f} to {:.2f})".format(*row["interval"]) if row["interval"] else ""
            click.echo(f"  {row['rank']:>3}  {row['team']:<32} {row['score']:>9.3f}{interval}")
        for entry in contest["entries"]:
            if entry["verdict"] != "AC":
                click.echo(f"    -  {entry['team']:<32} {entry['verdict']}")


@main.command("try")
@click.argument("challenge")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which cases to draw.")
@click.option("--cases", type=click.IntRange(min=1), default=None, help="How many; by default the practice phase's.")
@click.option("--track", default="", help="What the entry is for, where the contest has several tracks.")
@click.option("--no-sandbox", is_flag=True, help="Run the entry as a plain process of this machine.")
@json_option
def try_(
    challenge: str, path: Path, *, seed: int, cases: int | None, track: str, no_sandbox: bool, as_json: bool
) -> None:
    """Play an entry here, no server: verdict, score, columns, runs. PATH is an entry's folder, an upload, or an
    unpacked starter kit. A deck is looked at as the portal would."""
    from challenges import registry, sheet
    from judge import told
    from judge.sandboxes import for_once
    from judge.tryout import look_at, try_entry

    if challenge not in registry.names():
        _fail(f"there is no challenge {challenge!r}; there are: {', '.join(registry.names())}", 2)
    if not path.exists():
        _fail(f"there is nothing at {path}", 2)
    if (about := sheet.about(challenge)).entry.kind == "deck":
        looked = look_at(about, path)
        _tell(looked.to_json(), told.deck(looked), as_json=as_json)
        return
    settings = Settings.from_environment()
    if no_sandbox:
        settings = dataclasses.replace(settings, sandbox="process")
    engine(settings)
    with for_once(settings, say=_say, own_entries=True) as sandbox:
        if not sandbox.isolated:
            _say("the entry runs as a plain process of this machine, without a container: run only what you trust")
        tried = try_entry(
            challenge,
            path,
            sandbox=sandbox,
            seed=seed,
            cases=cases,
            cores=settings.cores,
            say=_say,
            referee_user=settings.referee_user,
            track=track,
        )
    _tell(tried.to_json(), told.entry(tried), as_json=as_json)
    for log in told.logs(tried):
        click.echo(log, err=True)
    sys.exit(1 if tried.judged.verdict.value == "JE" else 0)


@main.command()
@click.argument("challenge")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def kit(challenge: str, folder: Path, *, as_json: bool) -> None:
    """The starter kit of a challenge, into a new folder: a sound entry, the statement, an example of every message,
    the public files. `podium try CHALLENGE DIR` plays it as it is."""
    from challenges import registry, sheet
    from judge import starter
    from judge.sandboxes import for_once

    if challenge not in registry.names():
        _fail(f"there is no challenge {challenge!r}; there are: {', '.join(registry.names())}", 2)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        _fail(f"{folder} is there already; name a new folder, so that nothing of yours is overwritten", 2)
    settings = Settings.from_environment()
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        box = None
        if sheet.about(challenge).pairing != "none":
            engine(settings)
            _say("playing the sample once, to record an example of every message")
            box = stack.enter_context(for_once(settings, say=_say, own_entries=True))
        files = starter.at_home(challenge, sandbox=box, stop=stop, say=_say, referee_user=settings.referee_user)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if as_json:
        _print({"challenge": challenge, "folder": str(folder), "files": sorted(files)})
    else:
        click.echo(f"{folder}: {len(files)} files; begin with {folder / 'README.md'}")


@main.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """What is missing on this machine, and what to do about it."""
    from judge.doctor import examine

    checks = examine(Settings.from_environment())
    if as_json:
        _print({"ok": all(check.ok for check in checks), "checks": [dataclasses.asdict(check) for check in checks]})
    else:
        for check in checks:
            click.echo(f"{'ok     ' if check.ok else 'MISSING'} {check.name:<14} {check.found}")
            if not check.ok:
                click.echo(f"        {'':<14} to mend it: {check.cure}")
    sys.exit(0 if all(check.ok for check in checks) else 1)


@main.command()
@click.argument("contest")
@json_option
def copies(contest: str, *, as_json: bool) -> None:
    """Entries of two teams that look like one: the same file, or the same predictions. For organisers alone."""
    from challenges import registry
    from judge import contests
    from judge import copies as looking
    from judge.db import Database
    from judge.storage import open_storage

    settings = Settings.from_environment()
    db = Database(settings.database_url)
    try:
        with db.read() as session:
            found = contests.by_slug(session, contest)
            challenge = registry.load(found.challenge)
            pairs = looking.find(session, open_storage(settings), contest=found, challenge=challenge)
    finally:
        db.close()
    if as_json:
        _print({"contest": contest, "pairs": [pair.to_json() for pair in pairs]})
        return
    for pair in pairs:
        sides = " and ".join(f"{side.team} ({side.submission}, {side.phase})" for side in (pair.first, pair.second))
        click.echo(f"{pair.kind:<6} {pair.measure:.6f}  {sides}{f'  in {pair.case}' if pair.case else ''}")
    click.echo(f"{len(pairs)} pair(s)", err=True)


# ---------------------------------------------------------------------------------------------------------------------
# The sandbox by itself


@main.group()
def sandbox() -> None:
    """Programs within limits, without a contest."""


@sandbox.command("run")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--wall-seconds", type=float, default=None)
@click.option("--cpu-seconds", type=float, default=10.0, show_default=True)
@click.option("--memory-mib", type=int, default=256, show_default=True)
@click.option("--processes", type=int, default=64, show_default=True)
@click.option("--output-kib", type=int, default=1024, show_default=True)
@click.option("--stdin", "stdin_path", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None)
@json_option
def sandbox_run(path: Path, *, stdin_path: Path | None, as_json: bool, **limits: Any) -> None:
    """Run one program within limits, and say how it ended; an entry with a build step is built first."""
    from judge.sandboxes import for_once
    from sandbox.command import build_and_run, program_for, result_json
    from sandbox.types import Limits

    if not path.exists():
        _fail(f"there is nothing at {path}", 2)
    try:
        bounds = Limits(**limits)
    except ValueError as error:
        _fail(str(error), 2)
    settings = dataclasses.replace(Settings.from_environment(), sandbox="docker")
    engine(settings)
    stdin = stdin_path.read_bytes() if stdin_path else b""
    with for_once(settings, say=_say) as box:
        result = build_and_run(box, program_for(path), bounds, stdin=stdin)
    if as_json:
        _print(result_json(result))
    else:
        click.echo(result.stdout, nl=False)
        click.echo(result.stderr, nl=False, err=True)
        click.echo(
            f"{result.verdict.value} ({result.ending.value}), exit {result.exit_code}, signal {result.signal}, "
            f"{result.wall_seconds:.2f} s wall, {result.cpu_seconds:.2f} s CPU, {result.memory_mib:.1f} MiB",
            err=True,
        )


@sandbox.command("check")
@json_option
def sandbox_check(*, as_json: bool) -> None:
    """Prove this host: the hostile corpus, fair clocks, speed, every language, and that nothing is left. Takes about
    two minutes; a worker judges strangers' entries only on a host that has passed."""
    from judge import checking

    settings = dataclasses.replace(Settings.from_environment(), sandbox="docker")
    engine(settings)
    report = checking.run(settings, say=_say)
    if as_json:
        _print(report.to_json())
    else:
        checking.show(report)
    sys.exit(0 if report.ok else 1)


# ---------------------------------------------------------------------------------------------------------------------
# Single roles


@main.command()
def web() -> None:
    """The portal alone."""
    from judge.web_server import serve

    serve(Settings.from_environment())


@main.command()
@click.option("--number", type=click.IntRange(min=1), default=1, help="Names this worker on its machine.")
def worker(number: int) -> None:
    """One worker."""
    from judge import worker as role

    settings = Settings.from_environment()
    settings.prepare_folders()
    role.run(settings, number=number)


@main.command()
def sweep() -> None:
    """The sweeper."""
    from judge import sweep as role

    logging.basicConfig(level=logging.INFO, format="%(asctime)s sweep %(message)s")
    settings = Settings.from_environment()
    settings.prepare_folders()
    role.main(settings, stop=_stop_event())


@main.command()
def migrate() -> None:
    """Bring the database's tables to the present shape."""
    from judge.db import Database

    settings = Settings.from_environment()
    settings.prepare_folders()
    db = Database(settings.database_url)
    db.migrate()
    db.close()


def _stop_event() -> threading.Event:
    import signal

    stop = threading.Event()
    handler: Callable[..., None] = lambda *_: stop.set()  # noqa: E731
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
    return stop


if __name__ == "__main__":
    main()
