"""One tree of errors: a caller catches what it wants, the command line knows its exit code."""

import inspect

import pytest

from isp.core import errors
from isp.core.errors import (
    CheckError,
    DomainError,
    DrawError,
    FileError,
    FrameError,
    FullwellError,
    LimitError,
    MissingError,
    OutputError,
    PipelineError,
    ProfileError,
    UsageError,
)

ALL = [e for _, e in inspect.getmembers(errors, inspect.isclass) if issubclass(e, Exception)]


@pytest.mark.parametrize("error", ALL)
def test_every_error_is_caught_by_the_root(error: type[Exception]) -> None:
    assert issubclass(error, FullwellError)


@pytest.mark.parametrize(
    ("error", "python"),
    [(UsageError, ValueError), (DomainError, ValueError), (FrameError, ValueError),
     (PipelineError, ValueError), (ProfileError, ValueError), (DrawError, ValueError),
     (FileError, OSError), (LimitError, OSError), (OutputError, OSError),
     (MissingError, RuntimeError)],
)  # fmt: skip
def test_each_error_is_also_what_python_would_raise(
    error: type[Exception], python: type[Exception]
) -> None:
    assert issubclass(error, python)


@pytest.mark.parametrize("error", ALL)
def test_exit_codes_are_those_of_the_house(error: type[FullwellError]) -> None:
    special = {CheckError: 1, UsageError: 2}

    assert error.exit_code == special.get(error, 3)


def test_a_file_error_names_the_file_and_the_reason() -> None:
    error = FileError("night.dng", "no black level in the file; pass --black-level")

    assert str(error) == "night.dng: no black level in the file; pass --black-level"
    assert (error.path, error.reason) == (
        "night.dng", "no black level in the file; pass --black-level",
    )  # fmt: skip
