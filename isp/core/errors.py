"""Every error a user can meet, in one tree under FullwellError.

A message says what was expected, what came, and the way out; lower case, no full stop.
`exit_code` is what the command line returns for it (0 done, 1 a check failed, 2 usage,
3 bad input or something missing, 130 interrupted).
"""


class FullwellError(Exception):
    """The root: catch this to catch everything fullwell raises on purpose."""

    exit_code = 3


class CheckError(FullwellError):
    """The program ran, but a check it was asked to make failed."""

    exit_code = 1


class UsageError(FullwellError, ValueError):
    """An argument is wrong, whatever the files hold."""

    exit_code = 2


class DomainError(FullwellError, ValueError):
    """A frame came to a stage of another domain, or a pipeline would run backwards."""


class FrameError(FullwellError, ValueError):
    """A frame's parts do not fit each other, or a part that is needed is not there."""


class StageError(FullwellError, RuntimeError):
    """A stage failed where it was run; the message says which and how."""


class PipelineError(FullwellError, ValueError):
    """A stage name is unknown or taken, or neighbouring stages do not fit."""


class ProfileError(FullwellError, ValueError):
    """A sensor profile lacks a field, or a field is out of range."""


class CalibrationError(FullwellError, ValueError):
    """A capture does not hold what a measurement needs, or does not hold it surely enough."""


class DrawError(FullwellError, ValueError):
    """A rate or a counter of the random draws is out of range."""


class FileError(FullwellError, OSError):
    """A file cannot be read; the message names it and the reason."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


class LimitError(FileError):
    """A file asks for more pixels, bytes or seconds than the limits allow."""


class OutputError(FileError):
    """An output may not or cannot be written; nothing was left half-written."""


class MissingError(FullwellError, RuntimeError):
    """A device, codec, package or weight file that was asked for is not there."""
