"""gunicorn's configuration, beside its command line in `judge.web_server`: a portal process ends with its master, also
when that one is killed. Otherwise it would hold the port against the master's successor. In a zone no other process of
the portal's user, such as Redis, may look into it."""

import signal
from typing import Any

from judge import kernel
from judge.parents import die_with

if kernel.gains_forbidden():
    kernel.forbid_inspection()


def post_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    die_with(server.pid, signal.SIGKILL)
