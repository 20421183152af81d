"""What a challenge prepares for a phase, made in a child of the nursery: it may take an hour, and whoever waits can say
how far it is, and stop it."""

import threading
import time
from collections.abc import Callable

from challenges.base import Materials
from judge.errors import PlatformFault
from judge.referee import Child, Nursery

MOST_SECONDS = 6 * 3600
TELL_SECONDS = 30


def prepared(
    nursery: Nursery,
    slug: str,
    seed: bytes,
    *,
    cases: int,
    stop: threading.Event,
    say: Callable[[str], None],
    alive: Callable[[], None] = lambda: None,
) -> Materials:
    """The materials of a phase of so many cases. Every half a minute `say` is told that it goes on, and `alive` is
    called. Raises PlatformFault where the challenge fails, Stopping."""
    began = told = time.monotonic()

    def tick() -> None:
        nonlocal told
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            say(f"{slug}: still preparing {cases} case(s) of each kind, since {told - began:.0f} s")
            alive()

    job = {
        "do": "prepare",
        "slug": slug,
        "seed": seed.hex(),
        "cases": cases,
        "run_seconds": MOST_SECONDS,
    }
    with Child(nursery, {}, deadline=began + MOST_SECONDS, tick=tick) as child:
        answer = child.play(job, stop=stop)
    try:
        public = {str(name): bytes.fromhex(content) for name, content in answer["public"].items()}
        return Materials(public=public, private=answer["private"], note=str(answer["note"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlatformFault("challenge-failed", f"the child's materials are none: {error!r}") from error
