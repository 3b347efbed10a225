"""Raw denoising: the sensor's own noise made even, sliding cosine transforms, thresholds."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.anscombe import destabilise, inverse_table, stabilise
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import check_noise, noise_of
from isp.core.stage import Stage
from isp.core.tiles import TiledRun

TILE = 512  # side, without a margin of at most 36
THRESHOLD = 2.7  # standard deviations of noise below which a coefficient is taken for noise


def denoise_mosaic(
    mosaic: Float[Tensor, "b 1 h w"],
    measured: Float[Tensor, "b 1 h w"],
    noise: Float[Tensor, "b 3"],
    table: Float[Tensor, "b n"],
    ends: Float[Tensor, "b 2"],
    cfa: Cfa,
    strength: float = 1.0,
) -> Float[Tensor, "b 1 h w"]:
    """Take the noise out of a mosaic; photosites that were not measured stay as they are.

    measured: 1 where a photosite was measured; the others give nothing to their neighbours.
    noise: c0 and c1 of the variance c0 + c1 x, the light x in the mosaic's unit; c2 is not used.
    table, ends: `isp.core.anscombe.inverse_table` of c0 / c1^2, the read noise in electrons^2.
    strength: factor on the noise that is assumed.
    The mosaic becomes electrons, their noise 1 everywhere (generalised Anscombe), and the planes of
    the pattern's sites sums and differences. Twice every block that slides over these loses cosines
    (4 x 4 by a threshold, then 6 x 6 by Wiener's gain for what the first left), and a pixel is the
    mean over the blocks that hold it, the quieter weighing more. The mean of a block is always
    kept, so that the exact unbiased inverse keeps the mean of the light.

    Source: Makitalo, Foi 2013 (transform and inverse); Yu, Sapiro, IPOL 1, 2011 (sliding DCT);
    Dabov, Foi, Katkovnik, Egiazarian, IEEE TIP 16(8), 2007 (two steps, equations 8 to 11; without
    its groups of alike blocks).
    """
    offset, slope, _ = (c.reshape(-1, 1, 1, 1) for c in noise.unbind(dim=1))
    variance_e2 = (offset.sqrt() / slope).square()
    even = stabilise(mosaic / slope, variance_e2)
    sides = block_sides(cfa)
    planes, known = _packed(even, cfa), _packed(measured, cfa)
    basis = mosaic.new_tensor(site_basis(cfa))
    mixed = torch.einsum("ij,bjhw->bihw", basis, _filled(planes, known, sum(sides) - 2))
    pilot = threshold_cosines(mixed, sides[0], THRESHOLD * strength)
    thinned = weigh_cosines(mixed, pilot, sides[1], strength)
    back = torch.einsum("ij,bihw->bjhw", basis, thinned)
    quiet = cfa.unpack(back, mosaic.shape[-2], mosaic.shape[-1])
    electrons = destabilise(quiet, variance_e2, table, ends)
    return torch.where(measured > 0, electrons * slope, mosaic)


def threshold_cosines(
    planes: Float[Tensor, "b s h w"], side: int, threshold: float
) -> Float[Tensor, "b s h w"]:
    """Set the small cosines of all blocks of side x side to 0, and put the blocks together."""

    def gain(coefficients: Tensor, down: int) -> Tensor:
        return _but_mean((coefficients.abs() > threshold).to(coefficients.dtype), down)

    return _slide(planes, side, gain)


def weigh_cosines(
    planes: Float[Tensor, "b s h w"], pilot: Float[Tensor, "b s h w"], side: int, deviation: float
) -> Float[Tensor, "b s h w"]:
    """Give each cosine p^2 / (p^2 + deviation^2), p its size in the pilot."""
    signal = _extended(pilot, side)

    def gain(coefficients: Tensor, down: int) -> Tensor:
        power = _row_of_cosines(signal, side, down).square()
        return _but_mean(power / (power + deviation**2), down)

    return _slide(planes, side, gain)


def _slide(planes: Tensor, side: int, gain: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Mean of all blocks' cosines times their gains, each block weighted by 1 / sum of gain^2.

    Rows of cosines come one after another: all of them at once would be side^2 pictures.
    """
    batch, sites, height, width = planes.shape
    padded = _extended(planes, side)
    waves = planes.new_tensor(cosines(side))
    power = torch.zeros_like(padded[..., side - 1 :, side - 1 :])
    for down in range(side):
        gains = gain(_row_of_cosines(padded, side, down), down)
        power = power + _total(gains.square())
    weight = 1 / power  # the mean's gain is 1, so that the power is at least that
    total = torch.zeros_like(padded[..., : -2 * (side - 1), : -2 * (side - 1)])
    for down in range(side):
        coefficients = _row_of_cosines(padded, side, down)
        kept = coefficients * gain(coefficients, down) * weight
        row = F.conv2d(kept, waves.flip(1).reshape(1, side, 1, side))
        total = total + F.conv2d(row, waves[down].flip(0).reshape(1, 1, side, 1))
    weights = F.avg_pool2d(weight, side, stride=1) * side**2
    return (total / weights).reshape(batch, sites, height, width)


def _row_of_cosines(padded: Tensor, side: int, down: int) -> Tensor:
    """Coefficients of one vertical frequency of every block: (b s, side, blocks)."""
    waves = padded.new_tensor(cosines(side))  # (frequency, place)
    column = F.conv2d(padded, waves[down].reshape(1, 1, side, 1))
    return F.conv2d(column, waves.reshape(side, 1, 1, side))


def _but_mean(gains: Tensor, down: int) -> Tensor:
    """Gains with that of a block's mean at 1."""
    if down > 0:
        return gains
    return torch.cat([torch.ones_like(gains[:, :1]), gains[:, 1:]], dim=1)


def _extended(planes: Tensor, side: int) -> Tensor:
    """Planes one by one, mirrored so that every pixel is in as many blocks: (b s, 1, ...)."""
    wide = _mirrored(_mirrored(planes, 2, side - 1), 3, side - 1)
    return wide.reshape(-1, 1, wide.shape[-2], wide.shape[-1])


def _packed(mosaic: Tensor, cfa: Cfa) -> Tensor:
    """`Cfa.pack` by one rule for every size, so that it exports for every size.

    What a whole period lacks at the end is what lies a period before.
    """
    (rows, columns), (batch, _, height, width) = cfa.period, mosaic.shape
    down, across = (height + rows - 1) // rows, (width + columns - 1) // columns
    whole = mosaic.index_select(2, _completed(height, down, rows, mosaic.device))
    whole = whole.index_select(3, _completed(width, across, columns, mosaic.device))
    cells = whole.reshape(batch, down, rows, across, columns)
    return cells.permute(0, 2, 4, 1, 3).reshape(batch, rows * columns, down, across)


def _completed(size: int, cells: int, step: int, device: torch.device) -> Tensor:
    place = torch.arange(cells * step, device=device)
    return torch.where(place < size, place, place - step).clamp(min=0)


def _mirrored(planes: Tensor, dim: int, reach: int) -> Tensor:
    """Continue a dimension by its mirror image, again and again where it is short."""
    size = planes.shape[dim]
    place = torch.arange(size + 2 * reach, device=planes.device) + reach * (2 * size - 1)
    period = torch.full_like(place, 2 * size)
    place = torch.remainder(place, period)
    return planes.index_select(dim, torch.where(place < size, place, 2 * size - 1 - place))


def _filled(planes: Tensor, known: Tensor, reach: int) -> Tensor:
    """Planes whose unknown places take the mean of known ones near them.

    Within 1, else within `reach`, else of the other planes there, else 0: what is out of reach of
    every known place changes none of them.
    """
    values = torch.where(known > 0, planes, 0.0)
    filled, done = values, known
    for radius in (1, reach):
        side = 2 * radius + 1
        share = F.avg_pool2d(known, side, 1, radius)
        mean = F.avg_pool2d(values, side, 1, radius) / torch.where(share > 0, share, 1.0)
        filled = torch.where((done == 0) & (share > 0), mean, filled)
        done = torch.where(share > 0, 1.0, done)
    others = _total(filled * done) / _total(done).clamp(min=1.0)
    return torch.where(done > 0, filled, others)


def _total(planes: Tensor) -> Tensor:
    """Sum over the planes one after another, which torch's own does only for some sizes."""
    total = planes[:, :1]
    for plane in planes.unbind(dim=1)[1:]:
        total = total + plane[:, None]
    return total


def block_sides(cfa: Cfa) -> tuple[int, int]:
    """Sides of the blocks of both steps, periods: 4 and 6 of Bayer, fewer of longer patterns."""
    longest = max(cfa.period)
    return (4, 6) if longest <= 2 else (2, 3) if longest <= 4 else (2, 2)


# Both are plain numbers made of plain numbers, which an exporter takes as constants.
def cosines(side: int) -> list[list[float]]:
    """Orthonormal DCT-II, rows by rising frequency.

    >>> [[round(value, 3) for value in row] for row in cosines(2)]
    [[0.707, 0.707], [0.707, -0.707]]
    """
    return [
        [
            math.sqrt((2 if down else 1) / side) * math.cos(math.pi * (2 * x + 1) * down / 2 / side)
            for x in range(side)
        ]
        for down in range(side)
    ]


def site_basis(cfa: Cfa) -> list[list[float]]:
    """Orthonormal sums and differences of a period's sites, a row each.

    First the sum of all; then first colour less last, and so on between colours; then what
    photosites of one colour differ by (Gram-Schmidt). Noise of 1 stays 1.

    >>> [round(value, 3) for value in site_basis(Cfa.RGGB)[1]]
    [0.707, 0.0, 0.0, -0.707]
    """
    sites = [channel for row in cfa.pattern for channel in row]
    means = [[(site == c) / sites.count(c) for site in sites] for c in cfa.channels]
    wanted = [[1.0] * len(sites)]
    wanted += [[a - b for a, b in zip(mean, means[-1], strict=True)] for mean in means[:-1]]
    wanted += [[float(i == j) for j in range(len(sites))] for i in range(len(sites))]
    basis: list[list[float]] = []
    for vector in wanted:
        for row in basis:
            along = sum(a * b for a, b in zip(vector, row, strict=True))
            vector = [a - along * b for a, b in zip(vector, row, strict=True)]
        length = math.sqrt(sum(a * a for a in vector))
        if length > 1e-6:
            basis.append([a / length for a in vector])
    return basis


class Denoise(Stage):
    """`denoise_mosaic` by the noise of the frame's profile.

    strength: factor on the noise's deviation, above 0 and at most 4.
    noise: slope and offset of var = slope x + offset (a DNG's NoiseProfile) in place of the
        profile's.

    Every value rests on measured photosites only, so the masks stay. Comes after the defects and
    before white balance, for the noise is the sensor's own.

    Raises UsageError for settings that make no sense; FrameError or ProfileError when nothing is
    known of the noise.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def __init__(
        self, cfa: Cfa, strength: float = 1.0, noise: tuple[float, float] | None = None
    ) -> None:
        super().__init__()
        if not 0 < strength <= 4:
            raise UsageError(f"strength is above 0 and at most 4, not {strength}")
        check_noise(noise)
        self.cfa, self.strength, self.noise = cfa, strength, noise
        self.halo = (2 * (sum(block_sides(cfa)) - 2) + 1) * max(cfa.period) - 1

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        noise = noise_of(frame, self.noise)
        table, ends = inverse_table((noise[:, 0].sqrt() / noise[:, 1]).square())
        return frame.data, frame.measured.float(), noise, table, ends

    def forward(
        self,
        mosaic: Float[Tensor, "b 1 h w"],
        measured: Float[Tensor, "b 1 h w"],
        noise: Float[Tensor, "b 3"],
        table: Float[Tensor, "b n"],
        ends: Float[Tensor, "b 2"],
    ) -> Float[Tensor, "b 1 h w"]:
        return denoise_mosaic(mosaic, measured, noise, table, ends, self.cfa, self.strength)

    def develop(self, frame: Frame) -> Frame:
        """Run the stage; a large frame by tiles, the same bits in half the time.

        What it holds at once is 20 pictures, which of a tile stay in the processor's caches.
        """
        if frame.window is not None or max(frame.size) <= TILE:
            return super().develop(frame)
        return TiledRun([(self.name, self)], TILE).develop(frame)

    def settings(self) -> dict[str, Any]:
        return {"strength": self.strength}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"noise": inputs[2].tolist()}
