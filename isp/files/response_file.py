"""A measured response as a JSON file: written whole, read as a Response."""

import json
from pathlib import Path
from typing import Any

import torch

from isp.core.errors import FileError, ProfileError
from isp.core.response import Response
from isp.files.json_record import read_record
from isp.files.safe_write import safe_write

FORMAT = "fullwell response"
VERSION = 1


def write_response_file(path: str | Path, record: dict[str, Any], *, force: bool = False) -> None:
    """Write the record of a measured response.

    Raises OutputError.
    """
    text = json.dumps(record, allow_nan=False) + "\n"
    with safe_write(path, force=force) as place:
        place.write_text(text, encoding="utf-8")


def read_response_file(path: str | Path) -> Response:
    """Return the curves of a response file: `exposure_of_code`, one row or R, G and B.

    Raises FileError naming file and reason.
    """
    path = Path(path)
    record = read_record(path)
    if record.get("format") != FORMAT:
        raise FileError(path, f'it is no response: its "format" is not "{FORMAT}"')
    if record.get("format_version") != VERSION:
        raise FileError(
            path, f"its format_version is {record.get('format_version')!r}, this reads {VERSION}"
        )
    try:
        exposure = torch.tensor(record["exposure_of_code"], dtype=torch.float64)
        if exposure.ndim != 2 or not bool(torch.isfinite(exposure).all()):
            raise ValueError("exposure_of_code is one row of numbers, or three")
        codes = torch.linspace(0, 1, exposure.shape[1], dtype=torch.float64)
        name = str(record.get("name", path.stem))
        if len(exposure) == 1:
            return Response(codes, name, exposure=exposure[0])
        return Response(codes.expand(len(exposure), -1), name, exposure=exposure)
    except (KeyError, TypeError, ValueError, ProfileError) as error:
        raise FileError(path, f"its exposure_of_code is no response ({error})") from error
