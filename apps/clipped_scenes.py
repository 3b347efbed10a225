"""HDR scenes as a clipping camera sees them, without noise, beside what the light was."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import raw_masks
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.exposure import mosaic_of, rgb_to_relative_electrons

BLACK_DN, WHITE_DN = 256.0, 16383.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClippedScene:
    """A RAW frame, and the balanced mosaic that no well would have clipped.

    gains: that make the light neutral, R, G, B. lost: colours of each period that clipped, 0 to
    3, at every photosite.
    """

    raw: Frame
    truth: Tensor
    gains: tuple[float, float, float]
    lost: Tensor


def camera() -> SensorProfile:
    """A 14-bit camera without gain or noise, with the colours of the built-in phone."""
    return load_profile("GenericPhone").with_fields(
        bit_depth=14, black_level_dn=(BLACK_DN,) * 4, white_level_dn=WHITE_DN, full_well_e=None,
        readings=(),
    )  # fmt: skip


def clipped_scene(scene: Frame, clipped_percent: float, illuminant: str = "D65") -> ClippedScene:
    """Photograph an RGB scene so that a share of its pixels clips in some colour."""
    profile, cfa = camera(), Cfa.RGGB
    colour = scene.colour or Colour()
    to_camera, neutral = rgb_to_relative_electrons(profile, colour, illuminant)
    light = torch.einsum("ij,bjhw->bihw", torch.from_numpy(to_camera).float(), scene.data)
    light = light.clamp(min=0)
    white = np.quantile(light.amax(dim=1).numpy(), 1 - clipped_percent / 100)
    mosaic = mosaic_of(light / float(white), cfa)
    red, green, blue = (float(v) for v in neutral)
    gains = (green / red, 1.0, green / blue)
    dn = torch.round(BLACK_DN + (WHITE_DN - BLACK_DN) * mosaic).clamp(max=WHITE_DN)
    measured, clipped = raw_masks(dn, profile, None)
    raw = Frame.start(
        dn, Domain.RAW, shot=Shot.single(white_balance=gains), profile=profile,
        measured=measured, clipped=clipped,
    )  # fmt: skip
    height, width = dn.shape[-2:]
    sites = cfa.pack(clipped.float())
    colours = torch.stack([sites[:, 0], sites[:, 1:3].amax(dim=1), sites[:, 3]], dim=1)
    count = colours.sum(dim=1, keepdim=True).expand(-1, 4, -1, -1)
    truth = mosaic * cfa.spread(torch.tensor([gains]), height, width)
    return ClippedScene(
        raw=raw, truth=truth, gains=gains, lost=cfa.unpack(count, height, width).round()
    )
