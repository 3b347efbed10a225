"""What a file is, in plain facts for people and for JSON; no torch for a camera's file."""

from pathlib import Path
from typing import Any

from isp.core.errors import FileError
from isp.files.decoders import DECODERS, PICTURES
from isp.files.dump import DumpFlags
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.magic import look_at, not_raw_reason
from isp.files.mosaic_file import PICTURE_TIFF_SUFFIXES, read_mosaic


def info(
    path: str | Path, *, limits: Limits | None = None, flags: DumpFlags | None = None
) -> dict[str, Any]:
    """Return the facts of any file that can be read: size, levels, pattern, colours, shot.

    The file is decoded, because only that tells whether it can be.

    Raises FileError, LimitError or UsageError, as reading it would.
    """
    path = Path(path)
    limits = limits or Limits()
    kind = look_at(path, limits)
    mosaic = read_mosaic(path, limits, flags, DumpFlags())
    if mosaic is not None:
        facts = dict(mosaic.facts)
    elif kind.family == "other":
        raise FileError(path, not_raw_reason(kind.name))
    else:
        is_picture = kind.family == "tiff" and path.suffix.lower() in PICTURE_TIFF_SUFFIXES
        decoder = (PICTURES if is_picture else DECODERS)[kind.family]
        facts = dict(decode(decoder, path, limits, pixels=False).facts)
    facts.pop("kept", None)  # bytes of tags, for the writer
    return {"file": str(path), "bytes": path.stat().st_size} | facts
