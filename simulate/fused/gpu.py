"""A capture by two Triton kernels on a GPU, equal to the chain of effects in every integer draw.

The first frees electrons in float32 and marks those that rounding could have moved; torch decides
them by the exact CDF; the second reads all of them out.
"""

import torch
from torch import Tensor

from isp.core.frame import Frame
from isp.core.kernels.presence import triton_is_there
from isp.core.measured import saturation_limit
from isp.core.poisson import quantile
from isp.core.readings import SensorNoise
from isp.core.rng import COLUMNS, MASK, ROWS, Draws, Effect
from isp.core.sensor import SensorProfile
from simulate.effects.shot_noise import largest_rate
from simulate.fused.maps import GAUSSIAN, LOGISTIC, TUKEY, KernelMaps, KernelReadOut, known

NEAR_LOGISTIC = 1e-12  # shapes taken for 0, as `simulate.effects.tukey_lambda`
BLOCKS = (256, 128, 64)  # of four photosites: what a program may take of a row
ROUNDED = {"enable_fp_fusion": False}  # float64 rounds as in the chain of effects


def fits(profile: SensorProfile, expected: Frame) -> bool:
    """Whether there are a GPU and Triton, and the kernels know every effect of the profile."""
    return expected.data.device.type == "cuda" and triton_is_there() and known(profile, expected)


def capture(
    expected: Frame,
    profile: SensorProfile,
    noise: SensorNoise,
    maps: KernelMaps,
    read_out: KernelReadOut,
    well: float,
    seed: int,
    origin: tuple[int, int],
) -> tuple[Tensor, Tensor, Tensor] | None:
    """DN, measured and clipped of a batch, (b, 1, h, w).

    None where a rate is no number >= 0, or a photosite, frame or item has no draws of its own.
    profile: as the tile at `origin` sees it. well: whole electrons.
    """
    from simulate.fused.gpu_kernel import draw_electrons, read_electrons

    data, (height, width) = expected.data, expected.size
    if min(origin) < 0 or origin[0] + height > ROWS or origin[1] + width > COLUMNS:
        return None
    numbers = number_table(expected, profile, noise, maps)
    places = place_table(expected, profile, noise, seed, origin)
    blocks, chunks = blocks_of(width, origin[1] % 4)
    grid, size = (data.shape[0] * height * chunks,), (height, width, chunks)
    launch = {
        "SKIP": origin[1] % 4, "BLOCKS": blocks,
        "num_warps": blocks // 32,  # one block of four photosites to a thread
    } | ROUNDED  # fmt: skip
    dn = torch.empty_like(data, dtype=torch.float32, memory_format=torch.contiguous_format)
    words = torch.empty_like(dn, dtype=torch.int32)
    # A mask serves for the doubts before the read-out writes it.
    measured, clipped = (torch.empty_like(dn, dtype=torch.bool) for _ in range(2))
    light, light_step = plane(maps.light)
    gain, gain_step = plane(maps.gain)
    dark, dark_step = plane(maps.dark_e_per_s)
    offset, offset_step = plane(read_out.offset_e)
    column_gain, _ = plane(read_out.column_gain)
    rows, rows_step = plane(read_out.rows_e)
    columns, columns_step = plane(read_out.columns_e)
    black, black_step = plane(read_out.black_dn)
    with torch.cuda.device_of(data):
        draw_electrons[grid](
            light, gain, dark, numbers, places, dn, clipped, words,
            *size, light_step, gain_step, dark_step, largest_rate(well),
            HAS_DARK=maps.dark_e is not None, STREAM=int(Effect.SHOT) << 24, **launch,
        )  # fmt: skip
        if not decide(dn, clipped, words, places):
            return None
        read_electrons[grid](
            dn, offset, rows, columns, column_gain, black, numbers, places, measured, clipped,
            *size, read_out.black_dn.shape[2], offset_step, rows_step, columns_step, black_step,
            float(well), float(2**profile.bit_depth - 1),
            NOISE_IS_GAINED=profile.read_out_order == "emva", STREAM=int(Effect.READ) << 24,
            **launch,
        )  # fmt: skip
    return dn, measured, clipped


def decide(counts: Tensor, doubtful: Tensor, words: Tensor, places: Tensor) -> bool:
    """Put the exact counts where they are in doubt; False where a rate or a number is none.

    counts: rates where `doubtful`, -1 for one that is none. words: int32, of the doubtful.
    """
    where = doubtful.reshape(-1).nonzero().squeeze(1)
    rate = counts.reshape(-1)[where].double()
    numbered = (places[:, 1:3] >> 32 == 0).all()
    if not bool((rate >= 0).all() & numbered):
        return False
    exact = quantile(rate, words.reshape(-1)[where].long() & MASK)
    counts.view(-1)[where] = exact.float()
    return True


def number_table(
    expected: Frame, profile: SensorProfile, noise: SensorNoise, maps: KernelMaps
) -> Tensor:
    """What the kernels take of each image, (b, 6) float64, in the order of their columns."""
    scale, heavy = noise.tukey_lambda_scale_e, noise.tukey_lambda_scale_e != 0
    columns = (
        maps.dark_factor, maps.dark_e, torch.where(heavy, scale, noise.read_noise_e),
        noise.tukey_lambda_shape, noise.system_gain_dn_per_e,
        saturation_limit(profile, expected.shot.iso, noise),
    )  # fmt: skip
    return _table(expected, columns, torch.float64)


def place_table(
    expected: Frame, profile: SensorProfile, noise: SensorNoise, seed: int, origin: tuple[int, int]
) -> Tensor:
    """Key, frame, item, law of the read noise, first row and first block of each image, int64."""
    shot, (y, x) = expected.shot, origin
    low, high = Draws.temporal(seed, Effect.SHOT, profile.name, shot, origin).key
    key = torch.tensor([low | high << 32 | -(high >> 31) << 64])  # the sign is its highest bit
    tailed = torch.where(noise.tukey_lambda_shape.abs() < NEAR_LOGISTIC, LOGISTIC, TUKEY)
    law = torch.where(noise.tukey_lambda_scale_e == 0, GAUSSIAN, tailed)
    first = torch.tensor([y]), torch.tensor([x // 4])
    return _table(expected, (key, shot.frame_number, shot.item, law, *first), torch.int64)


def _table(expected: Frame, columns: tuple[Tensor | None, ...], dtype: torch.dtype) -> Tensor:
    batch, device = expected.data.shape[0], expected.data.device
    zero = torch.zeros(1, dtype=dtype)
    whole = [(zero if c is None else c).to(device, dtype).expand(batch) for c in columns]
    return torch.stack(whole, dim=1)


def blocks_of(width: int, skip: int) -> tuple[int, int]:
    """Blocks in a program, and programs in a row, so that the fewest photosites are idle.

    skip: photosites of the row's first block that lie left of it.
    """
    needed = (skip + width + 3) // 4
    blocks = min(BLOCKS, key=lambda size: -(-needed // size) * size)
    return blocks, -(-needed // blocks)


def plane(values: Tensor | None) -> tuple[Tensor | None, int]:
    """A map as float32 without gaps, and how far its next image lies: 0 for one that serves all."""
    if values is None:
        return None, 0
    whole = values.detach().float().contiguous()
    return whole, 0 if whole.shape[0] == 1 else whole[0].numel()
