"""What the read-out adds beside each photosite's own noise: offsets, RTS, rows and columns."""

import torch
from torch import Tensor

from isp.core.readings import SensorNoise
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.effects.banding import banding
from simulate.effects.column_noise import column_noise
from simulate.effects.row_noise import row_noise
from simulate.effects.rts import rts_high
from simulate.fixed_pattern import FixedPattern


def offsets(
    profile: SensorProfile, pattern: FixedPattern, shot: Shot, seed: int, origin: tuple[int, int]
) -> Tensor | None:
    """Electrons of the fixed offsets, (1, 1, h, w), and with RTS of this frame, (b, 1, h, w).

    None where the profile has neither.
    """
    if pattern.rts is None:
        return pattern.offset_e
    rows, columns = pattern.rts
    draws = Draws.temporal(seed, Effect.RTS_STATE, profile.name, shot, origin)
    high = rts_high(rows, columns, profile.rts_occupancy, profile.rts_dwell_frames, draws)
    levels = torch.zeros(len(high), 1, *pattern.size, device=rows.device)
    if pattern.offset_e is not None:
        levels += pattern.offset_e
    levels[:, 0, rows, columns] += profile.rts_amplitude_e * high.float()
    return levels


def line_noise(
    profile: SensorProfile,
    shot: Shot,
    noise: SensorNoise,
    size: tuple[int, int],
    seed: int,
    origin: tuple[int, int],
    read_out_seed: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Electrons that whole rows (b, 1, h, 1) and columns (b, 1, 1, w) have in common; b may be 1.

    Row noise and banding, and column noise, float64.
    read_out_seed: of the noise that each read-out of the same electrons has of its own; banding is
        the supply's or the lamp's, and stays the seed's.
    """
    height, width = size

    def draws(effect: Effect) -> Draws:
        own = seed if read_out_seed is None or effect is Effect.BANDING else read_out_seed
        return Draws.temporal(own, effect, profile.name, shot, origin)

    zero = torch.zeros(1, 1, 1, 1, dtype=torch.float64, device=noise.row_noise_e.device)
    rows = zero.expand(1, 1, height, 1)
    columns = zero.expand(1, 1, 1, width)
    if bool((noise.row_noise_e > 0).any()):
        rows = rows + row_noise(height, noise.row_noise_e, draws(Effect.ROW))
    if bool((noise.banding_amplitude_e > 0).any()):
        frequency = profile.banding_frequency_cycles_per_row
        waves = banding(height, noise.banding_amplitude_e, frequency, draws(Effect.BANDING))
        rows = rows + waves
    if bool((noise.column_noise_e > 0).any()):
        columns = columns + column_noise(width, noise.column_noise_e, draws(Effect.COLUMN))
    return rows, columns
