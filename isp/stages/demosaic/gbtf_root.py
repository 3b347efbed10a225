"""Demosaicing by weighted directional colour differences under a square root."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage
from isp.stages.demosaic.bayer_sites import Sites, bayer_sites, need_bayer, spread_by_footprint
from isp.stages.demosaic.neighbours import Taps, chosen, horizontal, touched, vertical
from isp.stages.demosaic.noise_toe import noise_toe
from isp.stages.demosaic.root_domain import TOE, Toe, from_root, to_root

# Hamilton and Adams' interpolation of the missing colour along a line.
OTHER = {-2: -0.25, -1: 0.5, 0: 0.5, 1: 0.5, 2: -0.25}
ARM = 2  # how far differences and their changes are added up in each of the four directions
HALO = 9
FLAT = 1e-3  # a change below it is none; float32's rounding, far below it, decides nothing
Directions = tuple[Tensor, Tensor, Tensor, Tensor]  # up, down, left, right


def demosaic_gbtf_root(
    mosaic: Float[Tensor, "b 1 h w"], cfa: Cfa, toe: Toe | None = TOE
) -> Float[Tensor, "b 3 h w"]:
    """Average green minus red or blue over four directions, each as it changes little there.

    The paper's method with three changes of ours: it runs on the square root of the light, the
    directions are summed over 2 photosites (the paper: 4) and 3 lines (5), and red and blue at
    green photosites take the same weights (the paper: equal ones). What the first is worth stands
    in docs/demosaic.md.

    mosaic: linear and white-balanced, any size; borders are mirrored without breaking the pattern.
    Values may overshoot and are not clipped. toe: see `to_root`; None leaves the light linear.

    Raises ProfileError for a pattern that is not one of the four Bayer phases.

    Source: Pekkucuksen, Altunbasak, "Gradient based threshold free color filter array
    interpolation", ICIP 2010.
    """
    need_bayer(cfa, "gbtf_root")
    height, width = mosaic.shape[-2:]
    padded = reflect_whole_periods(mosaic, cfa.period, (HALO,) * 4)
    sites = bayer_sites(cfa.crop(-HALO, -HALO), padded)
    plane = padded if toe is None else to_root(padded, toe)
    picture = _interpolated(plane, sites)
    if toe is not None:
        picture = from_root(picture, toe)
    own = torch.cat([sites.red, sites.green, sites.blue], dim=1)
    # A photosite keeps its own value, to the last bit.
    picture = torch.where(own, padded, picture)
    return picture[..., HALO : HALO + height, HALO : HALO + width]


def _interpolated(plane: Tensor, sites: Sites) -> Tensor:
    sign = torch.where(sites.green, 1.0, -1.0).to(plane.dtype)
    across = sign * (plane - horizontal(plane, OTHER))  # green minus the row's other colour
    down = sign * (plane - vertical(plane, OTHER))
    weights = _weights(across, down)
    difference = _mean(weights, _arms(down, across)) / (ARM + 1)
    green = torch.where(sites.green, plane, plane + difference)
    diagonal = _diagonal(difference)
    colours = []
    for own in (sites.red, sites.blue):
        apart = torch.where(own, difference, diagonal)  # at red and blue photosites
        beside = [along(apart, {k: 1.0}) for along in (vertical, horizontal) for k in (-1, 1)]
        at_green = _mean(weights, (beside[0], beside[1], beside[2], beside[3]))
        colours.append(green - torch.where(sites.green, at_green, apart))
    return torch.cat([colours[0], green, colours[1]], dim=1)


def _weights(across: Tensor, down: Tensor) -> Directions:
    """Inverse squares of how much the differences change, up, down, left and right."""
    step: Taps = {1: 1.0, -1: -1.0}
    over_lines: Taps = dict.fromkeys((-1, 0, 1), 1.0)
    vertical_change = horizontal(vertical(down, step).abs(), over_lines)
    horizontal_change = vertical(horizontal(across, step).abs(), over_lines)
    up, below, left, right = (
        1 / change.clamp(min=FLAT).square() for change in _arms(vertical_change, horizontal_change)
    )
    return up, below, left, right


def _arms(column: Tensor, row: Tensor) -> Directions:
    """Sums over an arm up and down of the first plane, left and right of the second."""
    backwards: Taps = dict.fromkeys(range(-ARM, 1), 1.0)
    up, left = vertical(column, backwards), horizontal(row, backwards)
    return up, vertical(up, {ARM: 1.0}), left, horizontal(left, {ARM: 1.0})


def _mean(weights: Directions, values: Directions) -> Tensor:
    total = weights[0] + weights[1] + weights[2] + weights[3]
    up, below, left, right = (w * v for w, v in zip(weights, values, strict=True))
    return (up + below + left + right) / total


def _diagonal(difference: Tensor) -> Tensor:
    """The opposite colour's difference from twelve diagonal neighbours."""
    near = vertical(horizontal(difference, {-1: 1.0, 1: 1.0}), {-1: 1.0, 1: 1.0})
    wide = vertical(horizontal(difference, {-3: 1.0, 3: 1.0}), {-1: 1.0, 1: 1.0})
    tall = vertical(horizontal(difference, {-1: 1.0, 1: 1.0}), {-3: 1.0, 3: 1.0})
    return (10 * near - wide - tall) / 32


class GbtfRootDemosaic(Stage):
    """`demosaic_gbtf_root`; a value is measured when every photosite it can rest on was.

    toe: the least one; a noisy frame takes a larger one, see `noise_toe`. None: linear light.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.CAMERA
    halo = HALO
    mask_support = HALO

    def __init__(self, cfa: Cfa, toe: float | None = TOE) -> None:
        super().__init__()
        need_bayer(cfa, "gbtf_root")
        if toe is not None and not toe > 0:
            raise UsageError(f"toe is above 0 in parts of sensor white, or none, not {toe}")
        self.cfa = cfa
        self.toe = toe

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return (frame.data,) if self.toe is None else (frame.data, noise_toe(frame, self.toe))

    def forward(
        self, mosaic: Float[Tensor, "b 1 h w"], toe: Float[Tensor, "b"] | None = None
    ) -> Float[Tensor, "b 3 h w"]:
        return demosaic_gbtf_root(mosaic, self.cfa, self.toe if toe is None else toe)

    def settings(self) -> dict[str, Any]:
        return {"toe": self.toe}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"toe_used": inputs[1].tolist()} if len(inputs) > 1 else {}

    def spoilt(self, mask: Tensor) -> Tensor:
        return spread_by_footprint(mask, self.cfa, HALO, _spoilt)


def _spoilt(mask: Tensor, sites: Sites) -> Tensor:
    """Which red, green and blue can rest on a photosite of the mask: the steps above, as sets."""
    reach = ARM + 1 + 2  # an arm, the step at its end, the filter of the difference
    far, near = range(-reach, reach + 1), (-1, 0, 1)
    decided = touched(vertical, touched(horizontal, mask, far), near)
    decided = decided | touched(vertical, touched(horizontal, mask, near), far)
    green = chosen(sites.green, mask, decided)
    diagonal = touched(vertical, touched(horizontal, decided, {-3, -1, 1, 3}), {-1, 1})
    diagonal = diagonal | touched(vertical, touched(horizontal, decided, {-1, 1}), {-3, 3})
    colours = []
    for own in (sites.red, sites.blue):
        apart = chosen(own, decided, diagonal)
        beside = touched(vertical, apart, {-1, 1}) | touched(horizontal, apart, {-1, 1})
        rests = chosen(sites.green, decided | beside, green | apart)
        colours.append(chosen(own, mask, rests))
    return torch.cat([colours[0], green, colours[1]], dim=1)
