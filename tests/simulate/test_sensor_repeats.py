"""A sensor gives the same picture however the work is cut, and forgets its neighbours."""

import functools
import itertools
import math
import multiprocessing

import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import Defect
from simulate.sensor import Sensor
from tests.simulate.bench_camera import READ_E, burst, crop, exposed, flat, ideal, profile, varied
from tests.statistics import correlation, lagged_correlation

# --- the same pictures, however the work is cut ----------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_batch_gives_the_pictures_of_its_parts(size: int, device: torch.device) -> None:
    sensor, frame = Sensor(profile()), varied(7, 93, 121).to(device)
    whole = sensor.capture(frame, seed=5)

    parts = [sensor.capture(frame.select(slice(i, i + size)), 5) for i in range(0, 7, size)]

    assert torch.equal(torch.cat([p.data for p in parts]), whole.data)
    assert torch.equal(torch.cat([p.measured for p in parts]), whole.measured)


@functools.cache
def _whole() -> tuple[Sensor, Frame, Frame]:
    defects = tuple(Defect(row=r, column=c) for r, c in ((0, 0), (77, 301), (599, 708), (64, 65)))
    sensor = Sensor(profile(defects=defects))
    frame = varied(1, 600, 709)
    return sensor, frame, sensor.capture(frame, seed=5)


def _tiles(size: int, first: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Rows and columns cut every `size`, the first cut at `first`: y, x, height, width."""

    def cuts(length: int, start: int) -> list[tuple[int, int]]:
        edges = sorted({0, *range(start, length, size), length})
        return list(itertools.pairwise(edges))

    return [
        (y0, x0, y1 - y0, x1 - x0)
        for y0, y1 in cuts(600, first[0])
        for x0, x1 in cuts(709, first[1])
    ]


def _assemble(pieces: list[tuple[tuple[int, int, int, int], Frame]], name: str) -> Tensor:
    whole = torch.zeros(1, 1, 600, 709, dtype=getattr(pieces[0][1], name).dtype)
    for (y, x, height, width), piece in pieces:
        whole[..., y : y + height, x : x + width] = getattr(piece, name)
    return whole


@pytest.mark.parametrize("size", [64, 128, 256, 512])
@pytest.mark.parametrize("first", [(0, 0), (37, 51)], ids=["even", "odd"])
def test_tiles_in_any_order_give_the_whole_picture(size: int, first: tuple[int, int]) -> None:
    sensor, frame, whole = _whole()
    tiles = _tiles(size, first)
    order = torch.randperm(len(tiles), generator=torch.Generator().manual_seed(size)).tolist()

    pieces = [
        (tiles[i], sensor.capture(crop(frame, *tiles[i]), 5, origin=tiles[i][:2])) for i in order
    ]

    assert torch.equal(_assemble(pieces, "data"), whole.data)
    assert torch.equal(_assemble(pieces, "measured"), whole.measured)
    assert torch.equal(_assemble(pieces, "clipped"), whole.clipped)


def test_a_tile_says_which_colours_and_blacks_it_starts_with() -> None:
    sensor, frame, _ = _whole()

    tile = sensor.capture(crop(frame, 3, 10, 8, 8), 5, origin=(3, 10))

    assert tile.profile.cfa == Cfa.GBRG
    assert tile.profile.black_level_dn == (66.5, 70.0, 60.0, 64.0)
    # The defect of row 64, column 65 seen from the tile at (60, 60), whose colours stay.
    even = sensor.capture(crop(frame, 60, 60, 8, 8), 5, origin=(60, 60))
    assert [(d.row, d.column) for d in even.profile.defects if d.row < 8 and d.column < 8] == [
        (4, 5)
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_worker_processes_give_the_picture_of_this_one(workers: int) -> None:
    """Spawned, never forked; handed out one by one, so that both take part."""
    sensor, frame, whole = _whole()
    tiles = _tiles(256, (37, 51))

    context = multiprocessing.get_context("spawn")
    with context.Pool(workers) as pool:
        arguments = [(crop(frame, *t), 5, t[:2]) for t in reversed(tiles)]
        captured = pool.starmap(sensor.capture, arguments, chunksize=1)
        pool.close()
        pool.join()

    pieces = list(zip(reversed(tiles), captured, strict=True))
    assert torch.equal(_assemble(pieces, "data"), whole.data)
    assert torch.equal(_assemble(pieces, "clipped"), whole.clipped)


def test_the_same_seed_gives_the_same_picture_and_another_seed_another() -> None:
    sensor, frame = Sensor(profile()), varied(1, 60, 70)
    first = sensor.capture(frame, seed=5).data

    assert torch.equal(sensor.capture(frame, seed=5).data, first)
    assert not torch.equal(sensor.capture(frame, seed=6).data, first)


def test_nothing_depends_on_what_was_drawn_before() -> None:
    sensor, frame = Sensor(profile()), varied(1, 60, 70)
    first = sensor.capture(frame, seed=5).data
    torch.manual_seed(1)
    torch.rand(100)

    sensor.capture(varied(2, 30, 30), seed=5)

    assert torch.equal(sensor.capture(frame, seed=5).data, first)


def test_light_at_one_photosite_changes_that_photosite_only() -> None:
    sensor, frame = Sensor(profile()), varied(1, 60, 70)
    brighter = frame.data.clone()
    brighter[..., 20, 31] += 500

    changed = sensor.capture(exposed(brighter), 5).data != sensor.capture(frame, 5).data

    assert changed[0, 0].nonzero().tolist() == [[20, 31]]


# --- independence ----------------------------------------------------------------------------


@functools.cache
def _noise_fields() -> dict[str, Tensor]:
    """Captures of flat light with pixel noise only, a million photosites each."""
    sensor = Sensor(ideal(readings=(Reading(iso=100.0, system_gain_dn_per_e=2.0,
                                            read_noise_e=READ_E),)))  # fmt: skip
    size = (1000, 1000)
    return {
        "first": sensor.capture(flat(40.0, *size), seed=1).data,
        "seed": sensor.capture(flat(40.0, *size), seed=2).data,
        "frame": sensor.capture(flat(40.0, *size, frame_number=torch.tensor([1])), 1).data,
        "item": sensor.capture(flat(40.0, *size, item=torch.tensor([1])), 1).data,
        "dark": sensor.capture(flat(0.1, *size), seed=3).data,
    }


@pytest.mark.parametrize("name", ["first", "dark"])
def test_noise_does_not_remember_its_neighbours(name: str) -> None:
    """Lags 1 to 8 along rows, columns and the diagonal: |r| < 5 / sqrt(N)."""
    field = _noise_fields()[name]

    for lag in range(1, 9):
        for down, right in ((0, lag), (lag, 0), (lag, lag)):
            r, n = lagged_correlation(field, down, right)
            assert abs(r) < 5 / math.sqrt(n), (down, right)


@pytest.mark.parametrize("name", ["first", "dark"])
def test_the_colours_of_a_cell_are_independent(name: str) -> None:
    planes = Cfa.RGGB.pack(_noise_fields()[name])[0]

    for i in range(4):
        for j in range(i):
            assert abs(correlation(planes[i], planes[j])) < 5 / math.sqrt(planes[i].numel())


@pytest.mark.parametrize("other", ["seed", "frame", "item"])
def test_seeds_frames_and_items_are_independent(other: str) -> None:
    fields = _noise_fields()

    assert abs(correlation(fields["first"], fields[other])) < 5 / math.sqrt(1e6)


def test_photons_read_noise_and_patterns_are_independent_of_each_other() -> None:
    size, dark = (1000, 1000), {"full_well_e": None}
    shot = Sensor(ideal()).collect(flat(40.0, *size), seed=1).data
    loud = (Reading(iso=100.0, system_gain_dn_per_e=10.0, read_noise_e=30.0),)
    streams = {
        "photons": shot,
        "read noise": Sensor(ideal(readings=loud, black_level_dn=(2000.0,) * 4)).capture(
            flat(0.0, *size), seed=1).data,
        "DSNU": Sensor(ideal(dsnu_e=200.0, black_level_dn=(2000.0,) * 4)).capture(
            flat(0.0, *size), seed=1).data,
        "PRNU": Sensor(ideal(prnu_percent=30.0, **dark)).collect(flat(1e5, *size), seed=77).data,
    }  # fmt: skip
    names = list(streams)

    for i, first in enumerate(names):
        for second in names[:i]:
            r = correlation(streams[first], streams[second])
            assert abs(r) < 5 / math.sqrt(1e6), (first, second)


def test_split_exposures_draw_their_own_photons() -> None:
    """Var(N1 + N2) = Var N1 + Var N2: a bracket never rescales one draw."""
    pair = Sensor(ideal()).collect(burst(50.0, 700, 700, 2), seed=4).data.double()
    n = 700 * 700

    total = float((pair[0] + pair[1]).var())

    assert abs(total - 100) < 4 * math.sqrt((100 + 2 * 100**2) / n)
