"""What is left of photographs that were unprocessed and developed again, as a page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """What became of a photograph, in 8-bit codes, over the pixels that can come back.

    compared_percent: of the pixels: no channel at code 0 or 255, and darker than where highlights
        begin to keep their brightness. out_of_gamut_percent: with a channel below 0 in the camera.
    *_codes: largest and mean absolute error of the compared pixels without a mosaic, *_db their
        PSNR; *_all_* over every pixel; mosaic_* with mosaic, ADC and demosaic.
    """

    name: str
    pixels: int
    compared_percent: float
    out_of_gamut_percent: float
    largest_codes: float
    mean_codes: float
    psnr_db: float
    psnr_all_db: float
    mosaic_mean_codes: float
    mosaic_psnr_db: float
    mosaic_psnr_all_db: float


def page(rows: Sequence[RoundTrip], camera: str, inflection: float, command: str) -> str:
    """The measurements as markdown, the command that made them on top.

    inflection: mean of camera RGB from which highlights keep their brightness.
    """
    lines = [
        "# Unprocess: there and back",
        "",
        "Measured and written by",
        "",
        f"```\n{command}\n```",
        "",
        f"Each photograph is unprocessed for {camera} (inverse smoothstep and sRGB, the camera's "
        "own colour matrix and white balance under D65, highlights kept), and developed again: "
        "*direct* without a mosaic, *mosaic* through expected electrons, the ADC and our demosaic. "
        "No noise. Errors are in 8-bit codes after rounding. *Compared* are the pixels that can "
        "come back: no channel at code 0 or 255, and camera RGB of a mean of at most "
        f"{inflection:g}, above which highlights keep their brightness by design. *Outside* is the "
        "share with a channel below 0 in the camera, which is cut.",
        "",
        "| photograph | compared % | outside % | direct: largest | mean | PSNR dB | PSNR dB, all "
        "pixels | mosaic: mean | PSNR dB | PSNR dB, all pixels |",
        "|---|" + "---:|" * 9,
    ]
    lines += [_line(row) for row in [*rows, *([total(rows)] if rows else [])]]
    return "\n".join(lines) + "\n"


def total(rows: Sequence[RoundTrip]) -> RoundTrip:
    """All photographs as one: means weighted by pixels, PSNR of the pooled squared error."""
    every = np.array([row.pixels for row in rows], dtype=float)
    seen = every * [row.compared_percent for row in rows]

    def mean(name: str, weights: np.ndarray) -> float:
        return float(np.average([getattr(row, name) for row in rows], weights=weights))

    def pooled(name: str, weights: np.ndarray) -> float:
        powers = [10 ** (-getattr(row, name) / 10) for row in rows]
        error = float(np.average(powers, weights=weights))
        return float("inf") if error == 0 else float(-10 * np.log10(error))

    return RoundTrip(
        name=f"**all {len(rows)}**",
        pixels=int(every.sum()),
        compared_percent=mean("compared_percent", every),
        out_of_gamut_percent=mean("out_of_gamut_percent", every),
        largest_codes=max(row.largest_codes for row in rows),
        mean_codes=mean("mean_codes", seen),
        psnr_db=pooled("psnr_db", seen),
        psnr_all_db=pooled("psnr_all_db", every),
        mosaic_mean_codes=mean("mosaic_mean_codes", seen),
        mosaic_psnr_db=pooled("mosaic_psnr_db", seen),
        mosaic_psnr_all_db=pooled("mosaic_psnr_all_db", every),
    )


def _line(row: RoundTrip) -> str:
    figures = (
        f"{row.compared_percent:.1f}", f"{row.out_of_gamut_percent:.2f}",
        f"{row.largest_codes:.0f}", f"{row.mean_codes:.4f}", f"{row.psnr_db:.1f}",
        f"{row.psnr_all_db:.1f}", f"{row.mosaic_mean_codes:.2f}", f"{row.mosaic_psnr_db:.1f}",
        f"{row.mosaic_psnr_all_db:.1f}",
    )  # fmt: skip
    return f"| {row.name} | {' | '.join(figures)} |"
