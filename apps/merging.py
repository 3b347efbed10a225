"""From the files of a bracket to one merged picture: everything `fullwell merge` does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from apps.developing import develop
from apps.merge_notes import automatic_steps, said_of, said_of_dng, warnings_of, warnings_of_dng
from apps.merged_dng import write_merged_dng
from apps.responses import response_of
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame, reopen
from isp.core.response import Response
from isp.core.sensor import SensorProfile
from isp.files.bracket_list import with_noted_exposures
from isp.files.exr import write_exr
from isp.files.open import is_picture, read
from isp.files.picture import DEPTHS
from isp.files.profile import load_profile
from isp.files.safe_write import refuse_output
from isp.files.save import Delivery, check_delivery, write
from isp.merge.bracket import Merged, merge
from isp.merge.copies import copies
from isp.merge.mertens2007 import fuse_pictures
from isp.stages.black_level import BlackLevel
from isp.stages.demosaic.bilinear import demosaic_bilinear

FUSIONS = ("mertens",)
ASSUMED_RESPONSE = "srgb"
ONE_IS = "white of the reference frame of the bracket, times the exposure that was set"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """What a user asks of a merge; None leaves it to the files.

    times: exposure times of the files in s. measure_exposures: take what the frames show, or
        what is stated; None takes what is stated where the user states times or a response, and
        else leaves it to the frames, see `isp.merge.agreement`.
    camera: whose noise the raw files do not say. response: of pictures, see `apps.responses`.
    reference: number of a file, from 1. align: see `isp.merge.alignment`.
    false_rejections: see `isp.merge.ghosts`.
    fusion: `mertens` blends pictures instead of merging light.
    choices: of the development of merged raws, see `apps.developing.Choices`.
    space: primaries of what is written, by default bt709. white_cd_m2: luminance of 1.0.
    """

    times: Sequence[float] | None = None
    measure_exposures: bool | None = None
    camera: str | None = None
    response: str | None = None
    reference: int | None = None
    align: bool = False
    deghost: bool = True
    false_rejections: float = 1e-3
    fusion: str | None = None
    choices: dict[str, Any] = field(default_factory=dict)
    space: str | None = None
    white_cd_m2: float | None = None


def merge_files(
    request: MergeRequest,
    paths: Sequence[Path],
    output: Path,
    *,
    force: bool = False,
    advance: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Merge a bracket's files and write the result; returns the facts to report.

    .exr: linear light with masks and standard deviations, 1.0 = white of the reference frame.
    .dng: the merged mosaic of raws with its masks, without the deviations, see `apps.merged_dng`.
    With `fusion`, a picture.

    Raises FileError, FrameError, ProfileError, CalibrationError, UsageError, OutputError.
    """
    _check(request, paths, output)
    refuse_output(output, force=force, inputs=paths)
    profile = load_profile(request.camera) if request.camera else None
    frames = with_noted_exposures(paths, _read(paths, profile, advance))
    for first, again in copies(frames):
        raise FrameError(
            f"{paths[again]} is {paths[first]} again, the same to the bit; name an exposure once"
        )
    if request.times is not None:
        frames = [_at(frame, time) for frame, time in zip(frames, request.times, strict=True)]
    _check_stated(request, frames)
    advance("merge")
    if request.fusion:
        picture = fuse_pictures(frames)
        advance("file")
        write(output, picture, force=force, space=request.space, white_cd_m2=request.white_cd_m2)
        return _facts(paths, output, picture) | {"fusion": request.fusion}
    merged, response = merge_frames(request, frames)
    advance("file")
    stored: dict[str, Any] = {}
    warnings = warnings_of(merged, paths)
    if output.suffix.lower() == ".dng":
        picture, rounding, sample = write_merged_dng(output, merged, force=force)
        stored = said_of_dng(rounding, sample)
        warnings += warnings_of_dng(rounding, sample)
    else:
        picture, sigma = _finished(merged, request.choices)
        write_exr(
            output, picture, space=request.space or "bt709", white_cd_m2=request.white_cd_m2,
            one_is=ONE_IS, sigma=sigma, force=force,
        )  # fmt: skip
    return _facts(paths, output, picture) | said_of(merged) | stored | {
        "response": None if response is None else response.name,
        "response_assumed": response is not None and request.response is None,
        "automatic": automatic_steps(
            merged,
            paths,
            assumed=response.name if response is not None and request.response is None else None,
            reference_given=request.reference is not None,
        ),
        "warnings": warnings,
    }  # fmt: skip


def merge_frames(request: MergeRequest, frames: Sequence[Frame]) -> tuple[Merged, Response | None]:
    """Merge raws (RAW to MOSAIC) or pictures (SDR to LINEAR), and say by which response.

    Raises DomainError, FrameError for frames of two kinds, UsageError for a response of raws.
    """
    kinds = {frame.domain for frame in frames}
    options: dict[str, Any] = {
        "measure_exposures": _measures(request),
        "noted_by": "metadata" if request.times is None else "given",
        "reference": None if request.reference is None else request.reference - 1,
        "align": request.align,
        "deghost": request.deghost,
        "false_rejections": request.false_rejections,
    }
    if kinds == {Domain.RAW}:
        if request.response is not None:
            raise UsageError("raw files are linear; --response is for pictures")
        mosaics = [BlackLevel(frame.need_profile().cfa).develop(frame) for frame in frames]
        return merge(mosaics, **options), None
    if kinds == {Domain.SDR}:
        response = response_of(request.response or ASSUMED_RESPONSE)
        light = [reopen(frame, Domain.LINEAR, response) for frame in frames]
        depths = {dict(f.history).get("read_picture", {}).get("bit_depth", 8) for f in frames}
        if len(depths) > 1:
            raise FrameError(f"the pictures of a bracket are of one bit depth, not {depths}")
        return merge(light, response=response, last_code=2 ** depths.pop() - 1, **options), response
    raise FrameError(
        "a bracket is of raw files, or of 8- or 16-bit pictures, but the files are in "
        f"{', '.join(sorted(kind.name.lower() for kind in kinds))}"
    )


def _measures(request: MergeRequest) -> bool | None:
    """Whether exposures are measured; None where neither they nor the response were stated."""
    if request.measure_exposures is None and (request.times or request.response):
        return False
    return request.measure_exposures


def _finished(merged: Merged, choices: dict[str, Any]) -> tuple[Frame, Tensor]:
    """Linear light, and its standard deviation."""
    if merged.frame.domain is Domain.LINEAR:
        return merged.frame, merged.variance.sqrt()
    return develop_merged(merged, choices)


def develop_merged(merged: Merged, choices: dict[str, Any] | None = None) -> tuple[Frame, Tensor]:
    """Develop a merged mosaic to linear light, 1.0 = the reference's white, and its deviation.

    The deviation is that of a photosite's value at each pixel and colour (bilinear between the
    sites of that colour), through white balance and colour matrix as if R, G and B were
    independent. What a demosaic's averaging takes off the noise is not in it.

    Raises FrameError, ProfileError.
    """
    frame = merged.frame
    # 1 stays the reference frame's white, and sigma its scale: no baseline exposure of its file.
    choices = dict(choices or {})
    settings = (("exposure", "baseline", False), *choices.pop("settings", ()))
    asked: dict[str, Any] = {"preset": "hdr_linear", "settings": settings}
    picture = develop(frame, **(asked | choices))
    steps = dict(picture.history)
    cfa = frame.need_profile().cfa
    variance = demosaic_bilinear(merged.variance, cfa)
    if "white_balance" in steps:
        gains = variance.new_tensor(steps["white_balance"]["gains"])
        variance = variance * gains[:, :, None, None] ** 2
    if "colour_matrix" in steps:
        matrix = variance.new_tensor(steps["colour_matrix"]["camera_to_rgb"])
        variance = torch.einsum("bij,bjhw->bihw", matrix**2, variance)
    return picture, variance.sqrt()


def _check(request: MergeRequest, paths: Sequence[Path], output: Path) -> None:
    if not paths:
        raise UsageError("name the files of a bracket")
    if request.fusion is not None and request.fusion not in FUSIONS:
        raise UsageError(f'no fusion is named "{request.fusion}"; known: {", ".join(FUSIONS)}')
    if request.fusion is not None and request.align:
        raise UsageError("--align is for merged light; fusion takes frames as they lie")
    suffixes = tuple(DEPTHS) if request.fusion else (".exr", ".dng")
    if output.suffix.lower() not in suffixes:
        what = "fusion makes a picture" if request.fusion else "merged light"
        raise UsageError(f"{output}: {what}, written as {', '.join(suffixes)}")
    asked = Delivery(space=request.space, white_cd_m2=request.white_cd_m2)
    check_delivery(output, asked)
    if output.suffix.lower() == ".dng" and request.space is not None:
        raise UsageError(f"{output}: a merged mosaic is in the camera's own colours, in no space")
    if request.times is not None and len(request.times) != len(paths):
        raise UsageError(f"{len(paths)} files need as many times, but {len(request.times)} came")
    if request.reference is not None and not 1 <= request.reference <= len(paths):
        raise UsageError(f"the reference is one of files 1 to {len(paths)}")
    if output.suffix.lower() == ".dng":
        for path in paths:
            if is_picture(path):
                raise UsageError(
                    f"{output}: a DNG holds the merged mosaic of raws, but {path} is a picture; "
                    "pictures merge to .exr"
                )


def _check_stated(request: MergeRequest, frames: Sequence[Frame]) -> None:
    stated = any(frame.shot.exposure_time_s is not None for frame in frames)
    if request.measure_exposures is False and not stated:
        raise UsageError("no exposures are stated; give --times or --measure-exposures")


def _read(
    paths: Sequence[Path], profile: SensorProfile | None, advance: Callable[[str], None]
) -> list[Frame]:
    frames = []
    for path in paths:
        advance(path.name)
        frames.append(read(path, profile=profile))
    turned = {frame.shot.orientation for frame in frames}
    if len(turned) > 1:
        raise FrameError(f"the files of a bracket are turned in several ways: {sorted(turned)}")
    return frames


def _at(frame: Frame, time: float) -> Frame:
    times = torch.full((len(frame.data),), float(time))
    return replace(frame, shot=replace(frame.shot, exposure_time_s=times))


def _facts(paths: Sequence[Path], output: Path, picture: Frame) -> dict[str, Any]:
    height, width = picture.size
    return {
        "inputs": [str(path) for path in paths],
        "output": str(output),
        "width": width,
        "height": height,
        "domain": picture.domain.name,
        "measured_percent": 100 * float(picture.measured.float().mean()),
        "history": [[name, parameters] for name, parameters in picture.history],
    }
