"""Batches for denoisers: clean light, photographed by a mix of cameras too short."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from apps.train.clean_light import CleanLight
from apps.train.eld_lines import SPAN_DN
from enhance.exposure_diffusion import Captured
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.eld import NoiseLines, sample_eld_noise
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.noise_table import QUANTISATION_DN2
from isp.core.readings import SensorNoise
from isp.core.rng import Draws, Effect, uniform
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

BLACK_DN = 512.0
NOISES = ("eld", "poisson_gaussian", "poisson_gaussian_row")
DIMMEST = 0.2  # of a photograph's light, drawn up to 1: not all scenes reach white
BALANCE = math.log(1.25)  # red and blue are drawn this far up or down, for other lights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawBatch:
    """Captures and the light that they are of.

    clean: X, packed, 1.0 = white of the reference. ratio: r of the batch, or of each image.
    """

    captured: Captured
    clean: Float[Tensor, "b 4 h w"]
    ratio: Float[Tensor, "b"]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a batch is made of.

    count, side: images, and packed pixels of their sides. ratios: of the exposures, drawn
        log-uniformly between the two, or for half of the images uniformly within `often`.
    shared_ratio: one for the whole batch, as refining steps need it.
    noise: `eld` (Tukey-lambda read noise and row noise), `poisson_gaussian_row`, or
        `poisson_gaussian`.

    Raises UsageError for ratios that are none, or another noise.
    """

    count: int = 8
    side: int = 64
    ratios: tuple[float, float] = (1.0, 400.0)
    often: tuple[float, float] | None = (80.0, 320.0)
    shared_ratio: bool = False
    noise: str = "eld"

    def __post_init__(self) -> None:
        """Check what batches rely on."""
        for low, high in (self.ratios, self.often or self.ratios):
            if not 1 <= low <= high:
                raise UsageError(f"ratios rise from 1 or more, not {low:g} to {high:g}")
        if self.noise not in NOISES:
            raise UsageError(f'noise is {", ".join(NOISES)}, not "{self.noise}"')


class RawPairs:
    """Batches by number: the same number and seed, the same batch, in any order or process.

    cameras: their lines; each image is one camera's, drawn alike often.
    """

    def __init__(
        self, light: CleanLight, cameras: Sequence[NoiseLines], recipe: Recipe, seed: int = 0
    ) -> None:
        side = 2 * recipe.side + 2
        self._usable = [n for n in range(len(light)) if min(light.size(n)) >= side]
        if not self._usable or not cameras:
            raise UsageError(f"training needs a camera, and a mosaic of {side} photosites at least")
        self.light, self.cameras, self.recipe, self.seed = light, tuple(cameras), recipe, seed
        self._sensor = Sensor(
            SensorProfile(
                name="training", cfa=Cfa.RGGB, bit_depth=14, black_level_dn=(BLACK_DN,) * 4,
                white_level_dn=BLACK_DN + SPAN_DN, readings=(),
            )
        )  # fmt: skip

    def __call__(self, step: int) -> Iterator[RawBatch]:
        """Batches from a step on, without end."""
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, number: int) -> RawBatch:
        """The batch of a number."""
        count = self.recipe.count
        items = torch.arange(number * count, (number + 1) * count)
        draws = Draws(seed=self.seed, effect=Effect.AUGMENTATION, sensor="training", item=items)
        choices = uniform(draws.words(1, 12))[:, 0, 0]  # (b, 12)
        clean = torch.stack([self._crop(row) for row in choices.tolist()]).unsqueeze(1)
        ratio = self._ratios(choices[:, 8:10])
        noise = self._noise(items, choices[:, 10])
        gain = noise.system_gain_dn_per_e
        white_e = (SPAN_DN / (ratio * gain)).reshape(-1, 1, 1, 1)
        frame = Frame.start(
            clean * white_e, Domain.EXPECTED, profile=self._sensor.profile,
            shot=Shot(item=items, frame_number=torch.zeros_like(items)),
        )  # fmt: skip
        raw = self._sensor.capture(frame, self.seed, noise=noise)
        electrons = (raw.data - BLACK_DN) / gain.reshape(-1, 1, 1, 1)
        dark = noise.read_noise_e**2 + noise.row_noise_e**2 + QUANTISATION_DN2 / gain**2
        return RawBatch(
            captured=Captured(
                electrons=Cfa.RGGB.pack(electrons),
                white_e=white_e,
                dark_variance_e2=dark.reshape(-1, 1, 1, 1),
            ),
            clean=Cfa.RGGB.pack(clean),
            ratio=ratio,
            number=number,
        )

    def _crop(self, choices: list[float]) -> Tensor:
        """One image's light (2 side, 2 side): a place, turned over, another light, dimmed."""
        side = 2 * self.recipe.side
        number = self._usable[int(choices[0] * len(self._usable))]
        height, width = self.light.size(number)
        down, right = choices[3] < 0.5, choices[4] < 0.5
        top = 2 * int(choices[1] * ((height - side - 2) // 2 + 1))
        left = 2 * int(choices[2] * ((width - side - 2) // 2 + 1))
        crop = self.light.crop(number, top, left, side + 2)
        # A flip turns the cell over too; from the next photosite on R is first again.
        crop = crop.flip(0)[1 : side + 1] if down else crop[:side]
        crop = crop.flip(1)[:, 1 : side + 1] if right else crop[:, :side]
        if choices[5] < 0.5:
            crop = crop.T
        red, blue = (math.exp(BALANCE * (2 * c - 1)) for c in choices[6:8])
        dim = DIMMEST ** choices[11]
        gains = torch.tensor([[red, 1.0, blue]]) * (dim / max(red, 1.0, blue))
        return crop * Cfa.RGGB.spread(gains, side, side)[0, 0]

    def _ratios(self, choices: Float[Tensor, "b 2"]) -> Float[Tensor, "b"]:
        if self.recipe.shared_ratio:
            choices = choices[:1].expand_as(choices)
        low, high = self.recipe.ratios
        ratio = low * (high / low) ** choices[:, 1]
        if self.recipe.often is not None:
            near, far = self.recipe.often
            ratio = torch.where(choices[:, 0] < 0.5, near + (far - near) * choices[:, 1], ratio)
        return ratio.float()

    def _noise(self, items: Tensor, choice: Float[Tensor, "b"]) -> SensorNoise:
        """Gain and noise of each image, of a camera drawn for it."""
        which = (choice * len(self.cameras)).long().tolist()
        parts = [
            sample_eld_noise(
                [self.cameras[camera]],
                Draws(seed=self.seed, effect=Effect.NOISE_LEVEL, sensor="training", item=item),
                gaussian=self.recipe.noise != "eld",
            )
            for camera, item in zip(which, items.split(1), strict=True)
        ]
        row = torch.cat([part.row_noise_e for part in parts])
        return SensorNoise(
            system_gain_dn_per_e=torch.cat([part.system_gain_dn_per_e for part in parts]),
            read_noise_e=torch.cat([part.read_noise_e for part in parts]),
            row_noise_e=torch.zeros_like(row) if self.recipe.noise == "poisson_gaussian" else row,
            tukey_lambda_shape=torch.cat([part.tukey_lambda_shape for part in parts]),
            tukey_lambda_scale_e=torch.cat([part.tukey_lambda_scale_e for part in parts]),
        )
