"""Measure response calibration beside other programs, and write docs/response.md.

`FULLWELL_DATA=DATA python -m apps.response_report -o docs/response.md` writes the page.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apps.calibrating_response import ResponseRequest, light_of, measure_frames
from apps.merge_peers import merged_by_pfstools
from apps.report.pages import write_page
from apps.response_trials import Score, Trial, root_mean_square, scores, trial
from calibration.response.bracket_codes import CODES, LAST
from calibration.response.measure import METHODS, measure_curve
from calibration.response.measured_response import MeasuredCurve
from isp.core.emor import Emor
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.bracket_list import with_noted_exposures
from isp.files.npy import read_npy
from isp.files.open import read
from isp.files.peer_responses import METHODS as OPENCV_METHODS
from isp.files.peer_responses import opencv_response
from isp.files.response_curves import read_emor

SEED = 7
COMMAND = "FULLWELL_DATA=DATA python -m apps.response_report -o docs/response.md --force"
METHOD = """\
## What it does

`fullwell calibrate response FILES -o response.json` measures the exposure of each 8-bit code;
`--response response.json` of `merge` and `simulate --ldr` takes it. Methods: Debevec and Malik
1997 (the default), Robertson et al. 2003, Mitsunaga and Nayar 1999, EMoR. Exposure ratios are
measured with the curve; their mean is the user's, since pictures do not tell it.

The 95 % band: brackets are simulated from the Debevec-Malik curve with the noise that the
pictures show, and fitted again by the same method. Scatter and mean distance both count. Codes
darker than five times their noise, or never seen, are not called measured.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.response_report")
    parser.add_argument("-o", "--output", type=Path, required=True, help="markdown page to write")
    parser.add_argument("--trials", type=int, default=100, help="random cameras, default method")
    parser.add_argument("--few", type=int, default=20, help="random cameras, other methods")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)

    def text() -> str:
        data = os.environ.get("FULLWELL_DATA")
        if data is None:
            raise UsageError("set FULLWELL_DATA to the folder of the real data")
        model = read_emor(Path(data) / "crf/invemor.txt")
        return "\n".join([
            "# Response curves", "", "Measured and written by", "", f"```\n{COMMAND}\n```", "",
            METHOD, *of_random_cameras(asked.trials, asked.few, model), "",
            *of_frobisher(Path(data)), "",
        ])  # fmt: skip

    return write_page(text, asked.output, force=asked.force)


def of_random_cameras(trials: int, few: int, model: Emor) -> list[str]:
    """The table of simulated brackets, whose truth is known."""
    lines = [
        "## Random cameras", "",
        "Brackets of 4000 pixels by `apps.response_trials`: random rising curves, wells of 4 to "
        "40 ke-, 2 to 8 e- read noise, 3 to 7 pictures 0.7 to 2.5 EV apart, 8 bits. RMSE of "
        "exposure over all codes, in % of white; *covered*: measured codes whose truth is in the "
        "band; *width*: mean of the band.", "",
        "| method | cameras | refused | RMSE, median | RMSE, 95th | covered, % | width, % | s |",
        "|---|" + "---:|" * 7,
    ]  # fmt: skip
    every = [trial(SEED, item) for item in range(trials)]
    for method in METHODS:
        some = every if method == METHODS[0] else every[:few]
        failed: list[str] = []
        start = time.perf_counter()
        found = scores(partial(_measured, method, model), some, failed)
        seconds = (time.perf_counter() - start) / len(some)
        lines.append(row_of(f"ours, {method}", found, len(some), len(failed), seconds))
    return lines + [row_of_opencv(method, every[:few]) for method in OPENCV_METHODS]


def _measured(method: str, model: Emor, one: Trial) -> MeasuredCurve:
    return measure_curve(one.bracket, method, model=model)


def row_of(name: str, found: Sequence[Score], cameras: int, failed: int, seconds: float) -> str:
    """One method's line."""
    errors = np.array([one.rmse for one in found])
    covered = 100 * float(np.mean([one.covered for one in found]))
    width = 100 * float(np.median([one.width for one in found]))
    return (
        f"| {name} | {cameras} | {failed} | {100 * np.median(errors):.3f} | "
        f"{100 * np.percentile(errors, 95):.2f} | {covered:.1f} | {width:.2f} | {seconds:.2f} |"
    )


def row_of_opencv(method: str, trials: Sequence[Trial]) -> str:
    """OpenCV's line; a camera whose curve it leaves without numbers counts as refused."""
    errors, start = [], time.perf_counter()
    for one in trials:
        flat = one.codes.T.astype(np.uint8).reshape(len(one.log_exposures), 40, -1, 1)
        pictures = [np.repeat(picture, 3, axis=-1) for picture in flat]
        curve = opencv_response(pictures, np.exp(one.log_exposures).tolist(), method)[:, 0]
        curve = curve / curve[LAST]
        if np.isfinite(curve).all():
            errors.append(root_mean_square(curve - one.truth))
    seconds = (time.perf_counter() - start) / len(trials)
    refused = len(trials) - len(errors)
    if not errors:
        return f"| OpenCV, {method} | {len(trials)} | {refused} | - | - | - | - | {seconds:.2f} |"
    return (
        f"| OpenCV, {method} | {len(trials)} | {refused} | {100 * np.median(errors):.3f} | "
        f"{100 * np.percentile(errors, 95):.2f} | - | - | {seconds:.2f} |"
    )


def of_frobisher(data: Path) -> list[str]:
    """The table of a real bracket: curves of all programs, and how they reconcile its pictures."""
    files = sorted((data / "sdr/bracket_frobisher").glob("*.jpg"))
    frames = with_noted_exposures(files, [read(file) for file in files])
    times = light_of(ResponseRequest(), frames, [file.name for file in files])
    curves: dict[str, NDArray[np.float64]] = {}
    for method in METHODS:
        request = ResponseRequest(
            method=method, refine=False, emor=data / "crf/invemor.txt" if method == "emor" else None
        )
        found = measure_frames(request, frames, [file.name for file in files])
        curves[f"ours, {method}"] = np.stack([c.exposure_of_code for c in found.curves], axis=1)
    pictures = [codes_of(frame).astype(np.uint8) for frame in frames]
    for method in OPENCV_METHODS:
        curves[f"OpenCV, {method}"] = opencv_response(pictures, times, method)
    codes = np.linspace(0, 1, CODES)
    room = merged_by_pfstools(files, times).response
    curves["pfshdrcalibrate"] = np.stack(
        [np.interp(codes, room.curve[c].numpy(), room.exposure[c].numpy()) for c in range(3)],
        axis=1,
    ) if room.exposure is not None else np.full((CODES, 3), np.nan)  # fmt: skip
    stored = read_npy(
        data / "crf/colour_hdri_debevec1997/test_camera_response_function_Debevec1997_crfs.npy"
    )
    curves["colour-hdri, stored"] = np.asarray(stored, dtype=np.float64)
    lines = [
        "## A real bracket: frobisher", "",
        "Three JPEGs 3 EV apart, exposures as noted. No truth is known; *difference*: RMS to "
        "colour-hdri's stored curve over codes 5 to 250, both 1 at code 250, in % of it; "
        "*disagreement*: RMS of log2 of light between neighbouring pictures, codes 20 to 235, "
        "pixels beyond 1 EV left out as moved.", "",
        "| curve | difference, % | disagreement, EV |", "|---|---:|---:|",
    ]  # fmt: skip
    reference = curves["colour-hdri, stored"]
    for name, curve in curves.items():
        off = curve[5:251] / curve[250] - reference[5:251] / reference[250]
        lines.append(
            f"| {name} | {100 * root_mean_square(off):.2f} | "
            f"{disagreement(curve, pictures, times):.4f} |"
        )
    return lines


def codes_of(frame: Frame) -> NDArray[np.float64]:
    """(h, w, 3) codes of a picture."""
    codes: NDArray[np.float64] = np.rint(LAST * frame.data[0].permute(1, 2, 0).double().numpy())
    return codes


def disagreement(
    curve: NDArray[np.float64], pictures: Sequence[NDArray[np.uint8]], times: Sequence[float]
) -> float:
    """RMS of log2 (light by one picture / light by the next), where both are well exposed."""
    every = []
    for first in range(len(pictures) - 1):
        for channel in range(3):
            a, b = (pictures[first + k][..., channel] for k in (0, 1))
            both = (a >= 20) & (a <= 235) & (b >= 20) & (b <= 235)
            light = [
                np.log2(curve[code[both], channel] / times[first + k])
                for k, code in ((0, a), (1, b))
            ]
            off = light[0] - light[1]
            every.append(off[np.abs(off) < 1])
    return root_mean_square(np.concatenate(every))


if __name__ == "__main__":
    sys.exit(main())
