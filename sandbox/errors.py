"""What can go wrong inside the sandbox. A program that fails is a `Result`; these are never the program's fault.

SandboxError
├── EngineUnavailable   no Docker engine answers; `cure` says what to type
├── ImageMissing        the player image is not there or is another than asked for
├── EngineFailed        the engine answered wrongly, too late, or died in mid-run
├── NotClean            something of a run is left on the host
├── Refused             this backend will not run this program (the process sandbox and an entry that is not ours)
└── BadArchive          an entry's archive breaks a rule: the one that is the team's fault; has `code` and `params`
"""


class SandboxError(Exception):
    """Root of everything that `sandbox` raises."""


class EngineUnavailable(SandboxError):
    def __init__(self, reason: str, cure: str = "sh docker/engine.sh") -> None:
        super().__init__(f"{reason}. To mend it: {cure}")
        self.reason, self.cure = reason, cure


class ImageMissing(SandboxError):
    pass


class EngineFailed(SandboxError):
    pass


class NotClean(SandboxError):
    pass


class Refused(SandboxError):
    pass


class BadArchive(SandboxError):
    """`code` names the rule and `params` the figures, for the portal's catalogues."""

    def __init__(self, code: str, **params: str | float) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params
