"""gunicorn's configuration, beside its command line in `judge.up`: a portal process ends with its master, also when
that one is killed. Otherwise it would hold the port against the master's successor."""

import signal
from typing import Any

from judge.parents import die_with


def post_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    die_with(server.pid, signal.SIGKILL)
