"""Read and write finished pictures: PNG, TIFF, JPEG; masks beside them when asked."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, FrameError, OutputError, UsageError
from isp.core.frame import Frame
from isp.core.measured import code_masks
from isp.core.shot import Shot
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.orientation import upright
from isp.files.safe_write import safe_write

SRGB, LINEAR = 13, 8  # H.273 transfer characteristics
TRANSFERS = {SRGB: "srgb", LINEAR: "linear"}
CICP_PRIMARIES = {1: "bt709", 9: "bt2020", 12: "p3"}
DEPTHS = {".png": (8, 16), ".tif": (16, 8), ".tiff": (16, 8), ".jpg": (8,), ".jpeg": (8,)}
MASK_BITS = {"measured": 1, "clipped": 2, "generated": 4}


def read_picture(path: str | Path, *, limits: Limits | None = None, masks: bool = False) -> Frame:
    """Return a picture as an SDR frame: code / largest code, as stored; grey becomes R = G = B.

    masks: take them from NAME.masks.png beside it; otherwise the lowest and the highest code
        count as clipped.

    Raises FileError naming file and reason, LimitError.
    """
    path, limits = Path(path), limits or Limits()
    decoded = decode("isp.files.picture_decode:decode_picture", path, limits)
    facts = decoded.facts
    if facts["is_float"]:
        raise FileError(path, "it holds floating-point values; a picture has codes (use an EXR)")
    code = decoded.arrays["code"].astype(np.float32) / (2 ** facts["bit_depth"] - 1)
    planes = torch.from_numpy(code).permute(2, 0, 1)[None].expand(-1, 3, -1, -1).contiguous()
    measured, clipped = code_masks(planes)
    shot = Shot.single(
        exposure_time_s=facts["exposure_time_s"],
        f_number=facts["f_number"],
        iso=facts["iso"],
        orientation=facts["orientation"],
        time=facts["time"],
    )
    note = {"file": path.name, "bit_depth": facts["bit_depth"]}
    if facts["icc_profile"] and facts["cicp"] is None and "sRGB" not in facts["icc_profile"]:
        note["icc_profile"] = f"{facts['icc_profile']}: not applied, sRGB taken"
    frame = Frame.start(
        planes,
        Domain.SDR,
        shot=shot,
        colour=_colour(path, facts["cicp"]),
        measured=measured,
        clipped=clipped,
        history=(("read_picture", note),),
    )
    if not masks:
        return frame
    measured, clipped, generated = _read_masks(path, limits)
    return replace(frame, measured=measured, clipped=clipped, generated=generated)


def write_picture(
    path: str | Path,
    frame: Frame,
    *,
    bit_depth: int | None = None,
    quality: int = 95,
    masks: bool = False,
    force: bool = False,
) -> int:
    """Write an SDR frame upright as PNG (8 or 16 bit), TIFF (16 or 8) or JPEG; return clips.

    bit_depth: by default the first that the format has. quality: of a JPEG, 1 to 100, without
        chroma subsampling. masks: write NAME.masks.png beside it (bit 0 measured, bit 1
        clipped, bit 2 generated).

    Raises DomainError for another domain, FrameError for NaN, UsageError, OutputError.
    """
    path = Path(path)
    depth = _depth(path, bit_depth)
    if not 1 <= quality <= 100:
        raise UsageError(f"JPEG quality is 1 to 100, got {quality}")
    code, clips = _codes(path, frame, depth)
    space = (frame.colour or Colour(transfer="srgb")).space or "unknown primaries"
    if space != "bt709" and not (path.suffix.lower() == ".png" and space in PRIMARIES):
        raise DomainError(f"{path}: it is signalled as sRGB, but the frame is in {space}")
    transfer = SRGB if frame.colour is None or frame.colour.transfer == "srgb" else LINEAR
    if transfer == LINEAR and depth == 8:
        raise UsageError(f"{path}: linear light needs 16 bits (.tif, .png) or an EXR")
    cicp = next((c for c, name in CICP_PRIMARIES.items() if name == space), 1)
    with safe_write(path, force=force) as place:
        if masks:
            write_masks(masks_path(path), frame, force=force)
        _write(path, place, code, (cicp, transfer, 0, 1), quality)
    return clips


def masks_path(path: str | Path) -> Path:
    """Return where a picture's masks are kept: `night.jpg` has `night.masks.png`."""
    return Path(path).with_suffix(".masks.png")


def write_masks(path: str | Path, frame: Frame, *, force: bool = False) -> None:
    """Write a frame's masks as the bits of an 8-bit grey PNG.

    Raises OutputError.
    """
    path = Path(path)
    bits = np.zeros(frame.size, dtype=np.uint8)
    for name, bit in MASK_BITS.items():
        mask = getattr(frame, name)[0]
        plane = mask.all(dim=0) if name == "measured" else mask.any(dim=0)
        bits |= plane.cpu().numpy().astype(np.uint8) * np.uint8(bit)
    turned = upright(bits, frame.shot.orientation)
    with safe_write(path, force=force) as place:
        _write_png(path, place, turned[..., None], ())


def _read_masks(path: Path, limits: Limits) -> list[torch.Tensor]:
    beside = masks_path(path)
    bits = decode("isp.files.picture_decode:decode_picture", beside, limits).arrays["code"][..., 0]
    return [torch.from_numpy((bits & bit) != 0)[None, None] for bit in MASK_BITS.values()]


def _colour(path: Path, cicp: list[int] | None) -> Colour:
    """What cICP says, else sRGB."""
    if cicp is None:
        return Colour(transfer="srgb")
    primaries, transfer = cicp[:2]
    if transfer not in TRANSFERS or primaries not in CICP_PRIMARIES:
        raise FileError(
            path,
            f"its cICP says primaries {primaries}, transfer {transfer}; only sRGB and linear "
            "are read",
        )
    return Colour(primaries=PRIMARIES[CICP_PRIMARIES[primaries]], transfer=TRANSFERS[transfer])


def _depth(path: Path, wanted: int | None) -> int:
    allowed = DEPTHS.get(path.suffix.lower())
    if allowed is None:
        raise UsageError(f"{path}: a picture is written as {', '.join(DEPTHS)}")
    if wanted is not None and wanted not in allowed:
        raise UsageError(f"{path}: bit depth is {' or '.join(map(str, allowed))}, got {wanted}")
    return wanted or allowed[0]


def _codes(path: Path, frame: Frame, depth: int) -> tuple[np.ndarray, int]:
    """(h, w, 3) codes, rounded half to even, and how many values lay outside 0..1."""
    if frame.domain is not Domain.SDR:
        raise DomainError(
            f"{path}: a picture is written from sdr, but the frame is in "
            f"{frame.domain.name.lower()}; run tone mapping and encoding first"
        )
    if frame.data.shape[0] != 1:
        raise FrameError(f"a file holds one picture, but the frame is a batch of {len(frame.data)}")
    value = frame.data[0].permute(1, 2, 0).double().cpu().numpy()
    if not np.isfinite(value).all():
        broken = int((~np.isfinite(value)).sum())
        raise FrameError(f"{path}: {broken} values are NaN or infinite; nothing was written")
    clips = int(((value < 0) | (value > 1)).sum())
    code = np.rint(np.clip(value, 0, 1) * (2**depth - 1))
    turned = upright(code, frame.shot.orientation)
    return turned.astype(np.uint8 if depth == 8 else np.uint16), clips


def _write(path: Path, place: Path, code: np.ndarray, cicp: tuple[int, ...], quality: int) -> None:
    suffix = path.suffix.lower()
    if suffix == ".png":
        _write_png(path, place, code, cicp)
    elif suffix in (".tif", ".tiff"):
        import tifffile

        # No clock in it: tifffile writes no DateTime unless asked.
        tifffile.imwrite(
            place, code, photometric="rgb", compression="zlib", predictor=True, metadata=None,
            software="fullwell", iccprofile=_srgb_profile() if cicp[1] == SRGB else None,
        )  # fmt: skip
    else:
        from PIL import Image

        picture = Image.fromarray(code)
        picture.save(
            place, format="JPEG", quality=quality, subsampling=0, icc_profile=_srgb_profile()
        )


def _write_png(path: Path, place: Path, code: np.ndarray, cicp: tuple[int, ...]) -> None:
    import OpenImageIO as oiio

    height, width, channels = code.shape
    kind = oiio.UINT8 if code.dtype == np.uint8 else oiio.UINT16
    spec = oiio.ImageSpec(width, height, channels, kind)
    spec.attribute("Software", "fullwell")
    if cicp:
        spec.attribute("CICP", "int[4]", cicp)
    output = oiio.ImageOutput.create(str(place))
    if output is None or not output.open(str(place), spec):
        raise OutputError(path, f"cannot write it ({oiio.geterror().strip()})")
    if not (output.write_image(np.ascontiguousarray(code)) and output.close()):
        raise OutputError(path, f"cannot write it ({output.geterror().strip()})")


def _srgb_profile() -> bytes:
    """An ICC profile of sRGB, without the time of its making."""
    from PIL import ImageCms

    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # ICC.1 header: date and time
    return bytes(made)
