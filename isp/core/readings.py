"""Gain and noise per ISO: a profile's readings, and what holds between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import ProfileError
from isp.core.tukey_deviation import tukey_lambda_deviation

# Shapes whose law one 32-bit word can draw: at -0.4 it is 1 % short of the law's deviation, at
# -0.45 7 %; above 3 the law is no noise that anyone has seen. ELD's shapes are -0.24..0.2.
SHAPES = (-0.4, 3.0)
_COLUMNS = (
    "system_gain_dn_per_e", "read_noise_e", "row_noise_e", "column_noise_e", "banding_amplitude_e",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Gain and noise at one ISO; `branch` counts conversion gains (0 low, 1 high).

    *_e are standard deviations in electrons, but for banding_amplitude_e, the sine's amplitude.
    tukey_lambda_*: shape and scale (not the deviation) of heavy-tailed read noise; it takes the
        place of the Gaussian of read_noise_e, which stays its standard deviation for the masks.
    colour_bias_dn: error of the black level per CFA site; empty means none.
    channel_noise: of every colour of the filters, its name, gain in DN/e- and deviation in the
        dark in DN, all that is in it; empty where one gain and noise stand for all. It is what a
        DNG says of its noise; the simulator has one converter, of the one gain.
    """

    iso: float
    system_gain_dn_per_e: float
    read_noise_e: float = 0.0
    row_noise_e: float = 0.0
    column_noise_e: float = 0.0
    banding_amplitude_e: float = 0.0
    tukey_lambda_shape: float | None = None
    tukey_lambda_scale_e: float | None = None
    colour_bias_dn: tuple[float, ...] = ()
    channel_noise: tuple[tuple[str, float, float], ...] = ()
    branch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensorNoise:
    """Gain and noise of each image of a batch, (b,), or one for all; units as in `Reading`.

    tukey_lambda_scale_e: 0 where the read noise is Gaussian.
    colour_bias_dn: (b, sites), or (1, 1).
    """

    system_gain_dn_per_e: Float[Tensor, "b"]
    read_noise_e: Float[Tensor, "b"]
    row_noise_e: Float[Tensor, "b"]
    column_noise_e: Float[Tensor, "#b"] = field(default_factory=lambda: torch.zeros(1))
    banding_amplitude_e: Float[Tensor, "#b"] = field(default_factory=lambda: torch.zeros(1))
    tukey_lambda_shape: Float[Tensor, "#b"] = field(default_factory=lambda: torch.zeros(1))
    tukey_lambda_scale_e: Float[Tensor, "#b"] = field(default_factory=lambda: torch.zeros(1))
    colour_bias_dn: Float[Tensor, "#b #s"] = field(default_factory=lambda: torch.zeros(1, 1))

    def __post_init__(self) -> None:
        """Check that the numbers can be a sensor's.

        Raises ProfileError.
        """
        for name in (*_COLUMNS, "tukey_lambda_scale_e"):
            value = getattr(self, name).detach()
            if not bool((torch.isfinite(value) & (value >= 0)).all()):
                raise ProfileError(f"{name} must be finite and >= 0, got {value.tolist()}")
        if not bool((self.system_gain_dn_per_e > 0).all()):
            raise ProfileError("system_gain_dn_per_e must be positive")
        shapes, (low, high) = self.tukey_lambda_shape.detach(), SHAPES
        if not bool(((shapes >= low) & (shapes <= high)).all()):
            raise ProfileError(f"tukey_lambda_shape is in {low}..{high}, got {shapes.tolist()}")
        if not bool(torch.isfinite(self.colour_bias_dn).all()):
            raise ProfileError("colour_bias_dn must be finite")

    @property
    def read_deviation_e(self) -> Float[Tensor, "b"]:
        """Standard deviation of the read noise as it is drawn: of the Tukey lambda, where one is.

        A profile may hold two fits to one camera, which differ: ELD's by up to a third in variance.
        """
        heavy = self.tukey_lambda_scale_e > 0
        if not bool(heavy.any()):
            return self.read_noise_e
        shapes = self.tukey_lambda_shape.detach().reshape(-1).tolist()
        units = self.tukey_lambda_scale_e.new_tensor([tukey_lambda_deviation(s) for s in shapes])
        return torch.where(heavy, self.tukey_lambda_scale_e * units, self.read_noise_e)

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is asked for by any of the numbers."""
        return any(getattr(self, f.name).requires_grad for f in fields(self))


def noise_at(
    readings: Sequence[Reading], iso: Float[Tensor, "b"], sites: int, sensor: str
) -> SensorNoise:
    """Gain and noise at each image's ISO.

    Between two readings of a branch everything positive is interpolated in log-log; gain is
    then proportional to ISO wherever the readings are. The shape of a Tukey lambda and the black
    level's error are interpolated in log ISO. Dual-gain sensors change branch at the first
    reading of the higher one.

    sites: of the CFA period. sensor: for messages.

    Raises ProfileError for an ISO outside the readings.
    """
    rows = [_at(readings, float(value), sites, sensor) for value in iso.tolist()]

    def column(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, device=iso.device, dtype=torch.float32)

    return SensorNoise(
        **{name: column([getattr(r, name) for r in rows]) for name in _COLUMNS[:1] + _COLUMNS[2:]},
        read_noise_e=column([_deviation(r) for r in rows]),
        tukey_lambda_shape=column([r.tukey_lambda_shape or 0.0 for r in rows]),
        tukey_lambda_scale_e=column([r.tukey_lambda_scale_e or 0.0 for r in rows]),
        colour_bias_dn=torch.tensor([r.colour_bias_dn for r in rows], device=iso.device).float(),
    )


def _at(readings: Sequence[Reading], iso: float, sites: int, sensor: str) -> Reading:
    if not readings:
        raise ProfileError(f'sensor "{sensor}" has no readings of gain and noise')
    low, high = min(r.iso for r in readings), max(r.iso for r in readings)
    if not low * (1 - 1e-6) <= iso <= high * (1 + 1e-6):
        raise ProfileError(f'ISO {iso:g} is outside {low:g}..{high:g} of sensor "{sensor}"')
    branch = max(r.branch for r in readings if r.iso <= iso * (1 + 1e-6))
    points = sorted((r for r in readings if r.branch == branch), key=lambda r: r.iso)
    above = next((r for r in points if r.iso >= iso * (1 - 1e-6)), points[-1])
    below = next((r for r in reversed(points) if r.iso <= iso * (1 + 1e-6)), points[0])
    if above.iso == below.iso:
        if above is below:
            # Above the last reading of a lower branch the gain goes on in proportion to ISO.
            gain = below.system_gain_dn_per_e * iso / below.iso
            above = replace(below, iso=iso, system_gain_dn_per_e=gain, channel_noise=())
        return replace(above, colour_bias_dn=above.colour_bias_dn or (0.0,) * sites)
    weight = math.log(iso / below.iso) / math.log(above.iso / below.iso)
    heavy = below.tukey_lambda_scale_e is not None and above.tukey_lambda_scale_e is not None
    pairs = zip(
        below.colour_bias_dn or (0.0,) * sites, above.colour_bias_dn or (0.0,) * sites, strict=True
    )
    return Reading(
        iso=iso,
        **{name: _between(getattr(below, name), getattr(above, name), weight) for name in _COLUMNS},
        tukey_lambda_shape=_linear(
            below.tukey_lambda_shape or 0.0, above.tukey_lambda_shape or 0.0, weight
        ),
        tukey_lambda_scale_e=_between(
            below.tukey_lambda_scale_e or 0.0, above.tukey_lambda_scale_e or 0.0, weight
        )
        if heavy
        else None,
        colour_bias_dn=tuple(_linear(a, b, weight) for a, b in pairs),
        channel_noise=(),
        branch=branch,
    )


def _deviation(reading: Reading) -> float:
    """Read noise for the masks: what the reading says, else its Tukey lambda's deviation."""
    scale = reading.tukey_lambda_scale_e
    if reading.read_noise_e > 0 or not scale:
        return reading.read_noise_e
    return scale * tukey_lambda_deviation(reading.tukey_lambda_shape or 0.0)


def _between(a: float, b: float, weight: float) -> float:
    if a > 0 and b > 0:
        return math.exp((1 - weight) * math.log(a) + weight * math.log(b))
    return _linear(a, b, weight)


def _linear(a: float, b: float, weight: float) -> float:
    return (1 - weight) * a + weight * b
