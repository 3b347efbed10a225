"""The fixed pattern of a camera body: everything that is the same in each of its frames."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from simulate.effects.dark_signal import dark_spread
from simulate.effects.dead_pixels import alive
from simulate.effects.dsnu import dsnu
from simulate.effects.fixed_lines import column_gain, column_offset, row_offset
from simulate.effects.full_well import well_map
from simulate.effects.hot_pixels import hot_current
from simulate.effects.prnu import prnu_gain
from simulate.effects.rts import rts_sites


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedPattern:
    """Maps of one body over one region of its sensor; None where the profile has no such effect.

    size: height and width. gain: PRNU and dead pixels, factor on the rate.
    dark_e_per_s: dark current at the profile's dark_current_temperature_c.
    wells: capacities, e-. offset_e: DSNU, row and column offsets.
    column_gain: of the columns' amplifiers. rts: rows and columns of the switching photosites.
    """

    size: tuple[int, int]
    gain: Float[Tensor, "1 1 h w"] | None
    dark_e_per_s: Float[Tensor, "1 1 h w"] | None
    wells: Float[Tensor, "1 1 h w"] | None
    offset_e: Float[Tensor, "1 1 h w"] | None
    column_gain: Float[Tensor, "1 1 1 w"] | None
    rts: tuple[Int[Tensor, "n"], Int[Tensor, "n"]] | None

    @staticmethod
    def of(
        profile: SensorProfile,
        body: int,
        origin: tuple[int, int],
        size: tuple[int, int],
        device: torch.device,
    ) -> "FixedPattern":
        """Draw the maps of a body; a tile's maps are the crop of the sensor's.

        origin: sensor row and column of the first photosite; size: height and width.
        """
        maps = _Body(profile, body, origin, device)
        return FixedPattern(
            size=size,
            gain=maps.gain(*size),
            dark_e_per_s=maps.dark_e_per_s(*size),
            wells=maps.wells(*size),
            offset_e=maps.offset_e(*size),
            column_gain=maps.column_gain(size[1]),
            rts=maps.rts(*size),
        )


class _Body:
    """Fixed draws of one body over one region, effect by effect."""

    def __init__(
        self, profile: SensorProfile, body: int, origin: tuple[int, int], device: torch.device
    ) -> None:
        self.profile, self.body, self.origin, self.device = profile, body, origin, device

    def draws(self, effect: Effect) -> Draws:
        return Draws.fixed(self.body, effect, self.profile.name, self.origin)

    def gain(self, height: int, width: int) -> Tensor | None:
        profile, gain = self.profile, None
        if profile.prnu_percent > 0:
            gain = prnu_gain(
                profile.prnu_percent, profile.prnu_column_share, height, width,
                self.draws(Effect.PRNU), self.draws(Effect.PRNU_COLUMN), self.device,
            )  # fmt: skip
        if profile.dead_pixel_fraction > 0:
            draws = self.draws(Effect.DEAD_PIXEL)
            lives = alive(profile.dead_pixel_fraction, height, width, draws, self.device)
            gain = lives if gain is None else gain * lives
        return gain

    def dark_e_per_s(self, height: int, width: int) -> Tensor | None:
        profile, dark = self.profile, None
        if profile.dark_current_nonuniformity > 0:
            draws = self.draws(Effect.DARK_NONUNIFORMITY)
            spread = dark_spread(
                profile.dark_current_nonuniformity, height, width, draws, self.device
            )
            dark = profile.dark_current_e_per_s * spread
        if profile.hot_pixel_fraction > 0:
            hot = hot_current(
                profile.hot_pixel_fraction, profile.hot_pixel_dark_current_e_per_s,
                profile.hot_pixel_log_spread, height, width, self.draws(Effect.HOT_PIXEL),
                self.device,
            )  # fmt: skip
            dark = hot + (profile.dark_current_e_per_s if dark is None else dark)
        return None if dark is None else dark.float()

    def wells(self, height: int, width: int) -> Tensor | None:
        profile = self.profile
        if profile.full_well_spread_percent == 0 or profile.full_well_e is None:
            return None
        return well_map(
            profile.full_well_e, profile.full_well_spread_percent, height, width,
            self.draws(Effect.FULL_WELL), self.device,
        ).float()  # fmt: skip

    def offset_e(self, height: int, width: int) -> Tensor | None:
        profile, offset = self.profile, torch.zeros((), dtype=torch.float64, device=self.device)
        if profile.dsnu_e > 0:
            offset = dsnu(
                profile.dsnu_e, profile.dsnu_column_share, height, width,
                self.draws(Effect.DSNU), self.draws(Effect.DSNU_COLUMN), self.device,
            )  # fmt: skip
        if profile.column_fpn_e > 0:
            draws = self.draws(Effect.COLUMN_OFFSET)
            offset = offset + column_offset(profile.column_fpn_e, width, draws, self.device)
        if profile.row_fpn_e > 0:
            draws = self.draws(Effect.ROW_OFFSET)
            offset = offset + row_offset(profile.row_fpn_e, height, draws, self.device)
        return None if offset.ndim == 0 else offset.float().expand(1, 1, height, width)

    def column_gain(self, width: int) -> Tensor | None:
        if self.profile.column_gain_percent == 0:
            return None
        draws = self.draws(Effect.COLUMN_GAIN)
        return column_gain(self.profile.column_gain_percent, width, draws, self.device).float()

    def rts(self, height: int, width: int) -> tuple[Tensor, Tensor] | None:
        if self.profile.rts_fraction == 0:
            return None
        draws = self.draws(Effect.RTS_SITE)
        return rts_sites(self.profile.rts_fraction, height, width, draws, self.device)
