"""What an answer may look like, and what becomes of one that does not.

late                                        0 points for the instance, verdict TLE
no JSON, wrong keys, no feasible schedule   0 points for the instance, verdict PE, and the reason
gone                                        the run has no score
late, invalid or gone at the hello          the run has no score
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from challenges.base import Answer, Fault, Gone, Invalid, Json, Late, Message, Reply
from challenges.errors import InvalidEntry
from challenges.industry.instances import Jobs
from challenges.industry.schedule import timetable

KEY = "job_sequences"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What was wrong with an answer."""

    fault: Fault
    code: str
    params: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def message(self) -> Message:
        return Message(self.code, self.params)


def read(answer: Answer, jobs: Jobs) -> list[list[int]] | Flaw:
    """When each operation starts by this answer (`starts[j][k]`), or what is wrong with it."""
    match answer:
        case Late():
            return Flaw(Fault.LATE, "late")
        case Gone():
            return Flaw(Fault.GONE, "gone")
        case Invalid(message=message):
            return Flaw(Fault.INVALID, "unreadable", {"why": message.code})
        case Reply(value=value):
            return _schedule(value, jobs)


def _schedule(value: Json, jobs: Jobs) -> list[list[int]] | Flaw:
    if not isinstance(value, dict) or set(value) != {KEY}:
        return Flaw(Fault.INVALID, "wrong_keys")
    try:
        return timetable(jobs, value[KEY])
    except InvalidEntry as error:
        return Flaw(Fault.INVALID, error.public.code, error.public.params)


def greeting_fault(answer: Answer) -> Flaw | None:
    """What is wrong with an answer to the hello; whatever a reply says there is fine."""
    if isinstance(answer, Reply):
        return None
    fault = {Late: Fault.LATE, Invalid: Fault.INVALID, Gone: Fault.GONE}[type(answer)]
    return Flaw(fault, f"hello_{fault}")
