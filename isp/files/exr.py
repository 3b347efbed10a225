"""Read scenes from OpenEXR, and write linear pictures with their masks to it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from isp.core.colour import PRIMARIES, Colour, rgb_to_rgb
from isp.core.domain import Domain
from isp.core.errors import FileError, FrameError, OutputError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.decoded import Decoded
from isp.files.exr_names import ANCHOR, MASKS, ONE_IS, OWN
from isp.files.guarded import decode
from isp.files.light import HALF_MAX, HALF_OVERFLOWS, halves, light_of, white_of
from isp.files.limits import Limits
from isp.files.orientation import upright
from isp.files.safe_write import safe_write


def read_exr(path: str | Path, *, limits: Limits | None = None) -> Frame:
    """Return an OpenEXR picture as a SCENE frame in the primaries that the file states.

    What 1.0 means in cd/m² comes from our own key, else from whiteLuminance, else nobody knows.

    Raises FileError naming file and reason (NaN and infinities are refused), LimitError.
    """
    path = Path(path)
    decoded = decode("isp.files.exr_decode:decode_exr", path, limits or Limits())
    frame = scene_frame(path, decoded)
    masks = {
        name: torch.from_numpy(decoded.arrays[name])[None, None]
        for name in MASKS
        if name in decoded.arrays
    }
    return replace(
        frame,
        measured=masks.get("measured", frame.measured),
        clipped=masks.get("clipped", frame.clipped),
        generated=masks.get("generated", frame.generated),
    )


def scene_frame(path: Path, decoded: Decoded) -> Frame:
    """Make a SCENE frame of decoded light, EXR or Radiance.

    Raises FileError counting NaN and infinite values.
    """
    facts = decoded.facts
    nan, infinite = facts["nan_values"], facts["infinite_values"]
    if nan or infinite:
        raise FileError(
            path, f"{nan} values are NaN and {infinite} infinite; a scene needs numbers"
        )
    own = facts.get("own", {})
    anchor = own.get(f"{OWN}{ANCHOR}") or facts.get("white_luminance_cd_m2")
    primaries = facts["chromaticities"]
    try:
        colour = Colour(
            primaries=PRIMARIES["bt709"] if primaries is None else tuple(primaries),
            anchor_cd_m2=None if anchor is None else float(anchor),
        )
    except FrameError as error:
        raise FileError(path, f"its colours make no sense: {error}") from error
    note = {"file": path.name, "container": facts["container"], "part": facts.get("part", 0)}
    rgb = torch.from_numpy(np.ascontiguousarray(decoded.arrays["rgb"])).permute(2, 0, 1)[None]
    return Frame.start(
        rgb, Domain.SCENE, shot=Shot(), colour=colour, history=(("read_scene", note),)
    )


def write_exr(
    path: str | Path,
    frame: Frame,
    *,
    space: str = "bt709",
    white_cd_m2: float | None = None,
    allow_clip: bool = False,
    half: bool = True,
    sigma: torch.Tensor | None = None,
    one_is: str | None = None,
    force: bool = False,
) -> int:
    """Write linear light as half floats with chromaticities and masks; return values clipped.

    space: primaries to write in, a name of isp.core.colour. white_cd_m2: luminance of 1.0, where
        the frame does not say or another is meant; the header says what 1.0 is in any case.
    allow_clip: put what a half cannot hold at its ends instead of refusing. half: False writes
        float32, which holds all light.
    sigma: standard deviation of each value, shaped as the frame's data, written as channels
        sigma.R, sigma.G and sigma.B, and turned to `space` as that of independent channels.
    one_is: what 1.0 is, in words, where no luminance is known of it.

    Raises DomainError for a frame that is not linear light, FrameError for NaN, infinities and
    unclipped overflow, OutputError.
    """
    path = Path(path)
    light = light_of(frame, space, "an EXR")
    header = _header(frame, space, white_cd_m2, one_is)
    rgb, clipped = (
        halves(path, light, allow_clip=allow_clip) if half else (_singles(path, light), 0)
    )
    channels = {name: np.ascontiguousarray(rgb[..., i]) for i, name in enumerate("RGB")}
    for name in MASKS:
        mask = _one_plane(getattr(frame, name), every=name == "measured")
        channels[f"{name}.Y"] = np.ascontiguousarray(
            upright(mask, frame.shot.orientation).astype(np.float16)
        )
    if sigma is not None:
        spread = _deviations(path, frame, sigma, space, half=half).astype(rgb.dtype)
        channels |= {
            f"sigma.{name}": np.ascontiguousarray(spread[..., i]) for i, name in enumerate("RGB")
        }
    with safe_write(path, force=force) as place:
        write_channels(path, place, header | {f"{OWN}clipped_values": clipped}, channels)
    return clipped


def _deviations(
    path: Path, frame: Frame, sigma: torch.Tensor, space: str, *, half: bool
) -> np.ndarray:
    """(h, w, 3) standard deviations of the light that `light_of` gives."""
    if sigma.shape != frame.data.shape:
        raise FrameError(
            f"{path}: sigma has the shape {tuple(sigma.shape)}, and the light "
            f"{tuple(frame.data.shape)}"
        )
    deviation = sigma[0].permute(1, 2, 0).double().cpu().numpy()
    if not (np.isfinite(deviation) & (deviation >= 0)).all():
        raise FrameError(f"{path}: sigma holds values that are no standard deviations")
    colour = frame.colour or Colour()
    if colour.space != space:
        matrix = rgb_to_rgb(colour.primaries, PRIMARIES[space])
        deviation = np.sqrt(deviation**2 @ (matrix**2).T)
    if half and (deviation >= HALF_OVERFLOWS).any():
        raise FrameError(f"{path}: sigma is beyond {HALF_MAX:g}, the largest half float")
    return upright(deviation, frame.shot.orientation)


def _singles(path: Path, light: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        singles = light.astype(np.float32)
    broken = int((~np.isfinite(singles)).sum())
    if broken:
        raise FrameError(f"{path}: {broken} values are NaN or beyond float32; nothing was written")
    return singles


def _one_plane(mask: torch.Tensor, *, every: bool) -> np.ndarray:
    plane = mask[0].all(dim=0) if every else mask[0].any(dim=0)
    return plane.cpu().numpy()


def _header(
    frame: Frame, space: str, white_cd_m2: float | None, one_is: str | None
) -> dict[str, Any]:
    """Colours, shot and history, and what 1.0 means.

    whiteLuminance wherever the luminance of 1.0 is known: the frame's anchor, one that the user
    gives, or the display's for HDR. A camera's relative light has none (CONVENTIONS 1.3).
    """
    own = None if frame.colour is None else frame.colour.anchor_cd_m2
    anchor = own if white_cd_m2 is None else white_of(frame, white_cd_m2)
    if anchor is None and frame.domain is Domain.HDR:
        anchor = white_of(frame, None)
    header: dict[str, Any] = {
        "chromaticities": tuple(float(v) for v in PRIMARIES[space]),
        f"{OWN}domain": frame.domain.name,
        f"{OWN}shot": json.dumps(frame.shot.record(), sort_keys=True),
        f"{OWN}history": json.dumps(frame.history, sort_keys=True, default=str),
        f"{OWN}{ONE_IS}": _one_is(frame.domain, anchor, one_is),
    }
    if anchor is not None:
        header[f"{OWN}{ANCHOR}"] = float(anchor)
        header["whiteLuminance"] = float(anchor)
    return header


def _one_is(domain: Domain, anchor: float | None, said: str | None) -> str:
    if anchor is not None:
        return f"{anchor:g} cd/m2" if said is None else f"{anchor:g} cd/m2; {said}"
    if said is not None:
        return said
    if domain is Domain.LINEAR:
        return "the sensor's white level in green, times the exposure that was set"
    return "unknown"


def write_channels(
    path: Path, place: Path, header: dict[str, Any], channels: dict[str, np.ndarray]
) -> None:
    """Write channels to `place`, ZIP-compressed, and read them back; `path` is for messages.

    Raises OutputError when they did not read back as they were written.
    """
    import OpenEXR

    storage = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    # A copy: OpenEXR puts its own objects in place of the arrays of the dict it is given.
    try:
        with OpenEXR.File(storage | header, dict(channels)) as file:
            file.write(str(place))
    except RuntimeError as error:  # what OpenEXR raises for a full disk too
        raise OutputError(path, f"it could not be written ({error})") from error
    _check(path, place, channels)


def _check(path: Path, place: Path, channels: dict[str, np.ndarray]) -> None:
    """Read the file back: OpenEXR's writer has stored wrong pixels without a word before."""
    import OpenEXR

    with OpenEXR.File(str(place), separate_channels=True) as file:
        for name, written in channels.items():
            if not np.array_equal(file.parts[0].channels[name].pixels, written):
                raise OutputError(path, f"channel {name} did not read back as it was written")
