"""Read and write finished pictures: PNG, TIFF, JPEG; masks beside them when asked."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from isp.core.colour import Colour
from isp.core.display_light import HDR_TRANSFERS, PEAKS_CD_M2
from isp.core.domain import Domain
from isp.core.errors import FileError, OutputError, UsageError
from isp.core.frame import Frame
from isp.core.measured import code_masks
from isp.core.shot import Shot
from isp.files.cicp import PRIMARY_CODES, TRANSFER_CODES, colour_of
from isp.files.decoded import Decoded
from isp.files.decoders import PICTURE, PICTURES
from isp.files.display_codes import Coded, code_frame
from isp.files.guarded import decode
from isp.files.icc import CURVES, icc_profile
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.orientation import upright
from isp.files.safe_write import safe_write

SRGB = (1, 13)  # H.273: primaries of BT.709, the sRGB curve
DEPTHS = {".png": (8, 16), ".tif": (16, 8), ".tiff": (16, 8), ".jpg": (8,), ".jpeg": (8,)}
MASK_BITS = {"measured": 1, "clipped": 2, "generated": 4}


def read_picture(path: str | Path, *, limits: Limits | None = None, masks: bool = False) -> Frame:
    """Return a picture as an SDR frame: code / largest code, as stored; grey becomes R = G = B.

    Of PNG, TIFF, JPEG, AVIF, HEIC and JPEG XL; PQ and HLG stay codes here, see `read_shown`.

    masks: take them from NAME.masks.png beside it; otherwise the lowest and the highest code
        count as clipped.

    Raises FileError naming file and reason, LimitError.
    """
    path, limits = Path(path), limits or Limits()
    return picture_frame(path, decode_codes(path, limits), masks=masks, limits=limits)


def decode_codes(path: Path, limits: Limits) -> Decoded:
    """Decode a picture of any format in a process of its own.

    Raises FileError naming file and reason, LimitError.
    """
    family = look_at(path, limits).family
    return decode(PICTURES.get(family, PICTURE), path, limits)


def picture_frame(path: Path, decoded: Decoded, *, masks: bool, limits: Limits) -> Frame:
    """Make the SDR frame that `read_picture` returns of what was decoded.

    Raises FileError.
    """
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
    colour = colour_said(path, facts["cicp"])
    if facts["icc_profile"] and "sRGB" not in facts["icc_profile"]:
        taken = "not applied, sRGB taken"
        if facts["cicp"] is not None:
            taken = f"taken as {colour.transfer} in {colour.space}"
        note["icc_profile"] = f"{facts['icc_profile']}: {taken}"
    frame = Frame.start(
        planes,
        Domain.SDR,
        shot=shot,
        colour=colour,
        measured=measured,
        clipped=clipped,
        history=(("read_picture", note),),
    )
    return with_masks(path, frame, limits) if masks else frame


def with_masks(path: Path, frame: Frame, limits: Limits) -> Frame:
    """The frame with the masks of NAME.masks.png.

    Raises FileError for what is no picture of that size.
    """
    measured, clipped, generated = _read_masks(path, limits)
    if tuple(measured.shape[-2:]) != frame.size:
        raise FileError(masks_path(path), f"it is not of the size of {path.name}")
    return replace(frame, measured=measured, clipped=clipped, generated=generated)


def write_picture(
    path: str | Path,
    frame: Frame,
    *,
    bit_depth: int | None = None,
    quality: int = 95,
    masks: bool = False,
    space: str | None = None,
    transfer: str | None = None,
    white_cd_m2: float | None = None,
    force: bool = False,
) -> int:
    """Write a frame upright as PNG (8 or 16 bit), TIFF (16 or 8) or JPEG; return clips.

    bit_depth: by default the first that the format has. quality: of a JPEG, 1 to 100, without
        chroma subsampling. masks: write NAME.masks.png beside it (bit 0 measured, bit 1
        clipped, bit 2 generated). space, transfer, white_cd_m2: what the codes are to be, see
        `code_frame`: an SDR frame as it is encoded, LINEAR or HDR light as `pq` or `hlg`.
    Primaries and curve are said by cICP in a PNG, by an ICC profile in the others; PQ and HLG go
    into a PNG of 16 bits alone.

    Raises DomainError for another domain, FrameError for NaN, UsageError, OutputError.
    """
    path = Path(path)
    is_hdr = (transfer or (frame.colour or Colour()).transfer) in HDR_TRANSFERS
    depth = _depth(path, 16 if is_hdr and bit_depth is None else bit_depth)
    if not 1 <= quality <= 100:
        raise UsageError(f"JPEG quality is 1 to 100, got {quality}")
    coded = code_frame(path, frame, depth, space=space, transfer=transfer, white_cd_m2=white_cd_m2)
    is_png = path.suffix.lower() == ".png"
    if coded.is_hdr and not (is_png and depth == 16):
        raise UsageError(f"{path}: {coded.transfer} needs 16 bits (.png), an AVIF, HEIC or JXL")
    if coded.transfer == "linear" and depth == 8:
        raise UsageError(f"{path}: linear light needs 16 bits (.tif, .png) or an EXR")
    if not is_png and coded.transfer not in CURVES:
        raise UsageError(f"{path}: {coded.transfer} codes are signalled in a PNG, not here")
    with safe_write(path, force=force) as place:
        _write(path, place, coded, quality)
        if masks:
            write_masks(masks_path(path), frame, force=force)
    return coded.clips


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


def colour_said(path: Path, cicp: list[int] | None) -> Colour:
    """What code points say, else sRGB.

    Raises FileError for primaries or a curve that we have no name for.
    """
    if cicp is None:
        return Colour(transfer="srgb")
    colour = colour_of(*cicp[:2])
    if colour is None:
        raise FileError(
            path,
            f"its code points (CICP) say primaries {cicp[0]}, transfer {cicp[1]}; known are "
            f"primaries {sorted(PRIMARY_CODES.values())} and transfers "
            f"{sorted(TRANSFER_CODES.values())}",
        )
    return replace(colour, anchor_cd_m2=PEAKS_CD_M2.get(colour.transfer))


def _depth(path: Path, wanted: int | None) -> int:
    allowed = DEPTHS.get(path.suffix.lower())
    if allowed is None:
        raise UsageError(f"{path}: a picture is written as {', '.join(DEPTHS)}")
    if wanted is not None and wanted not in allowed:
        raise UsageError(f"{path}: bit depth is {' or '.join(map(str, allowed))}, got {wanted}")
    return wanted or allowed[0]


def _write(path: Path, place: Path, coded: Coded, quality: int) -> None:
    suffix = path.suffix.lower()
    if suffix == ".png":
        _write_png(path, place, coded.code, coded.cicp)
    elif suffix in (".tif", ".tiff"):
        import tifffile

        # No clock in it: tifffile writes no DateTime unless asked.
        tifffile.imwrite(
            place, coded.code, photometric="rgb", compression="zlib", predictor=True,
            metadata=None, software="fullwell", iccprofile=_profile(coded.space, coded.transfer),
        )  # fmt: skip
    else:
        from PIL import Image

        picture = Image.fromarray(coded.code)
        picture.save(
            place,
            format="JPEG",
            quality=quality,
            subsampling=0,
            icc_profile=_profile(coded.space, coded.transfer),
        )


def _write_png(path: Path, place: Path, code: np.ndarray, cicp: tuple[int, ...]) -> None:
    import OpenImageIO as oiio

    height, width, channels = code.shape
    kind = oiio.UINT8 if code.dtype == np.uint8 else oiio.UINT16
    spec = oiio.ImageSpec(width, height, channels, kind)
    spec.attribute("Software", "fullwell")
    if cicp:
        spec.attribute("CICP", "int[4]", cicp)
    if cicp[:2] != SRGB:
        # Else OpenImageIO writes sRGB, gAMA and cHRM beside it, which would be untrue.
        spec.attribute("oiio:ColorSpace", "unknown")
    output = oiio.ImageOutput.create(str(place))
    if output is None or not output.open(str(place), spec):
        raise OutputError(path, f"cannot write it ({oiio.geterror().strip()})")
    if not (output.write_image(np.ascontiguousarray(code)) and output.close()):
        raise OutputError(path, f"cannot write it ({output.geterror().strip()})")


def _profile(space: str, transfer: str) -> bytes:
    is_srgb = (space, transfer) == ("bt709", "srgb")
    return _srgb_profile() if is_srgb else icc_profile(space, transfer)


def _srgb_profile() -> bytes:
    """An ICC profile of sRGB, without the time of its making."""
    from PIL import ImageCms

    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # ICC.1 header: date and time
    return bytes(made)
