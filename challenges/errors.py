"""What can go wrong inside a challenge.

ChallengeError
├── InvalidEntry      what an entry handed in breaks the rules of the contest; `public`, the team may read it
└── BrokenChallenge   the challenge itself is at fault (a missing file, a simulator that raised): never the team's fault
"""

from challenges.base import Message


class ChallengeError(Exception):
    """Root of everything that `challenges` raises."""


class InvalidEntry(ChallengeError):
    """An answer that breaks the rules of the contest. `public` says which rule, to the team."""

    def __init__(self, code: str, **params: str | float) -> None:
        super().__init__(code, params)
        self.public = Message(code, params)


class BrokenChallenge(ChallengeError):
    """The challenge cannot do its part; becomes `JE`."""
