"""From the files of a bracket to a response file: everything `fullwell calibrate response` does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from calibration.response.bracket_codes import BracketCodes
from calibration.response.debevec1997 import fit_debevec
from calibration.response.measure import METHODS, measure_curve
from calibration.response.measured_response import MeasuredResponse
from calibration.response.pixels import PIXELS, channel_codes
from calibration.response.stated_steps import refuse_misfit
from isp.core.domain import Domain
from isp.core.errors import DomainError, UsageError
from isp.core.frame import Frame
from isp.files.bracket_list import with_noted_exposures
from isp.files.open import read
from isp.files.response_curves import read_emor
from isp.files.response_file import write_response_file
from isp.files.safe_write import refuse_output


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRequest:
    """What a user asks of a response; see `calibration.response.measure`.

    times: exposure times of the files in s; None takes the files' own or those of a bracket.json.
    emor: file of the inverse model. exposure_error: relative.
    """

    method: str = "debevec"
    refine: bool = True
    exposure_error: float = 0.0
    emor: Path | None = None
    times: Sequence[float] | None = None
    pixels: int = PIXELS
    name: str | None = None
    seed: int = 1


def calibrate_response(
    request: ResponseRequest,
    paths: Sequence[Path],
    output: Path,
    *,
    force: bool = False,
    advance: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Measure the response of a bracket's camera and write it; returns the facts to report.

    Raises FileError, FrameError, DomainError, CalibrationError, UsageError, OutputError.
    """
    if output.suffix.lower() != ".json":
        raise UsageError(f"{output}: a response is written as .json")
    if request.method not in METHODS:
        raise UsageError(f'no method is named "{request.method}"; known: {", ".join(METHODS)}')
    if request.times is not None and len(request.times) != len(paths):
        raise UsageError(f"{len(paths)} files need as many times, but {len(request.times)} came")
    refuse_output(output, force=force, inputs=paths)
    frames = []
    for path in paths:
        advance(path.name)
        frames.append(read(path))
    frames = with_noted_exposures(paths, frames)
    measured = measure_frames(request, frames, [path.name for path in paths], advance=advance)
    record = measured.record() | {"files": [path.name for path in paths]}
    write_response_file(output, record, force=force)
    exposures, errors = measured.exposures()
    return {
        "output": str(output),
        "inputs": [str(path) for path in paths],
        "method": request.method,
        "channels": record["channels"],
        "measured_codes": record["measured_codes"],
        "widest_band_percent": [
            100 * float((c.high - c.low)[c.codes[0] : c.codes[1] + 1].max())
            for c in measured.curves
        ],
        "given_exposures": record["given_exposures"],
        "exposures": record["exposures"],
        "said": sentence(measured, exposures, errors),
    }  # fmt: skip


def measure_frames(
    request: ResponseRequest,
    frames: Sequence[Frame],
    names: Sequence[str],
    *,
    advance: Callable[[str], None] = lambda name: None,
) -> MeasuredResponse:
    """Measure the response of pictures that are at hand.

    Raises DomainError, FrameError, CalibrationError, UsageError.
    """
    given = light_of(request, frames, names)
    brackets = channel_codes(frames, given, names, pixels=request.pixels)
    by_light = [names[i] for i in sorted(range(len(given)), key=lambda i: given[i])]
    _refuse_misfit(brackets, by_light, request.exposure_error)
    model = None if request.emor is None else read_emor(request.emor)
    curves = []
    for channel, bracket in enumerate(brackets):
        advance("curve")
        curves.append(
            measure_curve(
                bracket, request.method, model=model, refine=request.refine,
                exposure_error=request.exposure_error, seed=request.seed, channel=channel,
            )
        )  # fmt: skip
    return MeasuredResponse(
        name=request.name or f"{request.method} of {names[0]}",
        method=request.method,
        curves=tuple(curves),
        given_exposures=np.exp(brackets[0].log_exposures),
    )


def _refuse_misfit(
    brackets: Sequence[BracketCodes], names: list[str], exposure_error: float
) -> None:
    """Compare the stated steps with those of the method that gives a curve no form of its own.

    So too where exposures are not refined: a missing picture bends that curve all the same.
    """
    refined = np.mean([fit_debevec(bracket).log_exposures for bracket in brackets], axis=0)
    refuse_misfit(refined, brackets[0].log_exposures, names, exposure_error=exposure_error)


def light_of(
    request: ResponseRequest, frames: Sequence[Frame], names: Sequence[str]
) -> list[float]:
    """Light that each picture gathered: time x ISO / f-number^2, of what is known of all.

    Raises DomainError for raws, UsageError where no exposure times are known.
    """
    for frame, name in zip(frames, names, strict=True):
        if frame.domain is not Domain.SDR:
            raise DomainError(
                f"{name} is {frame.domain.name}; a response is of 8-bit pictures, raws are linear"
            )
    times = request.times
    if times is None:
        known = [frame.shot.exposure_time_s for frame in frames]
        unknown = [n for n, time in zip(names, known, strict=True) if time is None]
        if unknown:
            raise UsageError(
                f"{unknown[0]} does not say its exposure time; pass --times, or note the times "
                "in a bracket.json beside the files"
            )
        times = [float(time[0]) for time in known if time is not None]
    light = np.array(times, dtype=np.float64)
    for field, power in (("f_number", -2.0), ("iso", 1.0)):
        values = [getattr(frame.shot, field) for frame in frames]
        if request.times is None and all(isinstance(v, torch.Tensor) for v in values):
            light = light * np.array([float(v[0]) for v in values]) ** power
    return [float(value) for value in light]


def sentence(measured: MeasuredResponse, exposures: Any, errors: Any) -> str:
    """What a person is told."""
    first = max(curve.codes[0] for curve in measured.curves)
    last = min(curve.codes[1] for curve in measured.curves)
    width = max(
        float((c.high - c.low)[c.codes[0] : c.codes[1] + 1].max()) / 2 for c in measured.curves
    )
    steps = np.diff(np.log2(exposures))
    given = np.diff(np.log2(measured.given_exposures))
    listed = ", ".join(
        f"{step:.3f} ({off:+.3f})" for step, off in zip(steps, steps - given, strict=True)
    )
    return (
        f"{len(measured.curves)} curve{'s' * (len(measured.curves) > 1)} by {measured.method}, "
        f"codes {first} to {last} measured, 95 % band at most +-{100 * width:.2f} % of white; "
        f"steps in EV, and off those given: {listed}"
    )
