"""Defects without a list: photosites that depart from their neighbours beyond noise and texture."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import check_noise, deviation, noise_of
from isp.core.stage import Stage
from isp.stages.defects import correct_defects

FAR = 1e30  # beyond every light, and not so far that a difference overflows
RING = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))
HOT_TEXTURE, DEAD_TEXTURE = 7.0, 6.0  # chosen on real raws and dead leaves: docs/defects.md
FEWEST = 5  # neighbours that make a mean when the two largest and two smallest are left out


def find_defects(
    mosaic: Float[Tensor, "b 1 h w"],
    measured: Float[Tensor, "b 1 h w"],
    noise: Float[Tensor, "b 3"],
    cfa: Cfa,
    sigmas: float = 5.0,
    texture: float = 1.0,
) -> Bool[Tensor, "b 1 h w"]:
    """Find hot, dead and stuck photosites: True where one is not to be believed.

    measured: 1 where a photosite was measured. One that was not could have been anything: as a
        neighbour it speaks for the texture, and never for a defect. It may be a defect itself.
    noise: c0, c1, c2 of the variance c0 + c1 x + c2 x^2, the light x in the mosaic's unit.
    A photosite is hot when it lies above the second largest of the eight neighbours of its colour
    one CFA period away (the largest may be its partner in a pair) by more than `sigmas` standard
    deviations of the light there, with the skewness of Poisson's law, and by more than 7 x texture
    times what is usual around: the third largest of the departures of the eight photosites beside
    it and the eight of its colour, each from the trimmed mean of its own colour around it. What a
    lens has drawn spreads over photosites of every colour, a defect does not. Dead ones lie below
    in the same way, by 6 x texture times what is usual, both as ratios: no scene goes without
    light in one photosite of a bright place, whatever its contrast.

    Source: own; skewness by Cornish and Fisher 1938 (first term); trimmed means against pairs.
    """
    ring = _ring(mosaic, measured, cfa.period)
    known = (measured > 0) & (ring.count >= FEWEST)
    offset, slope, _ = (c.reshape(-1, 1, 1, 1) for c in noise.unbind(dim=1))
    spread = deviation(ring.mean, noise)
    skewness = slope * slope * ring.mean.clamp(min=0.0) / (spread * spread)
    allowed = sigmas * spread
    bright = allowed + (sigmas**2 - 1) / 6 * skewness
    floor = torch.sqrt(offset) + slope  # light below it has no meaningful ratios

    def ratio(light: Tensor) -> Tensor:
        return torch.asinh(light / floor)

    differs = torch.where(known, (mosaic - ring.mean).abs(), FAR)
    contrast = torch.where(known, (ratio(mosaic) - ratio(ring.mean)).abs(), FAR)
    up, down = mosaic - ring.high, ring.low - mosaic
    hot = (up > bright) & (up > HOT_TEXTURE * texture * _third_largest(differs, cfa.period))
    depth = ratio(ring.low) - ratio(mosaic)
    dead = (down > allowed) & (
        depth > DEAD_TEXTURE * texture * _third_largest(contrast, cfa.period)
    )
    return hot | dead


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ring:
    """The eight neighbours of a colour: mean of the measured but the extreme four, and bounds.

    high, low: second largest and second smallest; of unmeasured ones the first takes the place of
    the largest (smallest), and with a second nothing is beyond the bound.
    """

    count: Tensor
    mean: Tensor
    high: Tensor
    low: Tensor


def _ring(mosaic: Tensor, measured: Tensor, period: tuple[int, int]) -> _Ring:
    rows, columns = period
    steps = [(y * rows, x * columns) for y, x in RING]
    values = _around(_continued(mosaic, period), steps, period)
    knowns = _around(_continued(measured, period), steps, period)
    top = second_top = torch.full_like(mosaic, -FAR)
    bottom = second_bottom = torch.full_like(mosaic, FAR)
    total = count = torch.zeros_like(mosaic)
    for value, known in zip(values, knowns, strict=True):
        is_known = known > 0
        up, down = torch.where(is_known, value, -FAR), torch.where(is_known, value, FAR)
        second_top = torch.maximum(second_top, torch.minimum(top, up))
        top = torch.maximum(top, up)
        second_bottom = torch.minimum(second_bottom, torch.maximum(bottom, down))
        bottom = torch.minimum(bottom, down)
        total = total + torch.where(is_known, value, 0.0)
        count = count + is_known.to(mosaic.dtype)
    enough = count >= FEWEST
    # A pair of defects is in the ring of some that are sound, and would make them depart.
    extremes = torch.where(enough, top + second_top + bottom + second_bottom, 0.0)
    mean = (total - extremes) / (count - 4).clamp(min=1.0)
    lost = len(RING) - count
    return _Ring(
        count=count,
        mean=torch.where(enough, mean, mosaic),
        high=torch.where(lost < 1, second_top, torch.where(lost < 2, top, FAR)),
        low=torch.where(lost < 1, second_bottom, torch.where(lost < 2, bottom, -FAR)),
    )


def _third_largest(departures: Tensor, period: tuple[int, int]) -> Tensor:
    """Third largest among the photosites beside each one and those of its colour around it."""
    rows, columns = period
    steps = list(dict.fromkeys([*RING, *((y * rows, x * columns) for y, x in RING)]))
    first = second = third = torch.full_like(departures, -FAR)
    for value in _around(_continued(departures, period), steps, period):
        third = torch.maximum(third, torch.minimum(second, value))
        second = torch.maximum(second, torch.minimum(first, value))
        first = torch.maximum(first, value)
    return third


def _around(padded: Tensor, steps: list[tuple[int, int]], period: tuple[int, int]) -> list[Tensor]:
    """Views of what lies at each step (down, right), of a mosaic padded by one period."""
    rows, columns = period
    # Ends counted from the back: they are plain numbers, whatever the size, for the exporter.
    return [
        padded[..., rows + y : (y - rows) or None, columns + x : (x - columns) or None]
        for y, x in steps
    ]


def _continued(mosaic: Tensor, period: tuple[int, int]) -> Tensor:
    """Pad by one period each way with what lies two periods inside the border.

    A mirror would give a photosite at the border the same neighbour twice, and call the end of
    every slope an extreme; this way the slope shows in the neighbours.
    """
    rows = _inward(mosaic.shape[-2], period[0], mosaic.device)
    columns = _inward(mosaic.shape[-1], period[1], mosaic.device)
    return mosaic[..., rows, :][..., columns]


def _inward(size: int, step: int, device: torch.device) -> Tensor:
    places = torch.arange(-step, size + step, device=device)
    places = torch.where(places < 0, places + 3 * step, places)
    places = torch.where(places >= size, places - 3 * step, places)
    # What is too small for that has no neighbours but itself.
    return torch.where((places < 0) | (places >= size), places % step, places).clamp(max=size - 1)


class DynamicDefects(Stage):
    """`find_defects` by the noise of the frame's profile, and `correct_defects` where it found.

    sigmas: standard deviations of noise that a defect departs by at least. texture: a smaller
        number finds more in fine detail, and takes more of the detail for defects.
    noise: slope and offset of var = slope x + offset (a DNG's NoiseProfile) in place of the
        profile's, which also knows PRNU and the tails of the read noise.

    What was found takes its neighbours' value, and is neither measured nor clipped any more.
    Comes after BlackLevel and before white balance, for the noise is the sensor's own.

    Raises UsageError for settings that make no sense; FrameError or ProfileError when nothing is
    known of the noise.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    counts = ("corrected",)

    def __init__(
        self,
        cfa: Cfa,
        sigmas: float = 5.0,
        texture: float = 1.0,
        noise: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        if not (sigmas > 0 and texture >= 0):
            raise UsageError(f"sigmas must be above 0 and texture >= 0, not {sigmas}, {texture}")
        check_noise(noise)
        self.cfa, self.sigmas, self.texture, self.noise = cfa, sigmas, texture, noise
        # At the border a photosite beside reads three periods inside, and its ring one further.
        self.halo = 4 * max(cfa.period)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        noise = noise_of(frame, self.noise, with_pattern=True, tail_sigmas=self.sigmas)
        return frame.data, frame.measured.float(), noise

    def forward(
        self,
        mosaic: Float[Tensor, "b 1 h w"],
        measured: Float[Tensor, "b 1 h w"],
        noise: Float[Tensor, "b 3"],
    ) -> Float[Tensor, "b 1 h w"]:
        found = find_defects(mosaic, measured, noise, self.cfa, self.sigmas, self.texture)
        unsound = torch.maximum(found.to(mosaic.dtype), 1 - measured)
        corrected = correct_defects(mosaic, unsound, self.cfa)
        return torch.where(found, corrected, mosaic)

    def develop(self, frame: Frame) -> Frame:
        """Run the stage; what it changed is what it found."""
        developed = super().develop(frame)
        found = developed.data != frame.data
        name, parameters = developed.history[-1]
        counted = parameters | {"corrected": frame.own(found).sum(dim=(1, 2, 3)).tolist()}
        return replace(
            developed,
            measured=developed.measured & ~found,
            clipped=developed.clipped & ~found,
            history=(*developed.history[:-1], (name, counted)),
        )

    def settings(self) -> dict[str, Any]:
        return {"sigmas": self.sigmas, "texture": self.texture}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"noise": inputs[2].tolist()}
