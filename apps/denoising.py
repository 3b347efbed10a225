"""Denoise raw files by a network, and write each as a DNG."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from apps.batch import Advance, Report, in_workers, reported
from apps.denoised_dng import (
    Pairs,
    cut_at_white,
    noise_profile,
    noise_that_is_left,
    saturated,
    saturated_at_white,
    shown_brighter,
)
from apps.outputs import outputs, remove_empty
from enhance.denoiser import ExposureDiffusion
from enhance.weights import read_card
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import noise_of
from isp.files.dump import DumpFlags
from isp.stages.black_level import BlackLevel
from isp.stages.defects import Defects

SUFFIX = ".dng"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiseJob:
    """What is the same for every file of a run.

    settings: those of `ExposureDiffusion`. measures: whether each file's noise is measured in the
    file itself, whatever it or a profile says. by_file: whether `noise` of the settings is the
    file's own NoiseProfile.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    measures: bool = False
    by_file: bool = False
    camera: str | None = None
    flags: DumpFlags | None = None
    force: bool = False

    def stage(self, cfa: Cfa = Cfa.RGGB) -> ExposureDiffusion:
        """The network, for a pattern.

        Raises UsageError, MissingError or FileError for settings or weights that make none.
        """
        return ExposureDiffusion(cfa, **self.settings)


def denoise_files(
    job: DenoiseJob,
    raws: Sequence[Path],
    output: str | Path,
    *,
    workers: int,
    advance: Advance = lambda name: None,
) -> list[Report]:
    """Denoise each file; returns a report for each, with `exit_code`, and `error` if it failed.

    output: see `outputs`.

    Raises UsageError, MissingError or FileError for what is wrong for all, OutputError for a
    folder that cannot be made.
    """
    named = Path(output)
    is_folder = str(output).endswith(("/", os.sep)) or named.is_dir()
    if not is_folder and named.suffix.lower() not in ("", SUFFIX):
        raise UsageError(f"{output}: a denoised mosaic is written as {SUFFIX}")
    job.stage()
    made: list[Path] = []
    try:
        pairs = list(zip(raws, outputs(raws, output, SUFFIX, made), strict=True))
        if len(pairs) > 1:
            return in_workers(partial(denoise_file, job), pairs, workers, advance)
        reports = [denoise_file(job, *pair) for pair in pairs]
        advance(raws[0].name)
        return reports
    finally:
        remove_empty(made)


def denoise_file(job: DenoiseJob, raw: Path, output: Path) -> Report:
    """Denoise one file and report; a failure is in the report, not raised."""
    return reported(raw, output, lambda: _denoise(job, raw, output))


def denoised(frame: Frame, stage: ExposureDiffusion) -> Frame:
    """Black level, defects and the network, as the preset `lowlight` has them.

    Raises FrameError for a frame whose noise is not known.
    """
    mosaic = _sound(frame, stage.cfa)
    try:
        noise_of(mosaic, stage.noise)
    except (FrameError, ProfileError) as error:
        raise FrameError(
            f"nothing is known of its noise ({error}); pass --camera, --noise SLOPE,OFFSET, "
            "or --noise measured for what the picture itself shows of it"
        ) from error
    return stage.develop(mosaic)


def _sound(frame: Frame, cfa: Cfa) -> Frame:
    return Defects(cfa).develop(BlackLevel(cfa).develop(frame))


def _measured(frame: Frame) -> tuple[float, float]:
    """Slope and offset of the noise that the picture shows.

    Raises FrameError where it shows none that rises with light.
    """
    from apps.raw_noise import measured_noise

    profile = frame.need_profile()
    span = profile.white_level_dn - sum(profile.black_level_dn) / len(profile.black_level_dn)
    offset, slope, _ = measured_noise(_sound(frame, profile.cfa).data, profile.cfa, span)[0]
    if not float(slope) > 0:
        raise FrameError("no noise that rises with light can be measured in it; pass --noise")
    return float(slope), float(offset)


def _denoise(job: DenoiseJob, raw: Path, output: Path) -> Report:
    from isp.files.dng import write_dng
    from isp.files.profile import load_profile
    from isp.files.raw import read_raw
    from isp.files.safe_write import refuse_output

    refuse_output(output, force=job.force, inputs=[raw])
    profile = load_profile(job.camera) if job.camera else None
    frame = read_raw(raw, flags=job.flags, profile=profile)
    check_bayer(frame)
    told = noise_profile(frame)
    if job.measures:
        job = replace(job, settings={**job.settings, "noise": _measured(frame)})
    elif _needs_no_iso(frame, job, told):
        green = told[min(1, len(told) - 1)]
        job = replace(job, settings={**job.settings, "noise": green}, by_file=True)
    stage = job.stage(frame.need_profile().cfa)
    picture = denoised(frame, stage)
    settings = dict(picture.history[-1][1])
    source, before = _noise_before(frame, job, settings)
    if stage.scale == "ratio":
        picture, cut = cut_at_white(picture)
        white = 1.0
    else:
        lost = saturated(BlackLevel(stage.cfa).develop(frame))
        picture, white = saturated_at_white(shown_brighter(picture, stage.ratio), lost)
        cut = 0
    # A card says what one pass leaves.
    left = None if stage.steps else read_card(stage.model).facts.get("noise_left")
    pairs = noise_that_is_left(before, settings, left)
    write_dng(output, picture, white=white, noise_left=pairs, force=job.force)
    facts = {
        "width": frame.size[1], "height": frame.size[0], "noise_from": source,
        "noise_left": pairs, "cut_at_white": cut, "white": white,
        "settings": settings, "history": [list(step) for step in picture.history],
    }  # fmt: skip
    return facts | {"summary": _summary(facts)}


def check_bayer(frame: Frame) -> None:
    """Refuse what the network was not made for.

    Raises FrameError.
    """
    cfa = frame.need_profile().cfa
    if frame.domain is not Domain.RAW:
        raise FrameError("it is demosaiced already; the raw denoiser takes a Bayer mosaic")
    if frame.balanced:
        raise FrameError("it is white-balanced already; the raw denoiser comes before that")
    if not cfa.is_bayer:
        raise FrameError(f"its pattern is {cfa.name}; the raw denoiser takes a Bayer mosaic")


def _needs_no_iso(frame: Frame, job: DenoiseJob, told: Pairs) -> bool:
    """Whether the file says its noise but not its ISO, without which a profile has no reading."""
    asked = job.settings.get("noise") is not None or job.camera is not None
    return bool(told) and frame.shot.iso is None and not asked


def _noise_before(frame: Frame, job: DenoiseJob, settings: dict[str, Any]) -> tuple[str, Pairs]:
    """Where the noise is known from, and its slopes and offsets, of each colour where told."""
    offset, slope, _ = settings["variance"][0]
    one = [(slope, offset)]
    if job.settings.get("noise") is not None and not job.by_file:
        return ("the picture itself" if job.measures else "--noise"), one
    name = frame.need_profile().name
    told = noise_profile(frame)
    if job.camera is not None or not told:
        return f"the profile of {name}", one
    # The mosaic's white may lie below the file's, where wells are full before the last code.
    unit = slope / told[min(1, len(told) - 1)][0]
    return "the file's NoiseProfile", [(s * unit, o * unit**2) for s, o in told]


def _summary(facts: dict[str, Any]) -> str:
    """What a person is told."""
    settings = facts["settings"]
    offset, slope, _ = settings["variance"][0]
    said = [
        f"{facts['width']} x {facts['height']} denoised by {settings['model']}, ratio "
        f"{settings['ratio']:g} at scale {settings['scale']}",
        f"noise by {facts['noise_from']}: {slope:.3g} x + {offset:.3g}",
    ]
    if settings["steps"]:
        said.append(f"{settings['steps']} steps, seed {settings['seed']}")
    if settings["scale"] == "ratio":
        said.append(f"{facts['cut_at_white']} values cut at white")
    if facts["white"] != 1:
        said.append(f"white stands for {facts['white']:.3f} of sensor white")
    if not facts["noise_left"]:
        what = "several passes leave" if settings["steps"] else "the network leaves"
        said.append(f"no NoiseProfile: the card does not say what noise {what}")
    return "; ".join(said)
