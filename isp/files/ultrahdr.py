"""Ultra HDR JPEG: an SDR picture that every reader shows, and a gain map that makes it HDR."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from isp.core.colour import PRIMARIES, Colour, rgb_to_xyz
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.core.transfer import decode_srgb
from isp.files.display_codes import code_frame
from isp.files.gain_map import GainMapFacts, make_gain_map
from isp.files.guarded import decode
from isp.files.hdrgm_xmp import map_packet, primary_packet
from isp.files.icc import icc_profile
from isp.files.iso21496 import URN, VERSION, pack_facts
from isp.files.jpeg_bytes import decode_jpeg, encode_grey_jpeg, encode_jpeg
from isp.files.jpeg_segments import APP2, icc_segment, segment, with_segments, xmp_segment
from isp.files.light import check_finite, light_of
from isp.files.limits import Limits
from isp.files.mpf import NAME, mpf_segment
from isp.files.picture import masks_path, write_masks
from isp.files.safe_write import safe_write

LIGHT = (Domain.LINEAR, Domain.HDR)


def write_ultrahdr(
    path: str | Path,
    frame: Frame,
    *,
    base: Frame | None = None,
    space: str | None = None,
    quality: int = 95,
    channels: int = 3,
    gamma: float = 1.0,
    masks: bool = False,
    force: bool = False,
) -> int:
    """Write LINEAR or HDR light, 1.0 the SDR white, as an Ultra HDR JPEG; return values below 0.

    base: the picture for readers that know no gain map, sRGB-encoded, of the same size; None: the
        light itself, cut at 1.0. space: primaries, bt709, p3 or bt2020; by default the base's,
        else bt709. quality: of both JPEGs, 1 to 100. channels: 1 or 3 of the map; one keeps
        luminance and the base's colours. gamma: of the map's codes.
    The map is made against the base as it decodes, so what the base's JPEG lost is in it.
    Light below 0 (colours outside the space) becomes 0 and is counted.

    Raises DomainError for a frame or base in another domain or curve, FrameError for NaN or
    another size, UsageError, OutputError.
    """
    path = Path(path)
    if channels not in (1, 3) or not 0 < gamma <= 10:
        raise UsageError("a gain map has 1 or 3 channels and a gamma above 0, at most 10")
    sdr = code_frame(path, frame if base is None else base, 8, space=space or _own(base),
                     transfer="srgb")  # fmt: skip
    light = light_of(frame, sdr.space, "an Ultra HDR JPEG", LIGHT)
    check_finite(path, light)
    if light.shape != sdr.code.shape:
        raise FrameError(
            f"{path}: the base is {sdr.code.shape[1]} x {sdr.code.shape[0]}, but the HDR picture "
            f"{light.shape[1]} x {light.shape[0]}"
        )
    stored = encode_jpeg(sdr.code.astype(np.uint8), quality)
    code, facts = make_gain_map(
        _decoded(stored),
        np.maximum(light, 0),
        np.asarray(rgb_to_xyz(PRIMARIES[sdr.space])[1]),
        channels=channels,
        gamma=gamma,
    )
    grey = channels == 1
    coded = encode_grey_jpeg(code[..., 0], quality) if grey else encode_jpeg(code, quality)
    whole = assemble(stored, coded, facts, icc_profile(sdr.space, "srgb"))
    with safe_write(path, force=force) as place:
        if masks:
            write_masks(masks_path(path), frame, force=force)
        place.write_bytes(whole)
    return int((light < 0).sum())


def _own(base: Frame | None) -> str | None:
    """The space of a light's own base; a picture's is what it is encoded in."""
    if base is None:
        return "bt709"
    if base.domain is not Domain.SDR:
        raise DomainError(f"the base is an SDR picture, but the frame is in {base.domain.name}")
    return None


def _decoded(stored: bytes) -> NDArray[np.float64]:
    code = decode_jpeg(stored).astype(np.float64) / 255
    return np.asarray(decode_srgb(torch.from_numpy(code)).numpy())


def assemble(base: bytes, gain_map: bytes, facts: GainMapFacts, profile: bytes) -> bytes:
    """Join two JPEGs to one file, with all that readers of either description look for.

    In the base: GContainer XMP, ICC, the version of ISO 21496-1, the list of pictures (MPF). In
    the map: `hdrgm` XMP and the metadata of ISO 21496-1.

    Source: ISO 21496-1:2025, annex C; Android, Ultra HDR image format 1.1; CIPA DC-007-2009.
    """
    second = with_segments(
        gain_map, [xmp_segment(map_packet(facts)), segment(APP2, URN + pack_facts(facts))]
    )
    front = [
        xmp_segment(primary_packet(len(second))),
        icc_segment(profile),
        segment(APP2, URN + VERSION),
    ]
    # The list is as long whatever it says; its offsets count from behind its own name.
    length = len(mpf_segment(0, 0, 0))
    described = with_segments(base, front)
    whole = len(described) + length
    header_start = described.index(front[-1]) + len(front[-1]) + 4 + len(NAME)
    listed = mpf_segment(header_start, whole, len(second))
    return with_segments(base, [*front, listed]) + second


def read_ultrahdr(path: str | Path, *, limits: Limits | None = None) -> Frame:
    """Return an Ultra HDR JPEG as an HDR frame, 1.0 the white of its base, gains applied in full.

    A pixel is unmeasured where a channel of the base is at code 0, or base and map both are at
    their largest code. For the base alone there is `read_picture`.

    Raises FileError naming file and reason, also for a JPEG without a gain map; LimitError.
    """
    path = Path(path)
    decoded = decode("isp.files.ultrahdr_decode:decode_ultrahdr", path, limits or Limits())
    facts = decoded.facts
    light = torch.from_numpy(decoded.arrays["rgb"]).permute(2, 0, 1)[None].contiguous()
    note = {"file": path.name, "metadata": facts["metadata"],
            "headroom_stops": facts["headroom_stops"]}  # fmt: skip
    return Frame.start(
        light,
        Domain.HDR,
        shot=Shot.single(orientation=facts["orientation"]),
        colour=Colour(primaries=PRIMARIES[facts["space"]]),
        clipped=torch.from_numpy(decoded.arrays["ends"])[None, None],
        history=(("read_ultrahdr", note),),
    )
