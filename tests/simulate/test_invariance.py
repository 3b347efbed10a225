"""The same pictures, bit for bit, however a batch is split, tiled and handed to workers."""

import functools
import itertools
import multiprocessing
from collections.abc import Iterator
from multiprocessing.pool import Pool

import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect, uniform
from isp.core.sensor import Defect, SensorProfile
from isp.core.shot import Shot
from simulate.fused.cpu import fits
from simulate.sensor import Sensor

SEED = 5
BATCHES, TILES, WORKERS = (1, 2, 7, 32), (64, 128, 256, 512, 1024), (1, 2, 4, 8)
# Height and width by batch: few photosites in all, and yet the largest tile cuts both.
SIZES = {1: (1090, 75), 2: (75, 1090), 7: (150, 271), 32: (75, 133)}
FIRST_CUT = (37, 51)  # where tiles begin: off the pattern's period and the counters' blocks
MASKS = ("data", "measured", "clipped", "generated")

FAST = [
    (1, 64, 8), (1, 1024, 2), (2, 512, 4), (2, 64, 1), (7, 128, 8), (7, 256, 2), (32, 64, 4),
    (32, 1024, 8),
]  # fmt: skip
FULL = list(itertools.product(BATCHES, TILES, WORKERS))

# What the compiled pass knows, and what only the chain of effects does.
COMPILED = {
    "prnu_percent": 2.0, "prnu_column_share": 0.3, "dead_pixel_fraction": 0.02,
    "dark_current_e_per_s": 50.0, "dark_current_nonuniformity": 0.3, "hot_pixel_fraction": 0.05,
    "temperature_c": 31.0, "dsnu_e": 3.0, "dsnu_column_share": 0.3, "column_fpn_e": 1.0,
    "row_fpn_e": 1.0, "column_gain_percent": 1.0, "rts_fraction": 0.1, "rts_amplitude_e": 30.0,
    "rts_occupancy": 0.3, "rts_dwell_frames": 3.0, "banding_frequency_cycles_per_row": 0.0173,
    "shading": {"R": (-0.3, 0.1), "B": (-0.2,)}, "full_well_e": 6000.5,
}  # fmt: skip
CHAIN = COMPILED | {
    "full_well_knee": 0.8, "full_well_spread_percent": 1.0, "read_out_order": "eld",
    "linearization_table_dn": tuple(range(1000)) + tuple(range(1000, 4096, 5)),
}  # fmt: skip
EFFECTS = {"compiled": COMPILED, "chain": CHAIN}


def camera(kind: str, **changes: object) -> SensorProfile:
    """Every effect on, two conversion gains, one of them with heavy tails."""
    noise = {"row_noise_e": 1.5, "column_noise_e": 1.2, "banding_amplitude_e": 2.0}
    readings = (
        Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=3.0,
                colour_bias_dn=(0.5, -0.5, 1.0, 0.0), **noise),
        Reading(iso=400.0, system_gain_dn_per_e=2.0, read_noise_e=2.0, branch=1,
                tukey_lambda_shape=-0.1, tukey_lambda_scale_e=1.0, **noise),
    )  # fmt: skip
    values = {
        "name": "matrix", "cfa": Cfa.RGGB, "bit_depth": 12, "white_level_dn": 4095.0,
        "black_level_dn": (60.0, 64.0, 66.5, 70.0), "readings": readings,
        "defects": tuple(Defect(row=r, column=c) for r, c in ((0, 0), (37, 51), (70, 60))),
    }  # fmt: skip
    return SensorProfile(**(values | EFFECTS[kind] | changes))  # type: ignore[arg-type]


def exposed(batch: int) -> Frame:
    """From deep shadow to twice the full well; each image with its own ISO, time and numbers."""
    height, width = SIZES[batch]
    number = torch.arange(batch)
    words = Draws(seed=99, effect=Effect.AUGMENTATION, item=number).words(height, width)
    shot = Shot(
        exposure_time_s=0.02 * (1 + number % 5), iso=torch.where(number % 3 == 1, 400.0, 100.0),
        frame_number=number % 4, item=10 + number // 4, body=6,
    )  # fmt: skip
    return Frame.start((10 ** (4.1 * uniform(words))).float(), Domain.EXPECTED, shot=shot)


def crop(frame: Frame, y: int, x: int, height: int, width: int) -> Frame:
    rows, columns = slice(y, y + height), slice(x, x + width)
    data = frame.data[..., rows, columns].contiguous()
    return Frame.start(data, frame.domain, shot=frame.shot)


def tiles(size: tuple[int, int], side: int) -> list[tuple[int, int, int, int]]:
    """Where tiles lie, row, column, height and width, in no order a loop would have."""
    spans = []
    for length, first in zip(size, FIRST_CUT, strict=True):
        edges = sorted({0, *range(first, length, side), length})
        spans.append(list(itertools.pairwise(edges)))
    places = [(y, x, yy - y, xx - x) for (y, yy), (x, xx) in itertools.product(*spans)]
    order = torch.randperm(len(places), generator=torch.Generator().manual_seed(side))
    return [places[i] for i in order]


@functools.cache
def alone(kind: str, batch: int, path: str) -> dict[str, Tensor]:
    """Each image by itself, whole, in this process: what all others must equal."""
    sensor, frame = Sensor(camera(kind), SIZES[batch]), exposed(batch)
    single = [frame.select(slice(i, i + 1)) for i in range(batch)]
    if path == "capture":
        captured = [sensor.capture(one, SEED) for one in single]
    else:
        captured = [sensor.read_out(sensor.collect(one, SEED), SEED) for one in single]
    return {name: torch.cat([getattr(c, name) for c in captured]) for name in MASKS}


@pytest.fixture(scope="module")
def processes() -> Iterator[list[Pool]]:
    """Eight spawned processes, each with a queue of its own, so that all of them take part."""
    context = multiprocessing.get_context("spawn")
    pools = [context.Pool(1) for _ in range(max(WORKERS))]
    yield pools
    for pool in pools:
        pool.close()
    for pool in pools:
        pool.join()


def assert_the_matrix_holds(
    pools: list[Pool], kind: str, batch: int, side: int, workers: int, path: str
) -> None:
    sensor, frame = Sensor(camera(kind), SIZES[batch]), exposed(batch)
    places = tiles(frame.size, side)
    pieces = [crop(frame, *place) for place in places]

    def hand_out(work: object, frames: list[Frame]) -> list[Frame]:
        running = [
            pools[k % workers].apply_async(work, (part, SEED, place[:2]))  # type: ignore[arg-type]
            for k, (part, place) in enumerate(zip(frames, places, strict=True))
        ]
        return [r.get(300) for r in running]

    if path == "capture":
        done = hand_out(sensor.capture, pieces)
    else:
        done = hand_out(sensor.read_out, hand_out(sensor.collect, pieces))

    wanted = alone(kind, batch, path)
    for name in MASKS:
        whole = torch.zeros_like(wanted[name])
        for (y, x, height, width), part in zip(places, done, strict=True):
            whole[..., y : y + height, x : x + width] = getattr(part, name)
        assert torch.equal(whole, wanted[name]), name


def test_the_fast_run_sees_every_value_of_every_factor() -> None:
    for axis, values in enumerate((BATCHES, TILES, WORKERS)):
        assert {combination[axis] for combination in FAST} == set(values)
    assert set(FAST) <= set(FULL)
    assert len(FULL) == 80


def test_one_profile_takes_the_compiled_pass_and_one_the_chain() -> None:
    assert fits(camera("compiled"), exposed(1))
    assert not fits(camera("chain"), exposed(1))


def test_the_pictures_of_the_matrix_have_every_effect_in_them() -> None:
    """Turning any one off changes a picture: none is hidden behind another."""
    frame = exposed(2)
    pictures = alone("chain", 2, "capture")["data"]
    off = {
        "dark_current_nonuniformity": 0.0, "prnu_percent": 0.0, "prnu_column_share": 0.0,
        "dead_pixel_fraction": 0.0, "hot_pixel_fraction": 0.0, "temperature_c": 20.0, "dsnu_e": 0.0,
        "dsnu_column_share": 0.0, "column_fpn_e": 0.0, "row_fpn_e": 0.0, "rts_fraction": 0.0,
        "column_gain_percent": 0.0, "shading": {}, "full_well_e": 9000.0, "full_well_knee": 1.0,
        "full_well_spread_percent": 0.0, "read_out_order": "emva", "linearization_table_dn": (),
        "banding_frequency_cycles_per_row": 0.3,
    }  # fmt: skip

    for name, value in off.items():
        without = Sensor(camera("chain", **{name: value}), SIZES[2]).capture(frame, SEED)
        assert not torch.equal(without.data, pictures), name
    assert set(CHAIN) - set(off) == {
        "dark_current_e_per_s", "rts_amplitude_e", "rts_occupancy", "rts_dwell_frames",
    }  # fmt: skip


@pytest.mark.parametrize(("batch", "side", "workers"), FAST)
@pytest.mark.parametrize("kind", EFFECTS)
def test_no_batch_tile_or_worker_changes_a_picture(
    processes: list[Pool], kind: str, batch: int, side: int, workers: int
) -> None:
    assert_the_matrix_holds(processes, kind, batch, side, workers, "capture")


@pytest.mark.parametrize(("batch", "side", "workers"), FAST[::3])
def test_nor_does_it_in_two_steps(
    processes: list[Pool], batch: int, side: int, workers: int
) -> None:
    assert_the_matrix_holds(processes, "compiled", batch, side, workers, "two steps")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["capture", "two steps"])
@pytest.mark.parametrize(("batch", "side", "workers"), FULL)
@pytest.mark.parametrize("kind", EFFECTS)
def test_the_whole_matrix(
    processes: list[Pool], kind: str, batch: int, side: int, workers: int, path: str
) -> None:
    assert_the_matrix_holds(processes, kind, batch, side, workers, path)


def test_blooming_holds_it_in_strips_of_whole_columns(processes: list[Pool]) -> None:
    sensor = Sensor(camera("chain", blooming_fraction=0.9), SIZES[7])
    frame = exposed(7)
    whole = sensor.capture(frame, SEED)
    edges = list(itertools.pairwise([0, 51, 115, 179, 243, 271]))

    running = [
        processes[k % 4].apply_async(
            sensor.capture, (crop(frame, 0, x, frame.size[0], xx - x), SEED, (0, x))
        )
        for k, (x, xx) in enumerate(edges)
    ]

    for name in MASKS:
        strips = [getattr(r.get(300), name) for r in running]
        assert torch.equal(torch.cat(strips, dim=-1), getattr(whole, name)), name


LEAK = {
    "R": (0.0, 0.02, 0.0, 0.03, 0.9, 0.03, 0.0, 0.02, 0.0),
    "G": (0.01, 0.01, 0.01, 0.01, 0.92, 0.01, 0.01, 0.01, 0.01),
}


@pytest.mark.parametrize(("kinds", "halo"), [
    (("optical_crosstalk",), 1), (("electrical_crosstalk",), 1),
    (("optical_crosstalk", "electrical_crosstalk"), 2),
])  # fmt: skip
def test_crosstalk_holds_it_with_a_halo_of_one_photosite_for_each_kind(
    kinds: tuple[str, ...], halo: int
) -> None:
    sensor = Sensor(camera("compiled", **dict.fromkeys(kinds, LEAK)), SIZES[7])
    frame, (rows, columns) = exposed(7), SIZES[7]
    whole = sensor.capture(frame, SEED)

    for y, x, height, width in tiles(frame.size, 64):
        top, left = max(0, y - halo), max(0, x - halo)
        bottom, right = min(rows, y + height + halo), min(columns, x + width + halo)
        part = crop(frame, top, left, bottom - top, right - left)
        tile = sensor.capture(part, SEED, origin=(top, left)).data
        inner = tile[..., y - top : y - top + height, x - left : x - left + width]
        assert torch.equal(inner, whole.data[..., y : y + height, x : x + width]), (y, x)
