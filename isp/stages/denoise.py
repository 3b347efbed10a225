"""Raw denoising: the sensor's own noise made even, sliding cosine transforms, thresholds."""

from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from isp.core.anscombe import destabilise, inverse_table, stabilise
from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import check_noise, noise_of
from isp.core.stage import Stage

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

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
    strength: factor on the threshold.
    The mosaic becomes electrons, their noise 1 everywhere (generalised Anscombe), the planes of
    the pattern's sites sums and differences, and each of these loses, in every block of 8 x 8,
    the cosines below the threshold; a pixel is the mean over the 64 blocks that hold it, a block
    of few cosines weighing more. The mean of a block is always kept, so that the exact unbiased
    inverse keeps the mean of the light.

    Source: Makitalo, Foi 2013 (transform and inverse); Yu, Sapiro, IPOL 1, 2011 (sliding DCT);
    weights of Dabov et al., IEEE TIP 16(8), 2007, equation 10.
    """
    offset, slope, _ = (c.reshape(-1, 1, 1, 1) for c in noise.unbind(dim=1))
    variance_e2 = offset / (slope * slope)
    even = stabilise(mosaic / slope, variance_e2)
    side = block_side(cfa)
    planes, known = _packed(even, cfa), _packed(measured, cfa)
    basis = mosaic.new_tensor(site_basis(cfa).tolist())
    mixed = torch.einsum("ij,bjhw->bihw", basis, _filled(planes, known, side - 1))
    thinned = shrink_cosines(mixed, side, THRESHOLD * strength)
    back = torch.einsum("ij,bihw->bjhw", basis, thinned)
    quiet = cfa.unpack(back, mosaic.shape[-2], mosaic.shape[-1])
    electrons = destabilise(quiet, variance_e2, table, ends)
    return torch.where(measured > 0, electrons * slope, mosaic)


def shrink_cosines(
    planes: Float[Tensor, "b s h w"], side: int, threshold: float
) -> Float[Tensor, "b s h w"]:
    """Set the small cosines of all blocks of side x side to 0 and put the blocks together again."""
    batch, sites, height, width = planes.shape
    reach = side - 1
    padded = _mirrored(_mirrored(planes, 2, reach), 3, reach)
    padded = padded.reshape(batch * sites, 1, height + 2 * reach, width + 2 * reach)
    waves = planes.new_tensor(cosines(side).tolist())  # (frequency, place)
    across = waves.reshape(side, 1, 1, side)

    def kept(down: int) -> Tensor:
        column = F.conv2d(padded, waves[down].reshape(1, 1, side, 1))
        coefficients = F.conv2d(column, across)  # (b s, side, h + reach, w + reach)
        large = coefficients.abs() > threshold
        if down == 0:
            large = torch.cat([torch.ones_like(large[:, :1]), large[:, 1:]], dim=1)
        return torch.where(large, coefficients, 0.0)

    number = sum((kept(d) != 0).to(planes.dtype).sum(dim=1, keepdim=True) for d in range(side))
    weight = 1 / torch.clamp(torch.as_tensor(number), min=1.0)
    total = torch.zeros_like(padded[..., reach : reach + height, reach : reach + width])
    for down in range(side):
        row = F.conv2d(kept(down) * weight, across.flip(3).transpose(0, 1))
        total = total + F.conv2d(row, waves[down].flip(0).reshape(1, 1, side, 1))
    weights = F.avg_pool2d(weight, side, stride=1) * side**2
    return (total / weights).reshape(batch, sites, height, width)


def _packed(mosaic: Tensor, cfa: Cfa) -> Tensor:
    """`Cfa.pack` by one rule for every size, so that it exports for every size."""
    rows, columns = cfa.period
    down = (mosaic.shape[-2] + rows - 1) // rows * rows
    right = (mosaic.shape[-1] + columns - 1) // columns * columns
    whole = reflect_whole_periods(mosaic, cfa.period, (0, columns, 0, rows))
    return cfa.pack(whole[..., :down, :right])


def _mirrored(planes: Tensor, dim: int, reach: int) -> Tensor:
    """Continue a dimension by its mirror image, again and again where it is short."""
    size = planes.shape[dim]
    period = max(2 * (size - 1), 1)
    place = (torch.arange(-reach, size + reach, device=planes.device) + reach * period) % period
    return planes.index_select(dim, torch.where(place < size, place, period - place))


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
    others = (filled * done).sum(1, keepdim=True) / done.sum(1, keepdim=True).clamp(min=1.0)
    return torch.where(done > 0, filled, others)


def block_side(cfa: Cfa) -> int:
    """Side of the blocks in periods: 8 of Bayer and of one colour, 4 of 4 x 4, 2 of X-Trans."""
    return max(2, min(8, 16 // max(cfa.period)))


@cache
def cosines(side: int) -> Matrix:
    """Orthonormal DCT-II, rows by rising frequency.

    >>> cosines(2).round(3).tolist()
    [[0.707, 0.707], [0.707, -0.707]]
    """
    place = (2 * np.arange(side) + 1) * np.pi / (2 * side)
    waves = np.cos(np.arange(side)[:, None] * place) * np.sqrt(2 / side)
    waves[0] /= np.sqrt(2)
    return waves


@cache
def site_basis(cfa: Cfa) -> Matrix:
    """Orthonormal sums and differences of a period's sites, a row each.

    First the sum of all; then first colour less last, and so on between colours; then what
    photosites of one colour differ by. Noise of 1 stays 1.

    >>> site_basis(Cfa.RGGB).round(3).tolist()[1]
    [0.707, 0.0, 0.0, -0.707]
    """
    colours = cfa.sites().flatten().numpy()
    means = np.stack([colours == c for c in range(len(cfa.channels))]).astype(np.float64)
    means /= means.sum(axis=1, keepdims=True)
    wanted = np.vstack([np.ones(len(colours)), means[:-1] - means[-1], np.eye(len(colours))])
    rows: list[Vector] = []
    for vector in wanted:
        for row in rows:
            vector = vector - (vector @ row) * row
        if np.linalg.norm(vector) > 1e-9:
            rows.append(vector / np.linalg.norm(vector))
    return np.stack(rows)


class Denoise(Stage):
    """`denoise_mosaic` by the noise of the frame's profile.

    strength: factor on the threshold, above 0; 1 removes what noise alone would make.
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
        self.halo = 2 * (block_side(cfa) - 1) * max(cfa.period) + max(cfa.period) - 1

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        noise = noise_of(frame, self.noise)
        table, ends = inverse_table(noise[:, 0] / noise[:, 1] ** 2)
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

    def settings(self) -> dict[str, Any]:
        return {"strength": self.strength}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"noise": inputs[2].tolist()}
