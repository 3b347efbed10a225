"""How much colour noise `chroma_denoise` takes, beside OpenCV and scikit-image.

`python -m apps.bench.chroma_noise [-o docs/chroma-noise.md]`; photographs of scikit-image.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from apps.bench.demosaic_quality import (
    FULL_SCALE_E,
    READ_NOISE_E,
    SCIKIT_IMAGE,
    noisy_mosaic,
    photographs,
)
from apps.bench.metrics.delta_e import delta_e_2000, lab_from_linear, linear_from_srgb
from apps.report.pages import write_page
from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, rgb_to_xyz
from isp.core.errors import MissingError
from isp.core.transfer import encode_srgb
from isp.files.peer_denoise import opencv_colour_means
from isp.stages.chroma_denoise import ChromaDenoise, denoise_chroma
from isp.stages.demosaic.malvar2004 import MalvarDemosaic

Picture = NDArray[np.float64]
Method = Callable[[Picture], Picture]

COMMAND = "FULLWELL_DATA=DATA python -m apps.bench.chroma_noise"
SIDE = 384  # of the middle that is taken of each photograph
BORDER = 8
LUMINANCE = rgb_to_xyz(PRIMARIES["bt709"])[1]
DEFAULTS = ChromaDenoise().settings()
OURS = ((6, None), (14, 0.05))  # other radii and contrasts; None is the default
NOISE = ((READ_NOISE_E / FULL_SCALE_E) ** 2, 1 / FULL_SCALE_E)  # offset, slope
SILENT = (0.0, 0.0)
EDGE = 20.0  # step of a*, b* between the neighbours of a pixel, from which it is a colour edge
NEAR = 2  # pixels from it
TV_WEIGHTS = (0.05, 0.1, 0.2)
STRENGTHS = (3, 10, 20)  # OpenCV's hColor


def methods() -> dict[str, Method]:
    """Each takes noisy linear BT.709 (h, w, 3) and returns it filtered.

    Raises MissingError without OpenCV or scikit-image.
    """
    rows: dict[str, Method] = {"noisy": lambda linear: linear}
    rows["chroma_denoise"] = partial(_ours, noise=NOISE)
    rows["chroma_denoise, noise not known"] = _ours
    for radius, contrast in OURS:
        asked: dict[str, Any] = {"radius": radius} | (
            {} if contrast is None else {"contrast": contrast}
        )
        said = ", ".join(f"{name} {value:g}" for name, value in asked.items())
        rows[f"chroma_denoise, {said}"] = partial(_ours, noise=NOISE, **asked)
    try:
        from skimage.restoration import denoise_tv_chambolle
    except ImportError as error:
        raise MissingError(f"{error.name} is not installed; pip install fullwell[dev]") from error

    def means(linear: Picture, strength: int) -> Picture:
        codes = np.rint(255 * _encoded(linear)).astype(np.uint8)
        return linear_from_srgb(opencv_colour_means(codes, strength) / 255)

    def variation(linear: Picture, weight: float) -> Picture:
        luma, chroma = _split(_encoded(linear))
        smooth = denoise_tv_chambolle(chroma, weight=weight, channel_axis=2)
        return linear_from_srgb(np.clip(_joined(luma, smooth), 0, 1))

    for strength in STRENGTHS:
        rows[f"OpenCV NlMeansColored 0, {strength}"] = partial(means, strength=strength)
    for weight in TV_WEIGHTS:
        rows[f"scikit-image TV {weight:g}, on R'-Y' and B'-Y'"] = partial(variation, weight=weight)
    return rows


def scores(result: Picture, truth: Picture) -> tuple[float, float]:
    """PSNR in dB of luma and of R' - Y' and B' - Y' of sRGB's codes, borders left out."""
    inside = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    (luma, chroma), (true_luma, true_chroma) = (
        _split(_encoded(picture[inside])) for picture in (result, truth)
    )
    errors = (np.mean((luma - true_luma) ** 2), np.mean((chroma - true_chroma) ** 2))
    return float(-10 * np.log10(errors[0])), float(-10 * np.log10(errors[1]))


def differences(result: Picture, truth: Picture) -> tuple[float, float]:
    """Mean CIEDE2000, borders left out, of all pixels and of those near a strong colour edge."""
    inside = np.zeros(truth.shape[:2], bool)
    inside[BORDER:-BORDER, BORDER:-BORDER] = True
    shown, edges = np.clip(result, 0, 1), near_edges(truth) & inside
    return (
        delta_e_2000(shown, truth, measured=inside).mean,
        delta_e_2000(shown, truth, measured=edges).mean if edges.any() else float("nan"),
    )


def near_edges(truth: Picture) -> NDArray[np.bool_]:
    """Pixels within `NEAR` of where a* and b* step by more than `EDGE` across a pixel, (h, w)."""
    colour = lab_from_linear(truth)[..., 1:]
    strong = np.zeros(truth.shape[:2], bool)
    strong[1:-1] |= np.hypot(*np.moveaxis(colour[2:] - colour[:-2], -1, 0)) > EDGE
    strong[:, 1:-1] |= np.hypot(*np.moveaxis(colour[:, 2:] - colour[:, :-2], -1, 0)) > EDGE
    return np.asarray(binary_dilation(strong, np.ones((2 * NEAR + 1,) * 2)))


def measure() -> dict[str, list[tuple[float, ...]]]:
    """Scores and differences of every method on every photograph that chose no setting."""
    table: dict[str, list[tuple[float, ...]]] = {name: [] for name in methods()}
    for name, encoded in photographs():
        if name not in SCIKIT_IMAGE:
            continue
        truth = linear_from_srgb(_middle(encoded))
        noisy = MalvarDemosaic(Cfa.RGGB)(_four(noisy_mosaic(truth, Cfa.RGGB)))
        seen = noisy[0].permute(1, 2, 0).double().numpy()
        for row, method in methods().items():
            result = method(seen)
            table[row].append((*scores(result, truth), *differences(result, truth)))
    return table


def page(table: Mapping[str, Sequence[tuple[float, ...]]], command: str) -> str:
    """The scores as markdown, the command that made them on top."""
    count = len(next(iter(table.values())))
    lines = [
        "# Colour noise, measured", "", "Measured and written by", "", f"```\n{command}\n```", "",
        f"The middle of {count} photographs (scikit-image), seen through RGGB by a sensor "
        f"of {FULL_SCALE_E:g} electrons at white and {READ_NOISE_E:g} e- of read noise, "
        "demosaicked by Malvar 2004. The settings were chosen on other photographs (Kodak). PSNR "
        "in dB of sRGB's codes, mean of the photographs: of the luma Y', which is to stay, and of "
        "R' - Y' and B' - Y'. Mean CIEDE2000 of all pixels, and of those within "
        f"{NEAR} pixels of a place where a* and b* step by more than {EDGE:g} across a pixel. "
        "chroma_denoise has its defaults and is told the sensor's noise where no more is said; "
        "OpenCV says its h and hColor on 8-bit codes.", "",
        "| method | luma | colour differences | ΔE00 | ΔE00 at colour edges |",
        "|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    for name, each in table.items():
        means = " | ".join(f"{fmean(column):.2f}" for column in zip(*each, strict=True))
        lines.append(f"| {name} | {means} |")
    return "\n".join(lines) + "\n"


def _ours(linear: Picture, noise: tuple[float, float] = SILENT, **asked: Any) -> Picture:
    picture = torch.from_numpy(linear).float().permute(2, 0, 1)[None]
    weights = torch.from_numpy(LUMINANCE).float()[None]
    law = torch.tensor([noise])
    settings = DEFAULTS | asked
    done = denoise_chroma(picture, torch.ones_like(picture[:, :1]), weights, law, **settings)
    return np.asarray(done[0].permute(1, 2, 0).double().numpy())


def _encoded(linear: Picture) -> Picture:
    return np.asarray(encode_srgb(torch.from_numpy(linear).clamp(0, 1)).numpy())


def _split(encoded: Picture) -> tuple[Picture, Picture]:
    luma = (encoded @ LUMINANCE)[..., None]
    return luma, encoded[..., [0, 2]] - luma


def _joined(luma: Picture, chroma: Picture) -> Picture:
    red, blue = chroma[..., :1], chroma[..., 1:]
    green = -(LUMINANCE[0] * red + LUMINANCE[2] * blue) / LUMINANCE[1]
    return np.concatenate([red, green, blue], axis=-1) + luma


def _four(mosaic: torch.Tensor) -> torch.Tensor:
    return mosaic.reshape(1, 1, *mosaic.shape[-2:]).float()


def _middle(encoded: Picture) -> Picture:
    top, left = ((n - SIDE) // 2 // 2 * 2 if n > SIDE else 0 for n in encoded.shape[:2])
    return encoded[top : top + SIDE, left : left + SIDE]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or print the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.bench.chroma_noise")
    parser.add_argument("-o", "--output", type=Path, help="markdown page to write")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    output = "" if asked.output is None else f" -o {asked.output}"
    return write_page(lambda: page(measure(), COMMAND + output), asked.output, force=asked.force)


if __name__ == "__main__":
    sys.exit(main())
