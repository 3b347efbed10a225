"""Real raw pictures whose light was measured, by a chart in them or beside the camera."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from calibration.colour_checker import MIDDLE_GREYS
from isp.core.cfa import Cfa
from isp.files.picture import read_picture
from isp.files.raw import read_raw
from isp.stages.black_level import BlackLevel
from simulate.exposure import mosaic_of

INTEL_TAU = "raw/c5_imx135/S_IMX135_BLCCSC_field_001_sensorname_sony_imx135"
INTEL_TAU_WHITE = 0.98  # of its brightest code: what may have clipped there
CHARTS = "colorchecker/chart_positions.json"
CANON = "canon_550d_colorchart.dng"
CROPS = {  # 8-bit GRBG of Infinite-ISP, 768 x 512
    "Infinite-ISP indoor": "Indoor1_crop_768x512_y1024_x460_8bit_GRBG.raw",
    "Infinite-ISP outdoor 1": "Outdoor1_crop_768x512_y480_x1344_8bit_GRBG.raw",
    "Infinite-ISP outdoor 2": "Outdoor2_crop_768x512_y512_x736_8bit_GRBG.raw",
}
CROP_SIZE, CROP_WHITE = (512, 768), 255.0
MARGIN = 0.75  # of the patches' distance, around their centres: the chart and its frame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LitPicture:
    """A mosaic with black at 0, what of it counts, and the camera RGB of its light.

    The chart that told the light does not count, so that no estimate sees its greys.
    """

    mosaic: Tensor
    measured: Tensor
    cfa: Cfa
    light: tuple[float, ...]


def lit_pictures(folder: Path) -> dict[str, Callable[[], LitPicture]]:
    """Readers of the pictures that the data folder holds, by name."""
    charts = json.loads((folder / CHARTS).read_text(encoding="utf-8"))["charts"]
    return {
        "Sony IMX135 (INTEL-TAU)": lambda: _intel_tau(folder),
        "Canon 550D": lambda: _canon(folder, charts[CANON]["patches_with_black_2056"]),
    } | {
        name: (lambda file=file: _crop(folder, file, charts[f"../raw/infinite_isp/{file}"]))
        for name, file in CROPS.items()
    }


def _intel_tau(folder: Path) -> LitPicture:
    said = json.loads((folder / f"{INTEL_TAU}_metadata.json").read_text(encoding="utf-8"))
    raw_rgb = read_picture(folder / f"{INTEL_TAU}.png").data
    bright = raw_rgb.amax(dim=1, keepdim=True)
    return LitPicture(
        mosaic=mosaic_of(raw_rgb, Cfa.RGGB), measured=bright < INTEL_TAU_WHITE * bright.max(),
        cfa=Cfa.RGGB, light=tuple(said["illuminant_color_raw"]),
    )  # fmt: skip


def _canon(folder: Path, patches: list[dict]) -> LitPicture:
    frame = BlackLevel(Cfa.RGGB).develop(read_raw(folder / "colorchecker" / CANON))
    return LitPicture(
        mosaic=frame.data, measured=frame.measured & _outside(patches, frame.size), cfa=Cfa.RGGB,
        light=_greys(patches),
    )  # fmt: skip


def _crop(folder: Path, file: str, chart: dict) -> LitPicture:
    codes = np.fromfile(folder / "raw" / "infinite_isp" / file, np.uint8).reshape(CROP_SIZE)
    dn = torch.from_numpy(codes.astype(np.float32))[None, None]
    measured = (dn > 0) & (dn < CROP_WHITE - 1)
    black = float(chart["black"])
    return LitPicture(
        mosaic=(dn - black) / (CROP_WHITE - black), cfa=Cfa.GRBG,
        measured=measured & _outside(chart["patches"], CROP_SIZE),
        light=_greys(chart["patches"]),
    )  # fmt: skip


def _greys(patches: list[dict]) -> tuple[float, ...]:
    """Camera RGB of the chart's middle greys together."""
    means = [patches[index]["mean_minus_black"] for index in MIDDLE_GREYS]
    return tuple(sum(float(mean[c]) for mean in means) for c in "RGB")


def _outside(patches: list[dict], size: tuple[int, int]) -> Tensor:
    """True but for the upright rectangle that holds the chart."""
    centres = np.array([p["center_xy"] for p in patches], dtype=float)
    pitch = float(np.linalg.norm(centres[1] - centres[0]))
    left, top = np.maximum(centres.min(axis=0) - MARGIN * pitch, 0).astype(int)
    right, bottom = (centres.max(axis=0) + MARGIN * pitch).astype(int) + 1
    outside = torch.ones(1, 1, *size, dtype=torch.bool)
    outside[..., top:bottom, left:right] = False
    return outside
