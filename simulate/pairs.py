"""Training pairs: crops of mosaics photographed by the full sensor model, beside their truth."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.large_arrays import empty
from isp.core.readings import SensorNoise
from isp.core.rng import Draws, Effect, uniform
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

EXPOSURE_TIME_S = 1 / 30  # of every pair; only dark current asks for it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """A batch of captures and what they would be without noise.

    noisy: RAW. clean_dn: (b, 1, h, w) DN on the same scale, not rounded and not limited by the
    ADC: black level + gain x the mean electrons that the wells hold, heat and crosstalk included.
    """

    noisy: Frame
    clean_dn: Float[Tensor, "b 1 h w"]

    def packed(self) -> tuple[Float[Tensor, "b s y x"], Float[Tensor, "b s y x"]]:
        """Noisy and clean DN as the planes of the CFA's sites, which is what networks take.

        As `Cfa.pack`. Raises FrameError when the crops are no whole number of periods.
        """
        cfa = self.noisy.need_profile().cfa
        return _packed(self.noisy.data, cfa), _packed(self.clean_dn, cfa)


class PairSource:
    """Pairs by number: the same number gives the same pair, in any batch, order or process.

    light: mosaics (h, w) of `profile.cfa`, linear, 1.0 = white; each at least `size` large.
    levels_e: electrons of white, drawn log-uniformly between the two for each pair.
    isos: drawn log-uniformly between the two; None takes the span of the profile's readings.
    noise_of: gain and noise of some pair numbers, in place of the profile's at the drawn ISO.
    body: camera body of the fixed pattern; every crop is read by its first photosites. Crops
        start on whole periods of the pattern. Shading belongs to a whole sensor and is left out.

    Raises UsageError for mosaics smaller than a crop, levels that are no rising positive numbers,
    or a profile without readings and no `noise_of`.
    """

    def __init__(
        self,
        light: Sequence[Float[Tensor, "..."]],
        profile: SensorProfile,
        *,
        size: int = 512,
        seed: int = 0,
        levels_e: tuple[float, float] = (20.0, 2000.0),
        isos: tuple[float, float] | None = None,
        noise_of: Callable[[Int[Tensor, "b"]], SensorNoise] | None = None,
        body: int = 0,
    ) -> None:
        if not light or any(min(m.shape[-2:]) < size for m in light):
            raise UsageError(f"pairs of {size} photosites need mosaics at least as large")
        if not 0 < levels_e[0] <= levels_e[1]:
            raise UsageError(f"levels_e are two rising positive numbers, not {levels_e}")
        readings = [reading.iso for reading in profile.readings]
        if isos is None and not readings:
            raise UsageError(f'sensor "{profile.name}" has no readings; pass isos and noise_of')
        self.light = light
        self.profile = profile
        self.size = size
        self.seed = seed
        self.levels_e = levels_e
        self.isos = isos or (min(readings), max(readings))
        self.noise_of = noise_of
        self.body = body
        self._sensor = Sensor(profile.with_fields(shading={}))

    def batch(self, numbers: Int[Tensor, "b"]) -> Pair:
        """The pairs of these numbers."""
        choices = self._uniforms(numbers)
        expected = empty((len(numbers), 1, self.size, self.size))
        for crop, row in zip(expected[:, 0], choices.tolist(), strict=True):
            self._crop(row, crop)
        iso = _between(choices[:, 4], self.isos).float()
        shot = Shot(
            iso=iso, item=numbers, body=self.body, frame_number=torch.zeros_like(numbers),
            exposure_time_s=torch.full((len(numbers),), EXPOSURE_TIME_S),
        )  # fmt: skip
        frame = Frame.start(expected, Domain.EXPECTED, shot=shot, profile=self._sensor.profile)
        noise = self.noise_of(numbers) if self.noise_of else self.profile.at_iso(iso)
        noisy = self._sensor.capture(frame, self.seed, noise=noise)
        return Pair(noisy=noisy, clean_dn=self._clean(frame, noise))

    def batches(self, count: int, start: int = 0) -> Iterator[Pair]:
        """Endless batches of `count` pairs, numbered on from `start`."""
        while True:
            yield self.batch(torch.arange(start, start + count))
            start += count

    def _uniforms(self, numbers: Tensor) -> Tensor:
        """(b, 5): mosaic, row, column, level, ISO."""
        draws = Draws(
            seed=self.seed, effect=Effect.AUGMENTATION, sensor=self.profile.name, item=numbers
        )
        return uniform(draws.words(1, 5))[:, 0, 0]

    def _crop(self, choices: list[float], crop: Tensor) -> None:
        """Write the expected electrons of one pair's crop."""
        mosaic = self.light[int(choices[0] * len(self.light))]
        rows, columns = self.profile.cfa.period
        height, width = mosaic.shape[-2:]
        y = int(choices[1] * ((height - self.size) // rows + 1)) * rows
        x = int(choices[2] * ((width - self.size) // columns + 1)) * columns
        level = float(_between(torch.tensor(choices[3], dtype=torch.float64), self.levels_e))
        torch.mul(mosaic[..., y : y + self.size, x : x + self.size].float(), level, out=crop)

    def _clean(self, frame: Frame, noise: SensorNoise) -> Tensor:
        rows, _ = self.profile.cfa.period
        clean = self._sensor.mean_held(frame).mul_(noise.system_gain_dn_per_e.reshape(-1, 1, 1, 1))
        black = self.profile.cfa.spread_sites(self.profile.black_sites, rows, self.size)
        for row in range(rows):
            clean[..., row::rows, :] += black[..., row : row + 1, :]
        return clean


def _between(choice: Tensor, ends: tuple[float, float]) -> Tensor:
    """Log-uniform between two positive numbers."""
    return ends[0] * (ends[1] / ends[0]) ** choice


def _packed(mosaic: Tensor, cfa: Cfa) -> Tensor:
    (batch, _, height, width), (rows, columns) = mosaic.shape, cfa.period
    if height % rows or width % columns:
        raise FrameError(
            f"crops of {height} x {width} are no whole periods of {cfa.name}, {rows} x {columns}"
        )
    planes = empty((batch, rows, columns, height // rows, width // columns))
    sites = mosaic.reshape(batch, height // rows, rows, width // columns, columns)
    return planes.copy_(sites.permute(0, 2, 4, 1, 3)).flatten(1, 2)
