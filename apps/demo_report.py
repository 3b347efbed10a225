"""The demo's report: every stage, the masks, the noise against its model, errors against truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from apps.bench.metrics.delta_e import delta_e_2000
from apps.bench.metrics.psnr import psnr_db
from apps.preview import preview
from apps.report.figures import mask_overlay, noise_curve, stops_histogram
from apps.report.report import Picture, Report
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.core.transfer import encode_srgb
from simulate.scenes.colour_checker import PATCHES
from simulate.scenes.interior import interior_regions

Linear = Mapping[str, NDArray[np.float32]]
NOISE_BINS = 48
FEWEST = 200  # photosites that a bin needs for a variance worth a point
RIM = 3

STAGE_WORDS = {
    "expected": "expected photo-electrons, before any noise",
    "read": "DN of the DNG, read back through LibRaw",
    "black_level": "black at 0, white at 1",
    "defects": "listed photosites corrected (this camera lists none)",
    "white_balance": "each colour times its gain, as shot",
    "demosaic": "three colours at every pixel, in camera RGB",
    "highlights": "clipped areas cut to where every colour saturates",
    "colour_matrix": "linear BT.2020 through the DNG's colour matrix",
    "exposure": "brightened by the stops that were asked for",
    "tone": "filmic curve",
    "encode": "sRGB codes",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Everything the report shows; pictures are linear BT.709, 1.0 = green at white level."""

    capture_facts: Mapping[str, Any]
    light: Frame
    taps: Sequence[Tap]
    second: Frame
    truth: NDArray[np.float64]
    ours: Linear
    libraw: Linear


def write_report(path: Path, evidence: Evidence) -> list[str]:
    """Write the report and return its main figures as lines to print."""
    raw = next(t.frame for t in evidence.taps if t.name == "read")
    developed = evidence.taps[-1].frame
    pixels = preview(developed)
    report = Report("From photon to picture", _summary(evidence, raw))
    report.add_picture("The picture: our development", pixels, "A room, developed by fullwell")
    report.add_heading("Against the known truth")
    rows = _quality(evidence, developed)
    report.add_text(
        "The scene's radiance is known, so the truth is the scene on the scale of the sensor. "
        "Both programs developed the same DNG to linear BT.709 without a tone curve; errors are "
        "taken after clipping to 0..1, PSNR on sRGB codes, CIEDE2000 under D65. `measured` leaves "
        "out every pixel that rests on a clipped photosite. No program is given the truth."
    )
    report.add_table(
        ["program", "PSNR dB, all", "PSNR dB, measured", "mean ΔE00, all",
         "mean ΔE00, measured", "mean ΔE00, 24 patches"],
        rows,
    )  # fmt: skip
    report.add_pictures(_side_by_side(evidence))
    report.add_heading("What the sensor measured")
    report.add_picture(
        "Magenta: lost to saturation. Every stage carries this mask to the file",
        mask_overlay(
            pixels,
            measured=developed.measured[0, 0].numpy(),
            clipped=developed.clipped[0, 0].numpy(),
            generated=developed.generated[0, 0].numpy(),
        ),
        "The picture with clipped pixels painted magenta",
    )
    report.add_figure("Light in stops", *_histogram(evidence.taps))
    report.add_figure("Noise: model and measurement", *_noise(evidence, raw))
    report.add_heading("Every stage")
    report.add_text("Left the frame, right the same with its masks: magenta is clipped.")
    for tap in evidence.taps:
        report.add_pictures(_stage_pictures(tap))
    report.write(path, force=True)
    first, libraw = rows[0], rows[len(evidence.ours)]
    return [
        f"{name}: PSNR {row[2]:.2f} dB and mean ΔE00 {row[4]:.2f} over measured pixels"
        for name, row in ((str(first[0]), first), (str(libraw[0]), libraw))
    ]


def _summary(evidence: Evidence, raw: Frame) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in evidence.capture_facts.items())
    clipped = 100 * float(raw.clipped.float().mean())
    range_stops = _range_stops(evidence.light)
    return (
        f"A room of {range_stops:.1f} stops, photographed by a simulated sensor ({facts}), written "
        f"as DNG, read back through LibRaw bit for bit, and developed. {clipped:.2f} % of the "
        "photosites are clipped."
    )


def _range_stops(light: Frame) -> float:
    weights = torch.tensor([0.2126, 0.7152, 0.0722]).reshape(3, 1, 1)
    luminance = (light.data[0] * weights).sum(dim=0).clamp(min=1e-9).flatten().double().numpy()
    low, high = np.percentile(luminance, [0.01, 99.99])
    return float(np.log2(high / low))


def _quality(evidence: Evidence, developed: Frame) -> list[list[str | float]]:
    measured = developed.measured[0, 0].numpy()
    truth = np.clip(evidence.truth, 0, 1)
    patches = _patches(developed.size)
    rows: list[list[str | float]] = []
    for name, picture in {**evidence.ours, **evidence.libraw}.items():
        linear = np.clip(picture.astype(np.float64), 0, 1)
        codes, true_codes = _encoded(linear), _encoded(truth)
        patch_means = [_means(linear, truth, window) for window in patches]
        patch_error = delta_e_2000(
            np.array([[m for m, _ in patch_means]]), np.array([[t for _, t in patch_means]])
        )
        rows.append(
            [
                name,
                psnr_db(codes, true_codes),
                psnr_db(codes, true_codes, measured=measured),
                delta_e_2000(linear, truth).mean,
                delta_e_2000(linear, truth, measured=measured).mean,
                patch_error.mean,
            ]
        )
    return rows


def _patches(size: tuple[int, int]) -> list[tuple[slice, slice]]:
    regions = interior_regions(*size)
    return [_inside(regions[name].window) for name in PATCHES]


def _inside(window: tuple[slice, slice]) -> tuple[slice, slice]:
    """Leave out the rim, where a demosaic mixes the patch with its frame."""
    rows, columns = window
    return slice(rows.start + RIM, rows.stop - RIM), slice(columns.start + RIM, columns.stop - RIM)


def _means(
    picture: NDArray[np.float64], truth: NDArray[np.float64], window: tuple[slice, slice]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return picture[window].mean(axis=(0, 1)), truth[window].mean(axis=(0, 1))


def _encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(encode_srgb(torch.from_numpy(linear)).numpy())


def _codes(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    clipped = np.clip(linear.astype(np.float64), 0, 1)
    return np.rint(255 * _encoded(clipped)).astype(np.uint8)


def _side_by_side(evidence: Evidence) -> list[Picture]:
    ours, theirs = next(iter(evidence.ours)), next(iter(evidence.libraw))
    shown = {
        "the truth, clipped at the sensor's white": evidence.truth.astype(np.float32),
        ours: evidence.ours[ours],
        theirs: evidence.libraw[theirs],
    }
    return [Picture(name, _half_size(_codes(p)), f"The room: {name}") for name, p in shown.items()]


def _half_size(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 2 x 2 pixels: a thumbnail needs no more, and the report stays small."""
    height, width = code.shape[0] // 2 * 2, code.shape[1] // 2 * 2
    blocks = code[:height, :width].reshape(height // 2, 2, width // 2, 2, 3)
    return np.asarray(np.rint(blocks.mean(axis=(1, 3))), dtype=np.uint8)


def _histogram(taps: Sequence[Tap]) -> tuple[Any, str]:
    frame = next(t.frame for t in taps if t.name == "white_balance")
    profile = frame.need_profile()
    colours = profile.cfa.colour_map(*frame.size)
    data, measured = frame.data[0, 0], frame.measured[0, 0]
    channels = {n: data[colours == i].numpy() for i, n in enumerate(profile.cfa.channels)}
    masks = {n: measured[colours == i].numpy() for i, n in enumerate(profile.cfa.channels)}
    figure = stops_histogram(channels, masks)
    return figure, "Histogram of the balanced mosaic in stops relative to white, per colour"


def _noise(evidence: Evidence, raw: Frame) -> tuple[Any, str]:
    """Half the squared difference of two frames, in bins of the expected signal."""
    sensor = next(t.frame for t in evidence.taps if t.name == "expected")
    profile, shot = sensor.need_profile(), sensor.shot  # a DNG's noise profile knows no row noise
    expected = sensor.data.double().flatten()
    both = (raw.measured & evidence.second.measured).flatten()
    difference = (raw.data - evidence.second.data).double().flatten()[both]
    mean_e = expected[both].numpy()
    edges = np.geomspace(1, mean_e.max(), NOISE_BINS)  # one electron up to the brightest
    bins = np.digitize(mean_e, edges)
    parts = [p for p in (np.flatnonzero(bins == b) for b in range(NOISE_BINS)) if len(p) >= FEWEST]
    half_squares = (difference.numpy() ** 2) / 2
    noise = profile.at_iso(shot.need("iso"))
    gain, read, row = (
        float(v[0]) for v in (noise.system_gain_dn_per_e, noise.read_noise_e, noise.row_noise_e)
    )
    means = np.array([gain * mean_e[p].mean() for p in parts])
    variances = np.array([half_squares[p].mean() for p in parts])
    line = np.geomspace(max(means.min(), 1e-2), means.max(), 200)
    model = gain * line + gain**2 * (read**2 + row**2) + 1 / 12
    figure = noise_curve(
        means, variances, model_mean_dn=line, model_variance_dn2=model,
        label="two frames, half the squared difference",
    )  # fmt: skip
    return figure, "Temporal noise against signal, measured points over the model's line"


def _stage_pictures(tap: Tap) -> list[Picture]:
    words = STAGE_WORDS.get(tap.name, "")
    measured = 100 * float(tap.frame.measured.float().mean())
    seconds = f", {1000 * tap.seconds:.0f} ms" if tap.seconds else ""
    caption = f"{tap.name} ({tap.frame.domain.name}): {words}; {measured:.1f} % measured{seconds}"
    pixels = preview(tap.frame)
    frame = tap.frame
    covered = mask_overlay(
        pixels,
        measured=frame.measured[0].all(dim=0).numpy(),
        clipped=frame.clipped[0].any(dim=0).numpy(),
        generated=frame.generated[0].any(dim=0).numpy(),
    )
    return [
        Picture(caption, _half_size(pixels), f"The room after {tap.name}"),
        Picture(f"{tap.name}: masks", _half_size(covered), f"Masks of the room after {tap.name}"),
    ]
