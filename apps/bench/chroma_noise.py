"""How much colour noise `chroma_denoise` takes, beside OpenCV and scikit-image.

`python -m apps.bench.chroma_noise [-o docs/chroma-noise.md]`; photographs as in demosaic_quality.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from apps.bench.demosaic_quality import FULL_SCALE_E, READ_NOISE_E, noisy_mosaic, photographs
from apps.bench.metrics.delta_e import linear_from_srgb
from apps.report.pages import write_page
from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, rgb_to_xyz
from isp.core.errors import MissingError
from isp.core.transfer import encode_srgb
from isp.files.peer_denoise import opencv_colour_means
from isp.stages.chroma_denoise import denoise_chroma
from isp.stages.demosaic.malvar2004 import MalvarDemosaic

Picture = NDArray[np.float64]
Method = Callable[[Picture], Picture]

COMMAND = "FULLWELL_DATA=DATA python -m apps.bench.chroma_noise"
SIDE = 384  # of the middle that is taken of each photograph
BORDER = 8
LUMINANCE = rgb_to_xyz(PRIMARIES["bt709"])[1]
OURS = ((3, 0.03), (8, 0.1), (16, 0.2))  # radius, contrast; the first are the defaults
TV_WEIGHT = 0.1
STRENGTHS = (3, 10, 20)  # OpenCV's hColor


def methods() -> dict[str, Method]:
    """Each takes noisy linear BT.709 (h, w, 3) and returns it filtered.

    Raises MissingError without OpenCV or scikit-image.
    """
    rows: dict[str, Method] = {"noisy": lambda linear: linear}
    for radius, contrast in OURS:
        rows[f"chroma_denoise {radius}, {contrast:g}"] = partial(
            _ours, radius=radius, contrast=contrast
        )
    try:
        from skimage.restoration import denoise_tv_chambolle
    except ImportError as error:
        raise MissingError(f"{error.name} is not installed; pip install fullwell[dev]") from error

    def means(linear: Picture, strength: int) -> Picture:
        codes = np.rint(255 * _encoded(linear)).astype(np.uint8)
        return linear_from_srgb(opencv_colour_means(codes, strength) / 255)

    def variation(linear: Picture) -> Picture:
        luma, chroma = _split(_encoded(linear))
        smooth = denoise_tv_chambolle(chroma, weight=TV_WEIGHT, channel_axis=2)
        return linear_from_srgb(np.clip(_joined(luma, smooth), 0, 1))

    for strength in STRENGTHS:
        rows[f"OpenCV NlMeansColored 0, {strength}"] = partial(means, strength=strength)
    return rows | {f"scikit-image TV {TV_WEIGHT:g}, on R-Y and B-Y": variation}


def scores(result: Picture, truth: Picture) -> tuple[float, float]:
    """PSNR in dB of luma and of R - Y and B - Y after the sRGB curve, borders left out."""
    inside = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    (luma, chroma), (true_luma, true_chroma) = (
        _split(_encoded(picture[inside])) for picture in (result, truth)
    )
    errors = (np.mean((luma - true_luma) ** 2), np.mean((chroma - true_chroma) ** 2))
    return float(-10 * np.log10(errors[0])), float(-10 * np.log10(errors[1]))


def measure() -> dict[str, list[tuple[float, float]]]:
    """Scores of every method on every photograph."""
    table: dict[str, list[tuple[float, float]]] = {name: [] for name in methods()}
    for _, encoded in photographs():
        truth = linear_from_srgb(_middle(encoded))
        noisy = MalvarDemosaic(Cfa.RGGB)(_four(noisy_mosaic(truth, Cfa.RGGB)))
        seen = noisy[0].permute(1, 2, 0).double().numpy()
        for name, method in methods().items():
            table[name].append(scores(method(seen), truth))
    return table


def page(table: Mapping[str, Sequence[tuple[float, float]]], command: str) -> str:
    """The scores as markdown, the command that made them on top."""
    count = len(next(iter(table.values())))
    lines = [
        "# Colour noise, measured", "", "Measured and written by", "", f"```\n{command}\n```", "",
        f"The middle of {count} photographs (Kodak, scikit-image), seen through RGGB by a sensor "
        f"of {FULL_SCALE_E:g} electrons at white and {READ_NOISE_E:g} e- of read noise, "
        "demosaicked by Malvar 2004. PSNR in dB after the sRGB curve, mean of the photographs: of "
        "the luma, which is to stay, and of R - Y and B - Y. chroma_denoise says its radius and "
        "contrast, OpenCV its h and hColor on 8-bit codes.", "",
        "| method | luma | colour differences |", "|---|---:|---:|",
    ]  # fmt: skip
    for name, each in table.items():
        luma, chroma = (fmean(score[i] for score in each) for i in (0, 1))
        lines.append(f"| {name} | {luma:.2f} | {chroma:.2f} |")
    return "\n".join(lines) + "\n"


def _ours(linear: Picture, radius: int, contrast: float) -> Picture:
    picture = torch.from_numpy(linear).float().permute(2, 0, 1)[None]
    weights = torch.from_numpy(LUMINANCE).float()[None]
    done = denoise_chroma(picture, torch.ones_like(picture[:, :1]), weights, radius, contrast)
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
