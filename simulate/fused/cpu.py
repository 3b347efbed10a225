"""A capture in one compiled pass on the CPU, equal to the chain of effects in every integer draw.

What it does is what `Sensor.collect` and `Sensor.read_out` do, function by function; DN may differ
by 1 where float32 noise meets a rounding edge, in at most 1e-4 of the photosites.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from isp.core.frame import Frame
from isp.core.kernels.presence import numba_is_there
from isp.core.large_arrays import empty
from isp.core.measured import saturation_limit
from isp.core.poisson_series import A_COEFFICIENTS, C0_COEFFICIENTS, S_RANGE
from isp.core.readings import SensorNoise
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from simulate.effects.shot_noise import largest_rate
from simulate.fused.maps import GAUSSIAN, LOGISTIC, TUKEY, KernelMaps, KernelReadOut, known

BAND = 1 << 17  # photosites that a thread takes at a time: a millisecond
NEAR_LOGISTIC = 1e-12  # shapes taken for 0, as `simulate.effects.tukey_lambda`


def fits(profile: SensorProfile, expected: Frame) -> bool:
    """Whether the frame is on a CPU, numba is there, and the kernel knows the profile's effects."""
    return expected.data.device.type == "cpu" and numba_is_there() and known(profile, expected)


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
    """DN, measured and clipped of a batch, (b, 1, h, w); None where a rate is no number >= 0.

    profile: as the tile at `origin` sees it. well: whole electrons.
    """
    dn = empty(expected.data.shape)
    measured, clipped = (empty(expected.data.shape, torch.bool) for _ in range(2))
    outputs = tuple(t.numpy() for t in (dn, measured, clipped))
    images = _images(expected, profile, noise, maps, read_out, well, seed, origin)
    height, width = expected.size
    threads = torch.get_num_threads()
    bands = 1 if threads == 1 else max(1, height * width // BAND)
    edges = np.linspace(0, height, bands + 1).astype(int)
    tasks = [
        (image, tuple(o[i, 0] for o in outputs), int(low), int(high))
        for i, image in enumerate(images)
        for low, high in pairwise(edges)
    ]
    # One iterator for all threads: each takes the next band when it is done with its last.
    bands_left, others = iter(tasks), min(threads, len(tasks)) - 1
    with ThreadPoolExecutor(max(1, others)) as pool:
        started = [pool.submit(_run_all, bands_left) for _ in range(others)]
        sound = [_run_all(bands_left), *(thread.result() for thread in started)]
    return (dn, measured, clipped) if all(sound) else None


Image = tuple[tuple[object, ...], tuple[object, ...]]
Task = tuple[Image, tuple[object, ...], int, int]  # with outputs, first and last row


def _run_all(tasks: Iterator[Task]) -> bool:
    from simulate.fused.frame_kernel import capture_rows

    sound = True
    for (maps, numbers), outputs, first, last in tasks:
        sound &= bool(capture_rows(*maps, first, last, *numbers, *outputs))
    return sound


def _images(
    expected: Frame, profile: SensorProfile, noise: SensorNoise, maps: KernelMaps,
    read_out: KernelReadOut, well: float, seed: int, origin: tuple[int, int],
) -> Iterator[Image]:  # fmt: skip
    """The kernel's arguments for each image: its maps, and its numbers."""
    shot, (height, width) = expected.shot, expected.size
    batch = expected.data.shape[0]
    light = _each(batch, maps.light)
    none = torch.empty(1, 1, height, 0)
    gain, dark_map, offset = (
        _each(batch, none if m is None else m)
        for m in (maps.gain, maps.dark_e_per_s, read_out.offset_e)
    )
    ones = torch.ones(1, 1, 1, width)
    gains = _each(1, ones if read_out.column_gain is None else read_out.column_gain).reshape(-1)
    rows, columns, black = (
        _each(batch, m) for m in (read_out.rows_e, read_out.columns_e, read_out.black_dn)
    )
    zeros = torch.zeros(batch)
    dark, factor = (
        (zeros if m is None else m.expand(batch)).tolist() for m in (maps.dark_e, maps.dark_factor)
    )
    draws = Draws.temporal(seed, Effect.SHOT, profile.name, shot, origin)
    draws.check(height, width)
    key = draws.key
    limits = saturation_limit(profile, shot.iso, noise).expand(batch).tolist()
    constants = np.array(A_COEFFICIENTS), np.array(C0_COEFFICIENTS), *S_RANGE
    for i in range(batch):
        scale = float(noise.tukey_lambda_scale_e.expand(batch)[i])
        shape = float(noise.tukey_lambda_shape.expand(batch)[i])
        law = LOGISTIC if abs(shape) < NEAR_LOGISTIC else TUKEY
        if scale == 0:
            law, scale = GAUSSIAN, float(noise.read_noise_e.expand(batch)[i])
        arrays = (
            light[i, 0], gain[i, 0], dark_map[i, 0], offset[i, 0], rows[i].reshape(-1),
            columns[i].reshape(-1), gains, black[i, 0],
        )  # fmt: skip
        numbers = (
            *origin, *key, int(shot.frame_number[i]), int(shot.item[i]),
            int(Effect.SHOT) << 24, int(Effect.READ) << 24,
            factor[i], dark[i], np.float32(largest_rate(well)),
            np.float32(well), law, np.float32(scale), np.float32(shape),
            profile.read_out_order == "emva",
            float(noise.system_gain_dn_per_e.expand(batch)[i]),
            float(2**profile.bit_depth - 1), np.float32(limits[i]), *constants,
        )  # fmt: skip
        yield arrays, numbers


def _each(batch: int, values: Tensor) -> np.ndarray:
    """Float32 rows without gaps for each image; what is one for all is not copied."""
    whole = values.detach().float().contiguous().numpy()
    return np.broadcast_to(whole, (batch, *whole.shape[1:]))
