"""Lens shading: the light that the lens loses towards the corners, given back by a map of gains."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage

Grid = tuple[tuple[tuple[float, ...], ...], ...]
POINTS = 65  # of the map that stands for a profile's polynomial: its error is under 1e-3 of a gain


def correct_shading(
    mosaic: Float[Tensor, "b 1 h w"],
    grid: Float[Tensor, "b p q rows columns"],
    place: Float[Tensor, "b 4"],
) -> Float[Tensor, "b 1 h w"]:
    """Multiply each photosite by its site's gain, bilinear between the points of the map.

    grid: gains of each site (p, q) of the CFA period; its first and last points lie on the first
        and last photosite of the frame. Outside it the edge value holds.
    place: row and column of the mosaic's first photosite in the frame, and the frame's height and
        width, in photosites; a whole frame has 0, 0, h, w.
    Nothing is clipped.
    """
    height, width = mosaic.shape[-2:]
    rows, columns = grid.shape[1:3]
    # (h + p - 1) // p whole periods cover the mosaic; what is too much is cut off at the end.
    down = _places(height, rows, grid.shape[3], place[:, 0], place[:, 2])
    across = _places(width, columns, grid.shape[4], place[:, 1], place[:, 3])
    lines = _between(grid.transpose(3, 4), down, 1)  # (b, p, q, columns of the map, k)
    gains = _between(lines.movedim(3, 4), across, 2)  # (b, p, q, k, l)
    p, q, k, m = gains.shape[1:]
    laid = gains.permute(0, 3, 1, 4, 2).reshape(-1, 1, k * p, m * q)
    return mosaic * laid[..., :height, :width]


def _places(size: int, period: int, points: int, first: Tensor, whole: Tensor) -> Tensor:
    """Where each line lies among the points of the map: (b, period, ceil(size / period))."""
    lines = torch.arange((size + period - 1) // period * period, device=first.device)
    step = (points - 1) / (whole - 1).clamp(min=1)
    index = ((lines + first[:, None]) * step[:, None]).clamp(0, points - 1)
    return index.reshape(first.shape[0], -1, period).transpose(1, 2)


def _between(values: Tensor, places: Tensor, site: int) -> Tensor:
    """Values at places along their last dimension, linear between the two beside each.

    values: (b, p, q, n, points). places: (b, p, k) for site 1, (b, q, k) for site 2.
    By single values and not by a matrix product, whose last bit hangs on the picture's size.
    """
    last = values.shape[-1] - 1
    low = places.floor().clamp(max=max(last - 1, 0))
    share = (places - low).unsqueeze(3 - site).unsqueeze(3)
    index = low.long().unsqueeze(3 - site).unsqueeze(3)
    batch, p, q, n, _ = values.shape
    index = index.expand(batch, p, q, n, places.shape[-1])
    left = values.gather(4, index)
    right = values.gather(4, (index + 1).clamp(max=last))
    return left * (1 - share) + right * share


class LensShading(Stage):
    """`correct_shading` with a measured map, or with the reciprocal of the profile's own model.

    grid: gains as planes of rows: one plane for all photosites, one per channel of the CFA (as
        R, G, B), or one per site of its period, row-major. Empty takes the profile's `shading`
        (1 + k1 r^2 + k2 r^4 ... of light per channel), sampled on 65 x 65 points.
    strength: 1 gives all the light back, 0 none; between, gain to that power.
    The map is fitted to the whole frame, so a tile says where in it it lies (`place`).

    Source: DNG 1.7.1, GainMap (bilinear, edge outside); a file's own GainMaps are run by
    `opcodes_mosaic`.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    place_input = 2

    def __init__(self, cfa: Cfa, grid: Grid = (), strength: float = 1.0) -> None:
        super().__init__()
        if not 0 <= strength <= 1:
            raise UsageError(f"strength is 0 to 1, not {strength:g}")
        self.cfa = cfa
        self.strength = strength
        self.grid = grid
        if grid:
            _checked(grid, cfa)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        batch = frame.data.shape[0]
        sites = self._sites(frame) ** self.strength
        return frame.data, sites[None].expand(batch, -1, -1, -1, -1), frame.place

    def forward(
        self,
        mosaic: Float[Tensor, "b 1 h w"],
        grid: Float[Tensor, "b p q rows columns"],
        place: Float[Tensor, "b 4"],
    ) -> Float[Tensor, "b 1 h w"]:
        return correct_shading(mosaic, grid, place)

    def settings(self) -> dict[str, Any]:
        return {"map": "given" if self.grid else "profile", "strength": self.strength}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"largest_gain": float(inputs[1].max())}

    def _sites(self, frame: Frame) -> Float[Tensor, "p q rows columns"]:
        rows, columns = self.cfa.period
        if self.grid:
            planes = frame.data.new_tensor(self.grid)
            if len(self.grid) == 1:
                planes = planes.expand(rows * columns, -1, -1)
            elif len(self.grid) != rows * columns:
                planes = planes[self.cfa.sites(frame.data.device).flatten()]
            return planes.reshape(rows, columns, *planes.shape[1:])
        shading = frame.need_profile().shading
        maps = [_reciprocal(shading.get(c, ()), frame) for c in self.cfa.channels]
        return torch.stack(maps)[self.cfa.sites(frame.data.device)]


def _reciprocal(coefficients: Sequence[float], frame: Frame) -> Tensor:
    """1 / (1 + k1 r^2 + k2 r^4 + ...) on a map over the frame; r = 1 at half its diagonal."""
    height, width = (float(side) for side in frame.place[0, 2:])
    line = torch.linspace(-1, 1, POINTS, dtype=torch.float64, device=frame.data.device)
    down, across = (height - 1) * line[:, None], (width - 1) * line[None, :]
    squared = (down**2 + across**2) / (height**2 + width**2)
    light = torch.ones_like(squared)
    for power, coefficient in enumerate(coefficients, 1):
        light = light + coefficient * squared**power
    return (1 / light).to(frame.data.dtype)


def _checked(grid: Grid, cfa: Cfa) -> None:
    planes, sites = len(grid), cfa.period[0] * cfa.period[1]
    if planes not in (1, len(cfa.channels), sites):
        raise UsageError(
            f"a map of gains has 1 plane, {len(cfa.channels)} (channels of {cfa.name}) or {sites} "
            f"(its sites), not {planes}"
        )
    shapes = {(len(plane), *{len(row) for row in plane}) for plane in grid}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2 or 0 in next(iter(shapes)):
        raise UsageError("the planes of a map of gains are rectangles of one size")
    if not all(0 < gain < 1e6 for plane in grid for row in plane for gain in row):
        raise UsageError("the gains of a map are positive numbers under a million")
