"""One door in: any file that can be read becomes a frame of the domain it belongs to."""

from pathlib import Path

from isp.core.errors import FileError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.files.dump import DumpFlags
from isp.files.exr import read_exr
from isp.files.limits import Limits
from isp.files.magic import Kind, look_at
from isp.files.mosaic_file import PICTURE_TIFF_SUFFIXES, is_laid_out
from isp.files.picture import masks_path
from isp.files.radiance import read_hdr
from isp.files.raw import read_raw
from isp.files.raw_tiff import is_raw_tiff, read_raw_tiff
from isp.files.shown import read_shown

# What a name promises; a file that is something else is refused, saying what it is.
PROMISES = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".exr": "exr",
    ".hdr": "hdr",
    ".dng": "tiff",
    ".avif": "avif",
    ".heic": "heic",
    ".jxl": "jxl",
}


def read(
    path: str | Path,
    *,
    limits: Limits | None = None,
    flags: DumpFlags | None = None,
    profile: SensorProfile | None = None,
) -> Frame:
    """Return a frame: RAW of a camera raw or dump, SCENE of an EXR or HDR, SDR of a picture.

    What the file is decides; its name must not contradict. A demosaiced DNG becomes CAMERA.
    A picture that is signalled as PQ or HLG (PNG, AVIF, HEIC, JPEG XL) becomes HDR light, 1.0 =
    203 cd/m2; linear floats in a JPEG XL become SCENE, as an EXR's.
    A TIFF that `write_raw_tiff` wrote becomes RAW with all that its sidecar knows.
    A picture's masks are taken from NAME.masks.png where it stands beside it. flags, profile: see
    `read_raw`.

    Raises FileError naming file and reason, LimitError, UsageError.
    """
    path, limits = Path(path), limits or Limits()
    kind = look_at(path, limits)
    _keep_promise(path, kind)
    if kind.family == "exr":
        return read_exr(path, limits=limits)
    if kind.family == "hdr":
        return read_hdr(path, limits=limits)
    says_it_all = flags in (None, DumpFlags()) and profile is None
    if kind.family == "tiff" and says_it_all and is_raw_tiff(path):
        return read_raw_tiff(path, limits=limits)
    if _is_shown(path, kind, flags):
        return read_shown(path, limits=limits, masks=masks_path(path).is_file())
    return read_raw(path, limits=limits, flags=flags, profile=profile)


def is_picture(path: str | Path) -> bool:
    """Whether `read` takes a file for a picture, by its first bytes and what lies beside it.

    Raises FileError, LimitError for what is no file worth reading.
    """
    path = Path(path)
    kind = look_at(path, Limits())
    return _is_shown(path, kind, None) and not (kind.family == "tiff" and is_raw_tiff(path))


def _is_shown(path: Path, kind: Kind, flags: DumpFlags | None) -> bool:
    plain_tiff = kind.family == "tiff" and path.suffix.lower() in PICTURE_TIFF_SUFFIXES
    return kind.family in ("jpeg", "avif", "heic", "jxl") or (
        (kind.family == "png" or plain_tiff) and not is_laid_out(path, flags)
    )


def _keep_promise(path: Path, kind: Kind) -> None:
    promised = PROMISES.get(path.suffix.lower())
    if promised is not None and promised != kind.family:
        raise FileError(
            path, f"its name says {path.suffix}, but by its first bytes it is {kind.name}"
        )
