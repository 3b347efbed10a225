"""What surrounds a photosite: its neighbours of all colours, made comparable with it."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.mosaic_noise import deviation

BEYOND = 1e30  # of every light, and not so far that a difference overflows
RING = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))
MEANS = 3  # radius of the square over which a colour's mean is taken
PATCH = 3  # radius of the square of neighbours that is described
ODD = 3.0  # deviations of noise beyond which a neighbour counts no more: it may be a defect
OUTLYING = 4.0  # units from the middle beyond which a neighbour says no more
LEAST_RATIO = 1e-3
# Pairs to put in order, one after the other, so that eight values are: Batcher's odd-even merge.
PAIRS = (
    (0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (1, 2), (5, 6),
    (0, 4), (1, 5), (2, 6), (3, 7), (2, 4), (3, 5), (1, 2), (3, 4), (5, 6),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """Each photosite and what is usual around it, as ratios to the mean of its colour there.

    ratio: light over the colour's mean in 7 x 7. known: the same, and 1 where nothing was
    measured. noise: deviation of `ratio`. beside, ring: the eight photosites at its sides and
    corners, and the eight of its own colour one CFA period away, in ascending order. enough: at
    most one of each eight was not measured. middle, unit: of both eights, without their extremes.
    """

    ratio: Tensor
    known: Tensor
    noise: Tensor
    beside: list[Tensor]
    ring: list[Tensor]
    enough: Tensor
    middle: Tensor
    unit: Tensor


def surroundings(
    mosaic: Float[Tensor, "b 1 h w"],
    measured: Float[Tensor, "b 1 h w"],
    noise: Float[Tensor, "b 3"],
    cfa: Cfa,
) -> Surroundings:
    """Divide out colour and light, and put the neighbours of every photosite in order.

    noise: c0, c1, c2 of the variance c0 + c1 x + c2 x^2. Three deviations at black are added to
    light and mean: below that, ratios have no meaning.

    Source: own; the sorting network is Batcher 1968 (odd-even merge).
    """
    period, is_known = cfa.period, measured > 0
    floor = 3 * torch.sqrt(noise[:, 0]).reshape(-1, 1, 1, 1)
    far = [(y * period[0], x * period[1]) for y, x in RING]
    mean = _colour_means(_limited(mosaic, is_known, far, period), measured, cfa).clamp(min=0.0)
    reference = mean + floor
    ratio = (mosaic + floor) / reference
    known = torch.where(is_known, ratio, 1.0)
    spread = deviation(mean, noise) / reference
    values, knowns = continued(known, period), continued(measured, period)
    beside = in_order(around(values, list(RING), period))
    ring = in_order(around(values, far, period))
    fewest = torch.minimum(
        torch.stack(around(knowns, list(RING), period)).sum(dim=0),
        torch.stack(around(knowns, far, period)).sum(dim=0),
    )
    top, bottom = torch.maximum(beside[6], ring[6]), torch.minimum(beside[1], ring[1])
    return Surroundings(
        ratio=ratio, known=known, noise=spread, beside=beside, ring=ring,
        enough=fewest >= len(RING) - 1,
        middle=(beside[1] + beside[6] + ring[1] + ring[6]) / 4, unit=(top - bottom) / 2 + spread,
    )  # fmt: skip


def outstanding(around_it: Surroundings, sigmas: float) -> Bool[Tensor, "b 1 h w"]:
    """Where a photosite is beyond the middle of both eights by so many deviations of its noise."""
    reach = sigmas * around_it.noise
    above = around_it.ratio > torch.maximum(around_it.beside[4], around_it.ring[4]) + reach
    below = around_it.ratio < torch.minimum(around_it.beside[3], around_it.ring[3]) - reach
    return (above | below) & around_it.enough


def texture(around_it: Surroundings) -> Float[Tensor, "b 1 h w"]:
    """Mean square departure of the neighbours in 7 x 7 from their colours' means, in noise's.

    About 1 in even light, where nothing but noise makes neighbours differ.
    """
    side = 2 * PATCH + 1
    # The deviation may underflow to 0 without noise; nothing is even there.
    away = (around_it.known - 1) / around_it.noise.clamp(min=1e-12)
    square = away.clamp(-ODD, ODD).square()
    box = square.new_ones(1, 1, side, side)
    total = F.conv2d(square, box, padding=PATCH) - square
    count = F.conv2d(torch.ones_like(square), box, padding=PATCH) - 1
    return total / count.clamp(min=1.0)


def described(
    around_it: Surroundings, at: tuple[Tensor, Tensor, Tensor], cfa: Cfa
) -> Float[Tensor, "n f"]:
    """Numbers that describe photosites (image, row, column) and their neighbours: (n, 114).

    48 neighbours in 7 x 7, 48 times whether each has the colour of the photosite, the 8 of its
    colour one period away, all in units of what is usual there; and the photosite itself, noise,
    spread, and how bright its extreme neighbours are, as logarithms.
    """
    image, row, column = at
    width = max(PATCH, *cfa.period)
    values = F.pad(around_it.known, (width,) * 4, mode="replicate")[:, 0]
    height_of, width_of = around_it.ratio.shape[-2:]
    plain = cfa.colour_map(height_of, width_of).to(around_it.ratio)
    colours = F.pad(plain[None, None], (width,) * 4, value=-1.0)[0, 0]

    def here(plane: Tensor) -> Tensor:
        return plane[:, 0][image, row, column]

    def log(plane: Tensor) -> Tensor:
        return here(plane).clamp(min=LEAST_RATIO).log()

    middle, unit, ratio = here(around_it.middle), here(around_it.unit), here(around_it.ratio)

    def neighbour(down: int, right: int) -> Tensor:
        value = values[image, row + (width + down), column + (width + right)]
        return ((value - middle) / unit).clamp(-OUTLYING, OUTLYING)

    own = colours[row + width, column + width]
    reach = range(-PATCH, PATCH + 1)
    steps = [(y, x) for y in reach for x in reach if (y, x) != (0, 0)]
    alike = [
        (colours[row + (width + y), column + (width + x)] == own).to(ratio.dtype) for y, x in steps
    ]
    departure = (ratio - middle) / unit
    spread = here(around_it.noise)
    own_numbers = [
        torch.asinh(departure), departure.clamp(-OUTLYING, OUTLYING), torch.log(spread / unit),
        torch.log(unit).clamp(-6.0, 2.0), log(around_it.ratio).clamp(max=4.0),
        *(log(plane) for plane in (
            around_it.beside[1], around_it.beside[6], around_it.ring[1], around_it.ring[6])),
        torch.log(spread),
    ]  # fmt: skip
    far = [neighbour(y * cfa.period[0], x * cfa.period[1]) for y, x in RING]
    return torch.stack([*(neighbour(y, x) for y, x in steps), *alike, *far, *own_numbers], dim=1)


def in_order(values: list[Tensor]) -> list[Tensor]:
    """Eight planes in ascending order, place by place.

    >>> planes = [torch.tensor([float(v)]) for v in (3, 1, 7, 5, 0, 2, 6, 4)]
    >>> [int(plane) for plane in in_order(planes)]
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    ordered = list(values)
    for low, high in PAIRS:
        first, second = ordered[low], ordered[high]
        ordered[low], ordered[high] = torch.minimum(first, second), torch.maximum(first, second)
    return ordered


def around(padded: Tensor, steps: list[tuple[int, int]], period: tuple[int, int]) -> list[Tensor]:
    """Views of what lies at each step (down, right), of a mosaic padded by one period."""
    rows, columns = period
    # Ends counted from the back: they are plain numbers, whatever the size, for the exporter.
    return [
        padded[..., rows + y : (y - rows) or None, columns + x : (x - columns) or None]
        for y, x in steps
    ]


def continued(mosaic: Tensor, period: tuple[int, int]) -> Tensor:
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


def _limited(
    mosaic: Tensor, is_known: Tensor, far: list[tuple[int, int]], period: tuple[int, int]
) -> Tensor:
    """Each photosite within the second extremes of its colour's ring: a defect makes no mean."""
    values = around(continued(mosaic, period), far, period)
    knowns = around(continued(is_known.to(mosaic.dtype), period), far, period)
    pairs = list(zip(values, knowns, strict=True))
    low = in_order([torch.where(k > 0, v, BEYOND) for v, k in pairs])[1]
    high = in_order([torch.where(k > 0, v, -BEYOND) for v, k in pairs])[6]
    within = torch.minimum(torch.maximum(mosaic, low), high)
    return torch.where(is_known, torch.where(high >= low, within, mosaic), 0.0)


def _colour_means(limited: Tensor, measured: Tensor, cfa: Cfa) -> Tensor:
    """Mean of the measured photosites of each photosite's own colour in the square around it."""
    side = 2 * MEANS + 1
    box = limited.new_ones(1, 1, side, side)
    colours = cfa.colour_map(*limited.shape[-2:]).to(limited.device)
    mean = torch.zeros_like(limited)
    for channel in range(len(cfa.channels)):
        is_own = colours == channel
        weight = torch.where(is_own, measured, 0.0)
        total = F.conv2d(limited * weight, box, padding=MEANS)
        count = F.conv2d(weight, box, padding=MEANS)
        mean = torch.where(is_own, total / count.clamp(min=1.0), mean)
    return mean
