"""The ELD noise model's parameters: lines of log sigma over log K, and what is drawn from them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.noise_table import profile_of_readings
from isp.core.readings import Reading, SensorNoise
from isp.core.rng import Draws, normal, uniform
from isp.core.sensor import SensorProfile
from isp.core.tukey_deviation import tukey_lambda_deviation

EDGE = 1.02  # K of a setting may lie this far outside the printed ends of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """ln sigma_dn = slope ln K + bias, with a normal spread around it (standard deviation)."""

    slope: float
    bias: float
    spread: float = 0.0

    def mean_dn(self, gain: float) -> float:
        """Sigma on the line, DN."""
        return math.exp(self.slope * math.log(gain) + self.bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseLines:
    """One conversion gain's noise over the system gain K; DN at the bit depth of K.

    gain_low, gain_high: ends of the calibrated range, DN/e-.
    read: deviation of Gaussian read noise; tukey: scale of Tukey-lambda read noise; row.
    shapes: Tukey lambda of each setting, one stop apart from gain_low up; the last goes on.
    colour_bias_dn: error of the black level per CFA site of each setting, as the shapes.

    Source: Wei et al., CVPR 2020 (ELD), and the camera parameters released with it.
    """

    gain_low: float
    gain_high: float
    read: LogLine
    tukey: LogLine
    row: LogLine
    shapes: tuple[float, ...]
    colour_bias_dn: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        """Check what sampling relies on."""
        if not 0 < self.gain_low <= self.gain_high < math.inf:
            raise ProfileError(
                f"K runs from a positive low to a high, got {self.gain_low} to {self.gain_high}"
            )
        if not self.shapes or not all(s > -0.5 for s in self.shapes):
            raise ProfileError(
                f"the lines need Tukey shapes above -0.5, got {list(self.shapes) or 'none'}"
            )

    def setting(self, gain: float, among: int) -> int:
        """Index of the setting nearest to a gain, of so many settings."""
        stops = math.log2(max(gain / self.gain_low, 1.0))
        return min(round(stops), among - 1)


def readings_from_lines(
    branches: Sequence[NoiseLines],
    isos: Iterable[float],
    *,
    gain_per_iso: float | None = None,
    with_colour_bias: bool = True,
) -> tuple[Reading, ...]:
    """Readings on the lines, K proportional to ISO; a dual-gain sensor has two branches.

    branches: rising K. gain_per_iso: K / ISO in DN/e-; else gain_low of the first branch is that
        of ISO 100, as in ELD's files.

    Raises ProfileError for an ISO whose K lies on no line.
    """
    per_iso = branches[0].gain_low / 100 if gain_per_iso is None else gain_per_iso
    return tuple(_reading(branches, iso, per_iso * iso, with_colour_bias) for iso in sorted(isos))


def _reading(
    branches: Sequence[NoiseLines], iso: float, gain: float, with_colour_bias: bool
) -> Reading:
    inside = [i for i, b in enumerate(branches) if b.gain_low <= gain * EDGE]
    if not inside or gain > branches[inside[-1]].gain_high * EDGE:
        ends = ", ".join(f"{b.gain_low:.4g}..{b.gain_high:.4g}" for b in branches)
        raise ProfileError(f"ISO {iso:g} has K = {gain:.4g} DN/e-, but the lines cover {ends}")
    lines = branches[inside[-1]]
    biases = lines.colour_bias_dn if with_colour_bias else ()
    return Reading(
        iso=iso,
        system_gain_dn_per_e=gain,
        read_noise_e=lines.read.mean_dn(gain) / gain,
        row_noise_e=lines.row.mean_dn(gain) / gain,
        tukey_lambda_shape=lines.shapes[lines.setting(gain, len(lines.shapes))],
        tukey_lambda_scale_e=lines.tukey.mean_dn(gain) / gain,
        colour_bias_dn=biases[lines.setting(gain, len(biases))] if biases else (),
        branch=inside[-1],
    )


def profile_from_lines(
    branches: Sequence[NoiseLines],
    isos: Iterable[float],
    *,
    name: str,
    cfa: Cfa,
    bit_depth: int,
    black_level_dn: Sequence[float],
    white_level_dn: float,
    gain_per_iso: float | None = None,
    with_colour_bias: bool = True,
    **fields: Any,
) -> SensorProfile:
    """Make a profile of ELD lines at some ISOs; see `readings_from_lines`.

    Without `full_well_e` among the fields it is what the converter holds at the lowest K.

    Raises ProfileError for an ISO whose K lies on no line.
    """
    readings = readings_from_lines(
        branches, isos, gain_per_iso=gain_per_iso, with_colour_bias=with_colour_bias
    )
    sources = {
        "readings": "means of log K - log sigma lines (ELD), K proportional to ISO; the Tukey "
        "shapes are taken to be one stop apart from the lowest K up"
    }
    assumed = {"readings.tukey_lambda_shape"} | set(fields.pop("assumed", ()))
    return profile_of_readings(
        readings, sources, assumed, name=name, cfa=cfa, bit_depth=bit_depth,
        black_level_dn=black_level_dn, white_level_dn=white_level_dn, **fields,
    )  # fmt: skip


def sample_eld_noise(
    branches: Sequence[NoiseLines],
    draws: Draws,
    *,
    gaussian: bool = False,
    with_colour_bias: bool = False,
) -> SensorNoise:
    """Draw the noise level of each image of a batch, as ELD makes training data.

    ln K is uniform over the branches' ranges laid end to end; ln sigma of read and row noise are
    normal around their lines, independently; the Tukey shape is any of the list. The result goes
    to `Sensor.read_out(noise=...)`.

    draws: Effect.NOISE_LEVEL, one item (or frame) an image: the same item, the same noise.
    gaussian: the Gaussian read noise of the P+G baseline in place of Tukey lambda.
    with_colour_bias: a black-level error from the list too (ELD's released sampler has none).

    Source: Wei et al., CVPR 2020 (ELD), the joint distribution of the noise parameters.
    """
    words = draws.words(1, 6).reshape(-1, 6)  # (b, 6)
    spans = torch.tensor([math.log(b.gain_high / b.gain_low) for b in branches]).double()
    ends = spans.cumsum(0)
    place = uniform(words[:, 0]) * ends[-1]
    which = torch.searchsorted(ends, place, right=True).clamp(max=len(branches) - 1)

    def per_branch(values: Iterable[float]) -> Tensor:
        return torch.tensor(list(values), dtype=torch.float64)[which]

    log_gain = place - (ends - spans)[which] + per_branch(math.log(b.gain_low) for b in branches)

    def scattered(lines: Sequence[LogLine], word: Tensor) -> Tensor:
        mean = per_branch(line.slope for line in lines) * log_gain
        mean = mean + per_branch(line.bias for line in lines)
        spread = per_branch(line.spread for line in lines)
        return torch.exp(mean + spread * normal(word) - log_gain)  # e-

    row_e = scattered([b.row for b in branches], words[:, 2])
    choice = uniform(words[:, 3]).tolist()
    picked = [branches[int(i)].shapes for i in which]
    shapes = [
        shapes[int(u * len(shapes))] for shapes, u in zip(picked, choice, strict=True)
    ]  # fmt: skip
    if gaussian:
        read_e = scattered([b.read for b in branches], words[:, 1])
        scale_e = torch.zeros_like(read_e)
    else:
        scale_e = scattered([b.tukey for b in branches], words[:, 1])
        deviations = [tukey_lambda_deviation(shape) for shape in shapes]
        read_e = scale_e * torch.tensor(deviations, dtype=torch.float64)
    bias = torch.zeros(1, 1)
    if with_colour_bias:
        bias = _biases(branches, which, uniform(words[:, 4]))
    return SensorNoise(
        system_gain_dn_per_e=torch.exp(log_gain).float(),
        read_noise_e=read_e.float(),
        row_noise_e=row_e.float(),
        tukey_lambda_shape=torch.tensor([0.0 if gaussian else s for s in shapes]),
        tukey_lambda_scale_e=scale_e.float(),
        colour_bias_dn=bias,
    )


def _biases(branches: Sequence[NoiseLines], which: Tensor, choice: Tensor) -> Tensor:
    rows = []
    for index, u in zip(which.tolist(), choice.tolist(), strict=True):
        known = branches[int(index)].colour_bias_dn
        if not known:
            raise ProfileError("these lines hold no colour bias; sample without it")
        rows.append(known[int(u * len(known))])
    return torch.tensor(rows).float()
