"""Batches for denoisers: clean light, photographed by a mix of cameras too short."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from apps.train.clean_light import CleanLight
from apps.train.training_cameras import NOISES, TrainingCameras, photographed, training_choices
from enhance.exposure_diffusion import Captured
from isp.core.cfa import Cfa
from isp.core.errors import UsageError

OFTEN = (80.0, 320.0)  # ratios that low light is scored at, and a little beyond
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
    often: tuple[float, float] | None = OFTEN
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

    A batch is made where the light is: electrons are drawn there. Its ratios stay on the CPU.
    light: what is photographed; scenes smaller than a crop are left out. cameras: by which.

    Raises UsageError where no scene is large enough.
    """

    def __init__(
        self, light: CleanLight, cameras: TrainingCameras, recipe: Recipe, seed: int = 0
    ) -> None:
        side = 2 * recipe.side + 2
        self._usable = [n for n in range(len(light)) if min(light.size(n)) >= side]
        if not self._usable:
            raise UsageError(f"training needs a mosaic of {side} photosites each way at least")
        self.light, self.cameras, self.recipe, self.seed = light, cameras, recipe, seed
        self._sensor = cameras.sensor("training")

    def __call__(self, step: int) -> Iterator[RawBatch]:
        """Batches from a step on, without end."""
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, number: int) -> RawBatch:
        """The batch of a number."""
        count = self.recipe.count
        items = torch.arange(number * count, (number + 1) * count)
        choices = training_choices(items, self.seed, 12)
        clean = self._crops(choices).unsqueeze(1)
        ratio = self._ratios(choices[:, 8:10])
        noise = self.cameras.noise(items, choices[:, 10], self.recipe.noise, self.seed)
        captured = photographed(clean, ratio, noise, self._sensor, self.seed, items)
        return RawBatch(
            captured=captured, clean=Cfa.RGGB.pack(clean), ratio=ratio, number=number
        )  # fmt: skip

    def _crops(self, choices: Float[Tensor, "b c"]) -> Float[Tensor, "b h w"]:
        """Each image's light: a place, turned over, another light, dimmed."""
        side, light = 2 * self.recipe.side, self.light
        numbers = [self._usable[int(c * len(self._usable))] for c in choices[:, 0].tolist()]
        sizes = torch.tensor([light.size(number) for number in numbers])
        rows, columns = (
            2 * (choices[:, 1 + axis] * ((sizes[:, axis] - side - 2) // 2 + 1)).long()
            for axis in range(2)
        )
        down, right, across = (choices[:, i] < 0.5 for i in (3, 4, 5))
        # A flip turns the cell over too; beginning one photosite earlier R is first again.
        rows, columns = rows + side * down, columns + side * right
        step_y = sizes[:, 1] * torch.where(down, -1, 1)
        step_x = torch.where(right, -1, 1)
        step_y, step_x = torch.where(across, step_x, step_y), torch.where(across, step_y, step_x)
        first = light.starts[numbers] + rows * sizes[:, 1] + columns
        line = torch.arange(side, device=light.device)
        start, y, x = (v.to(light.device).reshape(-1, 1, 1) for v in (first, step_y, step_x))
        crops = light.at(start + y * line[:, None] + x * line)
        red, blue = (torch.exp(BALANCE * (2 * choices[:, i] - 1)) for i in (6, 7))
        gains = torch.stack([red, torch.ones_like(red), blue], dim=1)
        gains = gains * (DIMMEST ** choices[:, 11:12] / gains.amax(dim=1, keepdim=True))
        spread = Cfa.RGGB.spread(gains.float().to(light.device), side, side)
        return crops * spread[:, 0]

    def _ratios(self, choices: Float[Tensor, "b 2"]) -> Float[Tensor, "b"]:
        if self.recipe.shared_ratio:
            choices = choices[:1].expand_as(choices)
        low, high = self.recipe.ratios
        ratio = low * (high / low) ** choices[:, 1]
        if self.recipe.often is not None:
            near, far = self.recipe.often
            ratio = torch.where(choices[:, 0] < 0.5, near + (far - near) * choices[:, 1], ratio)
        return ratio.float()
