"""One door out: a frame becomes the file that its name asks for."""

from pathlib import Path

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.dng import write_dng
from isp.files.exr import write_exr
from isp.files.picture import DEPTHS, write_picture
from isp.files.raw_dump import write_raw_dump
from isp.files.raw_tiff import write_raw_tiff


def write(
    path: str | Path,
    frame: Frame,
    *,
    force: bool = False,
    bit_depth: int | None = None,
    quality: int = 95,
    space: str = "bt709",
    allow_clip: bool = False,
    masks: bool = False,
) -> int:
    """Write .dng or .raw from RAW, .exr from light, .png, .tif or .jpg from SDR; return clips.

    A .dng is written from MOSAIC and CAMERA too; compression and white of light: see `write_dng`.
    A .tif from RAW holds any pattern, see `write_raw_tiff`.
    bit_depth, quality, masks: of pictures, see `write_picture`. space, allow_clip: of EXR.

    Raises UsageError for another extension, DomainError for a frame that does not fit it,
    OutputError.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".dng":
        write_dng(path, frame, force=force)
        return 0
    if suffix == ".raw":
        write_raw_dump(path, frame, force=force)
        return 0
    if suffix in (".tif", ".tiff") and frame.domain is Domain.RAW:
        write_raw_tiff(path, frame, force=force)
        return 0
    if suffix == ".exr":
        return write_exr(path, frame, space=space, allow_clip=allow_clip, force=force)
    if suffix in DEPTHS:
        return write_picture(
            path, frame, bit_depth=bit_depth, quality=quality, masks=masks, force=force
        )
    known = ", ".join([".dng", ".raw", ".exr", *DEPTHS])
    raise UsageError(f'{path}: no writer for "{suffix}"; known: {known}')
