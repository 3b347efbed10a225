"""Unprocess photographs, and measure what is left of one there and back.

`python -m apps.unprocessing [PHOTOS…] [-o docs/unprocess.md]` writes the table.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from apps.bench.metrics.psnr import psnr_db
from apps.presets import fast_demosaic, preset, with_demosaic
from apps.report.pages import write_page
from apps.unprocess_table import RoundTrip, page
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame, reopen
from isp.core.response import Response
from isp.core.sensor import SensorProfile
from isp.files.open import read
from isp.files.profile import load_profile
from isp.stages.colour_matrix import ColourMatrix
from simulate.sensor import Sensor
from simulate.unprocess import (
    INFLECTION,
    balanced_camera,
    blended_matrices,
    illuminant_gains,
    inverse_white_balance,
    photo_response,
    sampled_gains,
    unprocess,
)

CAMERA = "NikonD850"
PHOTOGRAPHS = ("train_photos/*.jpg", "sdr/kodim*.png")


def unprocess_photo(
    photo: str | Path | Frame,
    profile: SensorProfile,
    *,
    response: Response | None = None,
    gains: tuple[float, float, float] | None = None,
    illuminant: str = "D65",
    sampled: bool = False,
    blend: Sequence[SensorProfile] = (),
    iso: float | None = None,
    exposure_time_s: float | None = None,
    exposure: float = 1.0,
    white_e: float | None = None,
    seed: int = 0,
    item: int = 0,
) -> Frame:
    """Return the expected electrons that a sensor would have had of a photograph (EXPECTED).

    response: the curve the photograph is taken to have; `photo_response()` unless given.
    gains: R, G, B of the camera; else drawn as in the paper when `sampled`, else the sensor's
        own white balance under the illuminant.
    blend: cameras whose colour matrices are mixed at random, in place of the profile's own; the
        frame's profile has the mixture, so capture it with `Sensor(frame.profile)`.
    iso: the profile's lowest unless given. exposure_time_s: for the dark current, the photo's own
        unless given. exposure: factor on the electrons. white_e: electrons of white, else the
        sensor's at that ISO. seed, item: key the draws.

    Raises FileError, DomainError, ProfileError, UsageError.
    """
    frame = photo if isinstance(photo, Frame) else read(photo)
    if frame.domain is not Domain.SDR or len(frame.data) != 1:
        raise DomainError(
            f"a photograph is one SDR picture, but this is {frame.domain.name} of {len(frame.data)}"
        )
    if sampled and gains is not None:
        raise UsageError("gains are either given or sampled")
    if blend:
        profile = profile.with_fields(colour_matrices=blended_matrices(blend, seed, item))
    if iso is None:
        iso = min(reading.iso for reading in profile.readings)
    chosen = (
        sampled_gains(seed, torch.tensor([item]))
        if sampled
        else torch.tensor([gains or illuminant_gains(profile, illuminant)])
    )
    scene = reopen(frame, Domain.SCENE, response or photo_response())
    shot = replace(scene.shot, item=torch.tensor([item]))
    if exposure_time_s is not None:
        shot = replace(shot, exposure_time_s=torch.tensor([exposure_time_s]))
    return unprocess(
        replace(scene, shot=shot), profile, chosen, iso=iso, exposure=exposure, white_e=white_e
    )


def develop_again(raw: Frame, response: Response | None = None) -> Frame:
    """Develop a capture of an unprocessed photograph to a picture like it (RAW to SDR).

    Our ISP up to the demosaic, the digital gain that was taken off, a clip at white as in the
    paper's forward pipeline, the colour matrix, and the response.

    Raises FrameError, ProfileError.
    """
    cfa = raw.need_profile().cfa
    recipe = with_demosaic(preset("hdr_linear", cfa), fast_demosaic(cfa))
    camera = recipe.until("demosaic").build(cfa).develop(raw)
    steps = dict(raw.history)
    digital = steps["unprocess"]["gains"][0][1] if "unprocess" in steps else 1.0
    return _finish(camera, digital, response or photo_response())


def round_trip(photo: Frame, profile: SensorProfile, name: str = "") -> RoundTrip:
    """Unprocess a photograph and develop it again, without and with a mosaic; both noise-free.

    Without dark current too: a photograph need not say how long it was exposed.

    Raises FrameError for a photograph with nothing to compare.
    """
    response = photo_response()
    profile = profile.with_fields(dark_current_e_per_s=0.0)
    expected = unprocess_photo(photo, profile, response=response)
    gains = torch.tensor(dict(expected.history)["unprocess"]["gains"])
    scene = reopen(photo, Domain.SCENE, response)
    balanced = balanced_camera(scene, profile, gains)
    full = inverse_white_balance(balanced, gains).clamp(0, 1)
    camera = expected.advance(
        "without_mosaic", {}, data=(full * gains.double()[..., None, None]).float(),
        domain=Domain.CAMERA, balanced=True,
        measured=photo.measured.expand(-1, 3, -1, -1), clipped=photo.clipped.expand(-1, 3, -1, -1),
        generated=photo.generated.expand(-1, 3, -1, -1),
    )  # fmt: skip
    plain = _finish(camera, 1.0, response)
    mosaic = develop_again(Sensor(profile).expected_dn(expected), response)
    compared = photo.measured & (balanced.mean(dim=1, keepdim=True) <= INFLECTION)
    original, direct, demosaiced = _codes(photo), _codes(plain), _codes(mosaic)
    mask = compared[0, 0].numpy()
    if not mask.any():
        raise FrameError(f"{name or 'the photograph'} has no pixel that can come back")
    error, error_mosaic = abs(direct - original)[mask], abs(demosaiced - original)[mask]
    return RoundTrip(
        name=name,
        pixels=mask.size,
        compared_percent=100 * float(mask.mean()),
        out_of_gamut_percent=100 * float((balanced < 0).any(dim=1).double().mean()),
        largest_codes=float(error.max()),
        mean_codes=float(error.mean()),
        psnr_db=psnr_db(direct, original, peak=255, measured=mask),
        psnr_all_db=psnr_db(direct, original, peak=255),
        mosaic_mean_codes=float(error_mosaic.mean()),
        mosaic_psnr_db=psnr_db(demosaiced, original, peak=255, measured=mask),
        mosaic_psnr_all_db=psnr_db(demosaiced, original, peak=255),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the photographs and write or print the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.unprocessing")
    parser.add_argument(
        "photos", nargs="*", type=Path,
        help=f"pictures; else {' and '.join(PHOTOGRAPHS)} of $FULLWELL_DATA",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, help="markdown page to write")
    parser.add_argument("--camera", default=CAMERA, help="a built-in camera's name, or FILE.json")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)

    def text() -> str:
        profile = load_profile(asked.camera)
        photos = asked.photos or _photographs()
        rows = [round_trip(read(path), profile, path.name) for path in photos]
        return page(rows, profile.name, INFLECTION, _command(asked))

    return write_page(text, asked.output, force=asked.force)


def _finish(camera: Frame, digital_gain: float, response: Response) -> Frame:
    white = camera.advance(
        "clip_at_white", {"digital_gain": digital_gain},
        data=(camera.data * digital_gain).clamp(max=1),
    )  # fmt: skip
    linear = ColourMatrix("bt709").develop(white)
    colour = replace(linear.colour, transfer="srgb") if linear.colour else None
    return linear.advance(
        "response", {"response": response.name},
        data=response.encode(linear.data), domain=Domain.SDR, colour=colour,
    )  # fmt: skip


def _codes(picture: Frame) -> np.ndarray:
    value: Tensor = torch.round(255 * picture.data[0].double().clamp(0, 1))
    return value.permute(1, 2, 0).numpy()


def _photographs() -> list[Path]:
    folder = os.environ.get("FULLWELL_DATA")
    if folder is None:
        raise UsageError("name photographs, or set FULLWELL_DATA to the folder of the real data")
    found = [path for pattern in PHOTOGRAPHS for path in sorted(Path(folder).glob(pattern))]
    if not found:
        raise UsageError(f"no {' or '.join(PHOTOGRAPHS)} in the folder that FULLWELL_DATA names")
    return found


def _command(asked: argparse.Namespace) -> str:
    words = ["FULLWELL_DATA=DATA python -m apps.unprocessing"]
    if asked.photos:
        words = ["python -m apps.unprocessing", *(_shown(path) for path in asked.photos)]
    words += [] if asked.camera == CAMERA else ["--camera", _shown(Path(asked.camera))]
    words += [] if asked.output is None else ["-o", _shown(asked.output)]
    return " ".join(words)


def _shown(path: Path) -> str:
    """A path as a page may show it: no machine's folders."""
    return path.name if path.is_absolute() else path.as_posix()


if __name__ == "__main__":
    sys.exit(main())
