"""Measure white balance estimators and rebuilt highlights on scenes whose light is known.

`python -m apps.look_tables [-o docs/looks.md]` writes the tables; scenes come from $FULLWELL_DATA.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from apps.bench.metrics.angular_error import angular_error_deg
from apps.clipped_scenes import ClippedScene, clipped_scene
from apps.lit_pictures import LitPicture, lit_pictures
from apps.recipes import STAGES, make
from apps.report.pages import write_page
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.dng import write_dng
from isp.files.exr import read_exr
from isp.files.libraw_picture import HIGHLIGHTS, libraw_picture
from isp.stages.white_balance import ESTIMATORS, estimated_gains
from simulate.exposure import mosaic_of

SCENES = (
    "apartment_window_pano", "bonita_sun_sea", "candle_glass", "carrots_chart", "city_pano",
    "desk_stained_glass", "forest_pano", "mt_tam_west", "still_life_lamps",
)  # fmt: skip
LIGHTS = ("A", "D65", "D75", "FL2")
MORE_SCENES = (  # estimates are scored on these too; the highlights' rules were chosen on them
    "bridge_pano", "cloudy_sun_pano", "dawn_pano", "esplanade_pano", "golden_gate_dusk",
    "hall_pano", "kerner_env_latlong", "lab_pano", "sky_pano", "stage_env_latlong",
    "studio_softbox_pano", "tree_white_luminance", "warehouse_pano",
)  # fmt: skip
CLIPPED_PERCENT = (2.0, 10.0)


def light_errors(seen: ClippedScene) -> dict[str, float]:
    """Angular error of every estimator on a scene, degrees; `none` takes the camera's own RGB."""
    frame = make(STAGES["black_level"], Cfa.RGGB, {}).develop(seen.raw)
    truth = 1 / np.array(seen.gains)
    errors = {"none": angular_error_deg(np.ones(3), truth)}
    for method in (*ESTIMATORS, "planckian"):
        gains = estimated_gains(method, frame.data, frame.measured, Cfa.RGGB, frame.profile)
        errors[method] = angular_error_deg(1 / gains[0].double().numpy(), truth)
    return errors


def real_errors(picture: LitPicture) -> dict[str, float]:
    """`light_errors` of a real picture, under the light that was measured there.

    Without planckian: not all of the cameras have matrices.
    """
    errors = {"none": angular_error_deg(np.ones(3), picture.light)}
    for method in ESTIMATORS:
        gains = estimated_gains(method, picture.mosaic, picture.measured, picture.cfa)
        errors[method] = angular_error_deg(1 / gains[0].double().numpy(), picture.light)
    return errors


def summary(errors: Sequence[float]) -> str:
    """Median, mean and mean of the worst quarter, which has at least one."""
    ranked = np.sort(errors)[::-1]
    worst = ranked[: max(1, round(len(ranked) / 4))]
    return f"{np.median(ranked):.1f} / {ranked.mean():.1f} / {worst.mean():.1f}"


def highlight_errors(seen: ClippedScene) -> dict[str, list[float]]:
    """Mean error in stops of what clipped, where 1, 2 and 3 colours did, of each method."""
    balanced = seen.raw
    for key in ("black_level", "white_balance"):
        balanced = make(STAGES[key], Cfa.RGGB, {}).develop(balanced)
    results = {"left alone": balanced.data}
    for name, key in (("cut", "highlights"), ("rebuilt", "rebuild_highlights")):
        results[name] = make(STAGES[key], Cfa.RGGB, {}).develop(balanced).data
    for mode in HIGHLIGHTS:
        results[f"LibRaw {mode}"] = _libraw(seen.raw, balanced, mode)
    return {name: _stops(data, seen) for name, data in results.items()}


def _stops(data: Tensor, seen: ClippedScene) -> list[float]:
    error = torch.log2(data.clamp(min=1e-4) / seen.truth.clamp(min=1e-4)).abs().double()
    groups = [seen.raw.clipped & (seen.lost == count) for count in (1, 2, 3)]
    return [float(error[group].mean()) if group.any() else float("nan") for group in groups]


def _libraw(raw: Frame, balanced: Frame, mode: str) -> Tensor:
    """LibRaw's value at each photosite, on our scale: its own is fitted where it was measured."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.dng"
        write_dng(path, raw)
        decoded = libraw_picture(path, "LINEAR", linear=True, highlights=mode, space="raw")
    code = torch.from_numpy(decoded.arrays["code"].astype(np.float32)).permute(2, 0, 1)[None]
    own = mosaic_of(code, Cfa.RGGB)
    sure = balanced.measured & (balanced.data > 0.1)
    return own / (own[sure] / balanced.data[sure]).median()


def page(
    lights: dict[str, dict[str, list[float]]],
    real: dict[str, dict[str, float]],
    highlights: dict[float, dict[str, list[list[float]]]],
    command: str,
) -> str:
    """The measurements as markdown, the command that made them on top."""
    head = ["# White balance and highlights, measured", "", "Measured and written by", ""]
    lines = [*head, f"```\n{command}\n```", "", *_lights(lights, real), "", *_lost(highlights)]
    return "\n".join(lines) + "\n"


def _lights(
    lights: dict[str, dict[str, list[float]]], real: dict[str, dict[str, float]]
) -> list[str]:
    """Angular errors, a row for each method."""
    scenes = len(next(iter(next(iter(lights.values())).values())))
    methods = list(next(iter(lights.values())))
    lines = [
        "## Estimates of the light",
        "",
        "Angular error in degrees, median / mean / mean of the worst quarter, of "
        f"{scenes} HDR scenes seen by a noise-free 14-bit camera ({CLIPPED_PERCENT[0]:g} % of the "
        "pixels clip) under a known illuminant. *none* takes camera RGB as it is. R = G = B of a "
        "scene's file counts as neutral, so a cast that its maker left in the scene counts as "
        "error.",
        "",
        f"| method | {' | '.join(lights)} |",
        "|---|" + "---:|" * len(lights),
        *(
            f"| {method} | {' | '.join(summary(errors[method]) for errors in lights.values())} |"
            for method in methods
        ),
        "",
        "Real pictures, angular error in degrees to a light that was measured there: beside the "
        "camera (INTEL-TAU), or by the middle greys of a ColorChecker, which is kept from the "
        "estimates. planckian needs matrices, which most of these cameras lack.",
        "",
        f"| method | {' | '.join(real)} | median / mean / worst |",
        "|---|" + "---:|" * (len(real) + 1),
    ]
    for method in next(iter(real.values())):
        row = [errors[method] for errors in real.values()]
        lines.append(f"| {method} | {' | '.join(f'{e:.1f}' for e in row)} | {summary(row)} |")
    return lines


def _lost(highlights: dict[float, dict[str, list[list[float]]]]) -> list[str]:
    """Errors of clipped photosites, a row for each method."""
    columns = [f"{p:g} % clip: {n}" for p in highlights for n in ("one", "two", "all")]
    lines = [
        "## Clipped highlights",
        "",
        "Mean of |log2(result / truth)| over clipped photosites, in stops, by how many colours of "
        "the 2 x 2 period clipped; mean of the scenes that have such. LibRaw: linear demosaic, "
        "camera colours, its scale fitted at measured photosites. The rules of *rebuilt* were "
        "chosen on the other scenes, with these in view.",
        "",
        f"| method | {' | '.join(columns)} |",
        "|---|" + "---:|" * len(columns),
    ]
    for method in next(iter(highlights.values())):
        cells = [
            f"{np.nanmean([scene[count] for scene in table[method]]):.2f}"
            for table in highlights.values()
            for count in range(3)
        ]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return lines


def measure(folder: Path, command: str) -> str:
    """Run everything on the scenes of the data folder and return the page.

    Raises UsageError when the folder holds no scenes.
    """
    scenes = {name: folder / "hdr" / f"{name}.exr" for name in (*SCENES, *MORE_SCENES)}
    if not all(path.is_file() for path in scenes.values()):
        raise UsageError(f"{folder} holds no hdr scenes; set FULLWELL_DATA to where they are")
    frames = {name: read_exr(path) for name, path in scenes.items()}
    lights: dict[str, dict[str, list[float]]] = {}
    for light in LIGHTS:
        rows = [light_errors(clipped_scene(f, CLIPPED_PERCENT[0], light)) for f in frames.values()]
        lights[light] = {m: [row[m] for row in rows] for m in rows[0]}
    real = {name: real_errors(read()) for name, read in lit_pictures(folder).items()}
    highlights: dict[float, dict[str, list[list[float]]]] = {}
    for percent in CLIPPED_PERCENT:
        tables = [highlight_errors(clipped_scene(frames[name], percent)) for name in SCENES]
        highlights[percent] = {m: [table[m] for table in tables] for m in tables[0]}
    return page(lights, real, highlights, command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or print the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.look_tables")
    parser.add_argument("-o", "--output", type=Path, help="markdown page to write")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    output = "" if asked.output is None else f" -o {asked.output}"
    data = Path(os.environ.get("FULLWELL_DATA", "."))
    command = f"FULLWELL_DATA=DATA python -m apps.look_tables{output}"
    return write_page(lambda: measure(data, command), asked.output, force=asked.force)


if __name__ == "__main__":
    sys.exit(main())
