"""What the domain refuses, and who should read it.

JudgeError
├── Refusal             a person asked for something that is not allowed now; carries a public Message and a status
│   ├── BadInput        400: what was handed in is wrong
│   ├── NotAllowed      403: the wrong person
│   ├── NotFound        404
│   ├── Conflict        409: the wrong time, a name taken, a phase closed
│   ├── TooMuch         413: larger than the limit
│   └── QuotaUsed       429: no slot left; says when the next one opens
├── PlatformFault       our side failed while judging: becomes `JE`, is retried and refunded
├── StorageFull         507: nothing was acknowledged
├── StaleAttempt        another attempt owns this judgement now: stop, write nothing
└── Misconfigured       a setting is missing or wrong; the sentence says which and how to mend it
"""

from challenges.base import Message


class JudgeError(Exception):
    """Root of everything that `judge` raises."""


class Refusal(JudgeError):
    """Not allowed now. `public` is for the person who asked; codes are in the portal's catalogues."""

    status = 400

    def __init__(self, code: str, **params: str | float) -> None:
        super().__init__(code, params)
        self.public = Message(code, params)


class BadInput(Refusal):
    status = 400


class NotAllowed(Refusal):
    status = 403


class NotFound(Refusal):
    status = 404


class Conflict(Refusal):
    status = 409


class TooMuch(Refusal):
    status = 413


class QuotaUsed(Refusal):
    status = 429


class StorageFull(Refusal):
    status = 507


class PlatformFault(JudgeError):
    """Evidence that our side failed. `public` tells the team what happened and that it costs them nothing."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.public = Message(code, {})
        self.detail = detail


class StaleAttempt(JudgeError):
    pass


class Misconfigured(JudgeError):
    pass
