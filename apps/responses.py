"""Camera responses by what a user writes for them."""

from pathlib import Path

from isp.core.errors import UsageError
from isp.core.response import Response
from isp.files.response_curves import read_dorf, read_emor, read_response
from isp.files.response_file import read_response_file

FORMS = (
    "srgb", "linear", "power:GAMMA", "sigmoid:BETA,GAMMA", "emor:FILE[:C1,C2,…]",
    "dorf:FILE:NUMBER", "FILE.csv",
)  # fmt: skip
TEXT_SUFFIXES = (".csv", ".txt", ".tsv", ".dat")


def response_of(text: str) -> Response:
    """Return the response that a text names, see `FORMS`; DoRF's curves are numbered from 1.

    Raises UsageError for a text that names none, FileError for a file that cannot be read,
    ProfileError for numbers that make no response.

    >>> response_of("sigmoid:0.6,0.9").name
    'sigmoid 0.6, 0.9'
    """
    kind, _, rest = text.partition(":")
    if text == "srgb":
        return Response.srgb()
    if text == "linear":
        return Response.linear()
    if kind == "power":
        return Response.power(*_numbers(text, rest, 1))
    if kind == "sigmoid":
        return Response.sigmoid(*_numbers(text, rest, 2))
    if kind == "emor":
        file, found, coefficients = rest.rpartition(":")
        if not found or not _are_numbers(coefficients):
            file, coefficients = rest, ""
        numbers = _numbers(text, coefficients, None) if coefficients else []
        return read_emor(file).response(numbers)
    if kind == "dorf":
        file, _, number = rest.rpartition(":")
        curves = read_dorf(file) if file and number.isdecimal() else []
        if not number.isdecimal() or not 1 <= int(number) <= len(curves):
            most = f", 1 to {len(curves)}" if curves else ""
            raise UsageError(f'"{text}" names no curve; write dorf:FILE:NUMBER{most}')
        return curves[int(number) - 1]
    if Path(text).suffix.lower() == ".json":
        return read_response_file(text)
    if Path(text).suffix.lower() in TEXT_SUFFIXES:
        return read_response(text)
    raise UsageError(f'no response is named "{text}"; write {", ".join(FORMS)}')


def _are_numbers(text: str) -> bool:
    try:
        return bool([float(part) for part in text.split(",")])
    except ValueError:
        return False


def _numbers(text: str, given: str, count: int | None) -> list[float]:
    if not _are_numbers(given) or (count is not None and len(given.split(",")) != count):
        wanted = "numbers" if count is None else f"{count} number{'s' * (count > 1)}"
        raise UsageError(f'"{text}" needs {wanted} after its colon; write {", ".join(FORMS)}')
    return [float(part) for part in given.split(",")]
