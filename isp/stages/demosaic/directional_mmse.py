"""Demosaicing of any pattern by linear estimates of least error, weighted by direction."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.errors import ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage
from isp.stages.demosaic.mmse_kernels import PictureModel, kernels
from isp.stages.demosaic.neighbours import box, chosen, horizontal, touched, vertical
from isp.stages.demosaic.noise_toe import noise_toe
from isp.stages.demosaic.root_domain import TOE, Toe, from_root, to_root

# Chosen on photographs that docs/demosaic.md does not rank by.
LIGHTNESS_LENGTH, COLOUR_LENGTH, COLOUR_VARIANCE = 50.0, 10.0, 0.15
STRETCH = 4.0
RADIUS = 4  # of the filters
WINDOW = 2  # radius of the square over which the change of colour is added up
FLAT = 1e-6  # a change below it is none


def demosaic_directional_mmse(
    mosaic: Float[Tensor, "b 1 h w"], cfa: Cfa, stretch: float = STRETCH, toe: Toe | None = TOE
) -> Float[Tensor, "b 3 h w"]:
    """Estimate all colours twice, as if edges lay along rows and along columns, and weigh the two.

    Each estimate is the best linear one under a model of pictures whose lightness reaches
    `stretch` times further along the edge than across it (`mmse_kernels`); its weight is the
    inverse fourth power of how much red - green and blue - green change along the edge.
    stretch = 1 leaves one linear filter. The method is ours.

    mosaic: linear and white-balanced, any size and any pattern of R, G and B. Not clipped.
    toe: see `to_root`; None leaves the light linear.

    Raises ProfileError for a pattern with other channels, UsageError for a stretch below 1.
    """
    filters = direction_filters(cfa, stretch).to(mosaic.device, mosaic.dtype)
    return estimated(mosaic, cfa, filters, toe)


def direction_filters(cfa: Cfa, stretch: float) -> Tensor:
    """Filters for edges along rows and along columns: (directions, sites, 3, 2r + 1, 2r + 1).

    One direction where stretch is 1.

    Raises ProfileError, UsageError.
    """
    if cfa.channels != ("R", "G", "B"):
        raise ProfileError(
            f"directional_mmse is made for patterns of R, G, B, but {cfa.name} has {cfa.channels}; "
            "use bilinear for a monochrome sensor"
        )
    if not stretch >= 1:
        raise UsageError(f"stretch is how much longer than wide edges are, at least 1: {stretch}")
    longer, shorter = LIGHTNESS_LENGTH * stretch**0.5, LIGHTNESS_LENGTH / stretch**0.5
    lengths = [(shorter, longer), (longer, shorter)] if stretch > 1 else [(longer, shorter)]
    models = [
        PictureModel(
            lightness_lengths=pair, colour_length=COLOUR_LENGTH, colour_variance=COLOUR_VARIANCE
        )
        for pair in lengths
    ]
    return torch.from_numpy(np.stack([kernels(cfa, RADIUS, model) for model in models]))


def estimated(mosaic: Tensor, cfa: Cfa, filters: Tensor, toe: Toe | None) -> Tensor:
    """R, G and B of a mosaic by filters that `direction_filters` made."""
    height, width = mosaic.shape[-2:]
    margin = 0 if len(filters) == 1 else WINDOW + 1
    padded = _padded(mosaic, cfa, RADIUS + margin)
    plane = padded if toe is None else to_root(padded, toe)
    filters = _turned(filters, cfa, margin)
    size = height + 2 * margin, width + 2 * margin
    picture = _weighed([filter_sites(plane, cfa.period, one, size) for one in filters])
    picture = picture[..., margin : margin + height, margin : margin + width]
    if toe is not None:
        picture = from_root(picture, toe)
    own = cfa.spread(torch.eye(3, device=mosaic.device), height, width).transpose(0, 1) > 0
    # A photosite keeps its own value, to the last bit.
    return torch.where(own, mosaic, picture)


def _padded(mosaic: Tensor, cfa: Cfa, reach: int) -> Tensor:
    """Continued beyond the border, to the end of a period that begins inside."""
    rows, columns = cfa.period
    pad = (reach, reach + columns - 1, reach, reach + rows - 1)
    return reflect_whole_periods(mosaic, cfa.period, pad)


def _weighed(estimates: list[Tensor]) -> Tensor:
    """The mean of the estimates, each as its colour changes little along its own direction."""
    if len(estimates) == 1:
        return estimates[0]
    weights = []
    for estimate, along in zip(estimates, (horizontal, vertical), strict=True):
        colour = estimate[:, ::2] - estimate[:, 1:2]  # (b, 2, h, w)
        change = along(colour, {1: 1.0, -1: -1.0}).abs().sum(dim=1, keepdim=True)
        weights.append(1 / (box(change, WINDOW) + FLAT).square().square())
    total = weights[0] * estimates[0] + weights[1] * estimates[1]
    return total / (weights[0] + weights[1])


def filter_sites(
    padded: Tensor, period: tuple[int, int], filters: Tensor, size: tuple[int, int]
) -> Tensor:
    """Filter each site of the pattern's period (row by row) with filters of its own.

    padded: (b, 1, ., .) begins half a filter before the first site and ends a period late.
    filters: (sites, c, k, k). Returns (b, c, *size).
    """
    rows, columns = period
    channels, side = filters.shape[1], filters.shape[2]
    # One window a period holds all its sites, each filter at its site's place.
    window = filters.new_zeros(rows * columns, channels, side + rows - 1, side + columns - 1)
    for site in range(rows * columns):
        y, x = site // columns, site % columns
        window[site, :, y : y + side, x : x + side] = filters[site]
    window = window.reshape(-1, 1, side + rows - 1, side + columns - 1)
    found = F.conv2d(padded, window, stride=(rows, columns))
    batch, _, down, right = found.shape
    found = found.reshape(batch, rows, columns, channels, down, right).permute(0, 3, 4, 1, 5, 2)
    whole = found.reshape(batch, channels, down * rows, right * columns)
    return whole[..., : size[0], : size[1]]


def _turned(filters: Tensor, cfa: Cfa, margin: int) -> Tensor:
    """The filters in the order of the sites of a mosaic that starts `margin` before."""
    rows, columns = cfa.period
    grid = filters.reshape(
        -1, rows, columns, *filters.shape[2:]
    )  # (directions, rows, columns, c, k, k)
    return grid.roll((margin, margin), dims=(1, 2)).flatten(1, 2)


class DirectionalMmseDemosaic(Stage):
    """`demosaic_directional_mmse`; a value is measured when every photosite it rests on was.

    toe: the least one; a noisy frame takes a larger one, see `noise_toe`. None: linear light.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.CAMERA
    filters: Tensor

    def __init__(self, cfa: Cfa, stretch: float = STRETCH, toe: float | None = TOE) -> None:
        super().__init__()
        if toe is not None and not toe > 0:
            raise UsageError(f"toe is above 0 in parts of sensor white, or none, not {toe}")
        self.cfa = cfa
        self.stretch = stretch
        self.toe = toe
        self.register_buffer("filters", direction_filters(cfa, stretch).float(), persistent=False)
        self.halo = self.mask_support = reach(stretch)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return (frame.data,) if self.toe is None else (frame.data, noise_toe(frame, self.toe))

    def forward(
        self, mosaic: Float[Tensor, "b 1 h w"], toe: Float[Tensor, "b"] | None = None
    ) -> Float[Tensor, "b 3 h w"]:
        filters = self.filters.to(mosaic.dtype)
        return estimated(mosaic, self.cfa, filters, self.toe if toe is None else toe)

    def settings(self) -> dict[str, Any]:
        return {"stretch": self.stretch, "toe": self.toe}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"toe_used": inputs[1].tolist()} if len(inputs) > 1 else {}

    def spoilt(self, mask: Tensor) -> Tensor:
        return spoilt_colours(mask, self.cfa, self.stretch)


def reach(stretch: float) -> int:
    """How far a photosite reaches in the picture."""
    return RADIUS if stretch == 1 else RADIUS + WINDOW + 1


def spoilt_colours(mask: Tensor, cfa: Cfa, stretch: float) -> Tensor:
    """Which red, green and blue can rest on a photosite of the mask: (b, 3, h, w)."""
    height, width = mask.shape[-2:]
    margin = reach(stretch)
    padded = _padded(mask.float(), cfa, margin) > 0
    far, near = range(-margin, margin + 1), range(-RADIUS - WINDOW, RADIUS + WINDOW + 1)
    if stretch == 1:
        spread = touched(vertical, touched(horizontal, padded, far), far)
    else:
        spread = touched(vertical, touched(horizontal, padded, far), near)
        spread = spread | touched(vertical, touched(horizontal, padded, near), far)
    spread = spread[..., margin : margin + height, margin : margin + width]
    own = cfa.spread(torch.eye(3, device=mask.device), height, width).transpose(0, 1) > 0
    return chosen(own, mask, spread)
