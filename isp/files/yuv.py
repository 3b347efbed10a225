"""Write and read raw Y'CbCr pictures: NV12 and planar, with a JSON sidecar that says how."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, UsageError
from isp.core.frame import Frame
from isp.core.measured import code_masks
from isp.core.transfer import ENCODERS
from isp.files.chroma import SITINGS, enlarge, halve
from isp.files.light import check_finite, check_single
from isp.files.limits import Limits
from isp.files.orientation import upright
from isp.files.safe_write import safe_write

FORMAT_VERSION = 1
LAYOUTS = ("nv12", "yuv420p", "yuv444p")
DEPTHS = (8, 10)
# Weights of R' and B' in Y': ITU-R BT.709-6 table 3, BT.2020-2 table 4 (non-constant luminance).
MATRICES = {"bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}


@dataclass(frozen=True, slots=True, kw_only=True)
class YuvFormat:
    """What the bytes of a raw Y'CbCr picture mean; this is the sidecar.

    layout: `nv12` (Y, then Cb and Cr in turns at half size), `yuv420p` (Y, Cb, Cr, chroma at half
        size) or `yuv444p`. bit_depth: 8, or 10 in two bytes, little endian: at the upper end in
        nv12 (which is P010), at the lower in the planar layouts.
    matrix: `bt709` or `bt2020`. siting: where a chroma sample lies in its 2 x 2, `left` (beside
        the left pair, as MPEG-2 to HEVC have it), `center` (as JPEG) or `top_left` (as BT.2100).
    space, transfer: of the R'G'B' behind it.
    """

    width: int
    height: int
    layout: str = "nv12"
    bit_depth: int = 8
    matrix: str = "bt709"
    full_range: bool = False
    siting: str = "left"
    space: str = "bt709"
    transfer: str = "srgb"
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        """Check every word.

        Raises UsageError.
        """
        words = {"layout": LAYOUTS, "bit_depth": DEPTHS, "matrix": tuple(MATRICES),
                 "siting": SITINGS, "space": tuple(PRIMARIES), "transfer": tuple(ENCODERS),
                 "format_version": (FORMAT_VERSION,)}  # fmt: skip
        for name, known in words.items():
            if getattr(self, name) not in known:
                listed = ", ".join(map(str, known))
                raise UsageError(f"{name} of a YUV picture is {listed}, not {getattr(self, name)}")
        if not (isinstance(self.full_range, bool) and min(self.width, self.height) > 0):
            raise UsageError("a YUV picture has a size, and full_range is true or false")

    @property
    def chroma_size(self) -> tuple[int, int]:
        """Height and width of a chroma plane; an odd side is rounded up."""
        if self.layout == "yuv444p":
            return self.height, self.width
        return (self.height + 1) // 2, (self.width + 1) // 2

    @property
    def levels(self) -> tuple[float, float, float, float]:
        """Codes of Y' = 0, of its range of 1, of no chroma, of a chroma range of 1 (H.273 8.3)."""
        if self.full_range:
            return (
                0.0,
                2.0**self.bit_depth - 1,
                2.0 ** (self.bit_depth - 1),
                2.0**self.bit_depth - 1,
            )
        step = 2.0 ** (self.bit_depth - 8)
        return 16 * step, 219 * step, 128 * step, 224 * step


def write_yuv(
    path: str | Path,
    frame: Frame,
    *,
    layout: str = "nv12",
    bit_depth: int = 8,
    matrix: str | None = None,
    full_range: bool = False,
    siting: str = "left",
    force: bool = False,
) -> int:
    """Write an SDR frame upright as Y'CbCr and NAME.yuv.json beside it; return values clipped.

    matrix: by default that of the frame's primaries, which BT.709 and BT.2020 have; other primaries
        take the one that is asked for. The others: see `YuvFormat`.
    Codes are rounded half to even; R'G'B' outside 0..1 is kept as far as the codes reach.

    Raises DomainError for another domain, FrameError for NaN, UsageError, OutputError.
    """
    path = Path(path)
    if frame.domain is not Domain.SDR:
        raise DomainError(
            f"{path}: Y'CbCr is written from sdr, but the frame is in {frame.domain.name.lower()}"
        )
    check_single(frame)
    colour = frame.colour or Colour(transfer="srgb")
    if colour.space is None:
        raise DomainError(f"{path}: its primaries have no common name")
    if matrix is None and colour.space not in MATRICES:
        raise UsageError(
            f"{path}: Y'CbCr has a matrix for {' and '.join(MATRICES)}, not for {colour.space}"
        )
    rgb = upright(frame.data[0].permute(1, 2, 0).double().cpu().numpy(), frame.shot.orientation)
    check_finite(path, rgb)
    made = YuvFormat(
        width=rgb.shape[1],
        height=rgb.shape[0],
        layout=layout,
        bit_depth=bit_depth,
        matrix=matrix or colour.space,
        full_range=full_range,
        siting=siting,
        space=colour.space,
        transfer=colour.transfer,
    )
    luma, chroma, clips = to_codes(rgb, made)
    sidecar = json.dumps(asdict(made), indent=1, sort_keys=True) + "\n"
    with (
        safe_write(path, force=force) as place,
        safe_write(sidecar_path(path), force=force) as beside,
    ):
        place.write_bytes(_packed(luma, chroma, made))
        beside.write_text(sidecar, encoding="utf-8")
    return clips


def sidecar_path(path: str | Path) -> Path:
    """Return where a picture's layout is kept: `night.yuv` has `night.yuv.json`.

    Never NAME.json, which is the sidecar of the raw that it was developed from.
    """
    return Path(f"{path}.json")


def read_yuv(path: str | Path, *, limits: Limits | None = None) -> Frame:
    """Return a raw Y'CbCr picture as an SDR frame, chroma interpolated where it was sited.

    Raises FileError naming file and reason, LimitError.
    """
    path, limits = Path(path), limits or Limits()
    made = _described(sidecar_path(path))
    limits.check_pixels(path, made.width, made.height)
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise FileError(path, f"it cannot be read ({error.strerror})") from error
    luma, chroma = _unpacked(path, stored, made)
    rgb = from_codes(luma, chroma, made)
    planes = torch.from_numpy(rgb.astype(np.float32)).permute(2, 0, 1)[None].contiguous()
    measured, clipped = code_masks(planes)
    return Frame.start(
        planes,
        Domain.SDR,
        colour=Colour(primaries=PRIMARIES[made.space], transfer=made.transfer),
        measured=measured,
        clipped=clipped,
        history=(("read_yuv", {"file": path.name} | asdict(made)),),
    )


def to_codes(
    rgb: NDArray[np.float64], made: YuvFormat
) -> tuple[NDArray[np.uint16], NDArray[np.uint16], int]:
    """Return luma (h, w) and chroma (h', w', 2) codes, and how many were clipped.

    Source: ITU-T H.273 (2021), 8.3, equations for MatrixCoefficients 1 and 9 and both ranges.
    """
    red, blue = MATRICES[made.matrix]
    y = rgb @ np.array([red, 1 - red - blue, blue])
    difference = np.stack(
        [(rgb[..., 2] - y) / (2 * (1 - blue)), (rgb[..., 0] - y) / (2 * (1 - red))], -1
    )
    if made.layout != "yuv444p":
        difference = halve(difference, made.siting)
    black, luma_range, none, chroma_range = made.levels
    luma, luma_clips = _rounded(black + luma_range * y, made.bit_depth)
    chroma, chroma_clips = _rounded(none + chroma_range * difference, made.bit_depth)
    return luma, chroma, luma_clips + chroma_clips


def from_codes(
    luma: NDArray[np.uint16], chroma: NDArray[np.uint16], made: YuvFormat
) -> NDArray[np.float64]:
    """Undo `to_codes` as far as rounding and the smaller chroma allow."""
    red, blue = MATRICES[made.matrix]
    black, luma_range, none, chroma_range = made.levels
    y = (luma.astype(np.float64) - black) / luma_range
    difference = (chroma.astype(np.float64) - none) / chroma_range
    if made.layout != "yuv444p":
        difference = enlarge(difference, made.siting, (made.height, made.width))
    b = y + 2 * (1 - blue) * difference[..., 0]
    r = y + 2 * (1 - red) * difference[..., 1]
    g = (y - red * r - blue * b) / (1 - red - blue)
    return np.stack([r, g, b], axis=-1)


def _rounded(values: NDArray[np.float64], bit_depth: int) -> tuple[NDArray[np.uint16], int]:
    code, top = np.rint(values), 2**bit_depth - 1
    return np.clip(code, 0, top).astype(np.uint16), int(((code < 0) | (code > top)).sum())


def _packed(luma: NDArray[np.uint16], chroma: NDArray[np.uint16], made: YuvFormat) -> bytes:
    if made.layout != "nv12":
        chroma = np.moveaxis(chroma, -1, 0)
    shift = _shift(made)
    kind = np.dtype("u1") if made.bit_depth == 8 else np.dtype("<u2")
    planes = (np.ascontiguousarray(plane << shift).astype(kind) for plane in (luma, chroma))
    return b"".join(plane.tobytes() for plane in planes)


def _unpacked(
    path: Path, stored: bytes, made: YuvFormat
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    kind = np.dtype("u1") if made.bit_depth == 8 else np.dtype("<u2")
    rows, columns = made.chroma_size
    pixels = made.width * made.height
    wanted = (pixels + 2 * rows * columns) * kind.itemsize
    if len(stored) != wanted:
        raise FileError(path, f"its sidecar asks for {wanted} bytes, but it has {len(stored)}")
    codes = np.right_shift(np.frombuffer(stored, dtype=kind), _shift(made)).astype(np.uint16)
    luma, rest = codes[:pixels].reshape(made.height, made.width), codes[pixels:]
    if made.layout == "nv12":
        return luma, rest.reshape(rows, columns, 2)
    return luma, np.moveaxis(rest.reshape(2, rows, columns), 0, -1)


def _shift(made: YuvFormat) -> int:
    return 16 - made.bit_depth if made.layout == "nv12" and made.bit_depth > 8 else 0


def _described(path: Path) -> YuvFormat:
    try:
        said: Any = json.loads(path.read_text(encoding="utf-8"))
        return YuvFormat(**said)
    except OSError as error:
        raise FileError(path, f"this sidecar is needed ({error.strerror})") from error
    except (TypeError, ValueError) as error:  # UsageError is a ValueError
        raise FileError(path, f"it describes no YUV picture ({error})") from error
