"""Quad-Bayer to full-size Bayer: estimate the colour that a Bayer filter would have seen."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.stage import Stage
from isp.stages.demosaic.directional_mmse import (
    STRETCH,
    demosaic_directional_mmse,
    direction_filters,
    estimated,
    reach,
    spoilt_colours,
)
from isp.stages.demosaic.noise_toe import noise_toe
from isp.stages.demosaic.quad_binning import as_bayer, binned_cfa
from isp.stages.demosaic.root_domain import TOE


def remosaic_quad_bayer(mosaic: Float[Tensor, "b 1 h w"], cfa: Cfa) -> Float[Tensor, "b 1 h w"]:
    """A Bayer mosaic (`binned_cfa`) of the same size from a Quad-Bayer one.

    Each photosite whose colour is already that of the Bayer pattern keeps its value (6 of 16), the
    others take `demosaic_directional_mmse`'s estimate.

    Raises ProfileError for another pattern.
    """
    return _at_bayer_sites(demosaic_directional_mmse(mosaic, cfa), cfa)


def _at_bayer_sites(colours: Tensor, cfa: Cfa) -> Tensor:
    return colours.gather(1, _wanted(colours, binned_cfa(cfa)))


def _wanted(mosaic: Tensor, bayer: Cfa) -> Tensor:
    height, width = mosaic.shape[-2:]
    colours = bayer.colour_map(height, width, mosaic.device)
    return colours.expand(mosaic.shape[0], 1, -1, -1)


class QuadRemosaic(Stage):
    """`remosaic_quad_bayer`; stages after it are made for `cfa_out`, and the profile follows.

    A mosaic that is Bayer already stays as it is, so one recipe serves both read-outs.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    filters: Tensor

    def __init__(self, cfa: Cfa) -> None:
        super().__init__()
        self.cfa = cfa
        self.cfa_out = cfa if cfa.is_bayer else binned_cfa(cfa)
        self.halo = self.mask_support = 0 if cfa.is_bayer else reach(STRETCH)
        if not cfa.is_bayer:
            # Made here: a graph cannot hold the least-squares fit that they come from.
            filters = direction_filters(cfa, STRETCH).float()
            self.register_buffer("filters", filters, persistent=False)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return (frame.data,) if self.cfa.is_bayer else (frame.data, noise_toe(frame, TOE))

    def forward(
        self, mosaic: Float[Tensor, "b 1 h w"], toe: Float[Tensor, "b"] | None = None
    ) -> Float[Tensor, "b 1 h w"]:
        if self.cfa.is_bayer:
            return mosaic.clone()
        filters = self.filters.to(mosaic.dtype)
        return _at_bayer_sites(
            estimated(mosaic, self.cfa, filters, TOE if toe is None else toe), self.cfa
        )

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        if frame.profile is None or self.cfa.is_bayer:
            return {}
        return {"profile": as_bayer(frame.profile)}

    def settings(self) -> dict[str, Any]:
        return {"cfa": self.cfa_out.name}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"toe_used": inputs[1].tolist()} if len(inputs) > 1 else {}

    def spoilt(self, mask: Tensor) -> Tensor:
        if self.cfa.is_bayer:
            return mask
        spread = spoilt_colours(mask, self.cfa, STRETCH)
        return spread.gather(1, _wanted(mask, self.cfa_out))
