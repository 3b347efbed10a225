"""A DNG with uneven black becomes an even frame, and the same DNG again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy
import torch

from isp.core.cfa import Cfa
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.files.dng import write_dng
from isp.files.dng_black import black_as_it_came
from isp.files.raw import read_raw
from isp.stages.black_level import BlackLevel
from tests.isp.files import test_dng_tags

SIZE = (40, 60)
CELL = tuple(range(60, 76))  # 4 x 4
ACROSS = tuple(n for i in range(60) for n in (i % 7 - 3, 3))  # thirds: no binary number holds them
DOWN = tuple(n for i in range(40) for n in (i % 5, 10))
UNEVEN: dict[str, dict[int, Any]] = {
    "cell": {50713: (3, 2, (4, 4)), 50714: (3, 16, CELL)},
    "odd cell": {50713: (3, 2, (1, 3)), 50714: ("2I", 3, (129, 2, 130, 2, 131, 2))},
    "deltas": {50714: (3, 1, 64), 50715: ("2i", 60, ACROSS), 50716: ("2i", 40, DOWN)},
    "all": {50713: (3, 2, (4, 4)), 50714: (3, 16, CELL), 50715: ("2i", 60, ACROSS),
            50716: ("2i", 40, DOWN)},
}  # fmt: skip


def uneven_dng(path: Path, tags: dict[int, Any]) -> np.ndarray:
    dn = np.random.default_rng(6).integers(50, 1000, SIZE).astype(np.uint16)
    test_dng_tags.write_dng(path, tags, dn)
    return dn


def black_of(tags: dict[int, Any]) -> np.ndarray:
    """The black of each photosite, by the words of the specification, one at a time."""
    rows, columns = tags.get(50713, (3, 2, (1, 1)))[2]
    kind, count, value = tags[50714]
    values = [value] if count == 1 else list(value)
    if kind == "2I":
        values = [n / d for n, d in zip(values[::2], values[1::2], strict=True)]
    black = np.empty(SIZE)
    for y in range(SIZE[0]):
        for x in range(SIZE[1]):
            black[y, x] = values[(y % rows) * columns + x % columns]
            if 50715 in tags:
                black[y, x] += ACROSS[2 * x] / ACROSS[2 * x + 1]
            if 50716 in tags:
                black[y, x] += DOWN[2 * y] / DOWN[2 * y + 1]
    return black


@pytest.mark.parametrize("kind", UNEVEN)
def test_the_pattern_stays_bayer_and_each_photosite_loses_its_own_black(
    kind: str, tmp_path: Path
) -> None:
    dn = uneven_dng(tmp_path / "a.dng", UNEVEN[kind])

    frame = read_raw(tmp_path / "a.dng")

    assert frame.need_profile().cfa == Cfa.GRBG
    light = BlackLevel(Cfa.GRBG).develop(frame).data[0, 0].double().numpy()
    levels = frame.need_profile().black_sites.reshape(-1, 4)
    white = frame.need_profile().white_level_dn
    span = white - Cfa.GRBG.spread_sites(levels, *SIZE)[0, 0].double().numpy()
    np.testing.assert_allclose(light * span, dn - black_of(UNEVEN[kind]), atol=2e-3)


@pytest.mark.parametrize("kind", UNEVEN)
def test_a_raw_with_uneven_black_is_written_again_as_it_came(kind: str, tmp_path: Path) -> None:
    dn = uneven_dng(tmp_path / "a.dng", UNEVEN[kind])
    frame = read_raw(tmp_path / "a.dng")

    write_dng(tmp_path / "b.dng", frame)

    with rawpy.imread(str(tmp_path / "b.dng")) as raw:
        assert np.array_equal(raw.raw_image, dn)
    again = read_raw(tmp_path / "b.dng")
    assert torch.equal(again.data, frame.data)
    assert again.need_profile().black_level_dn == frame.need_profile().black_level_dn
    assert again.shot.tags["black"] == frame.shot.tags["black"]  # the rationals, byte by byte


def test_a_mosaic_of_such_a_file_has_one_level_and_no_deltas(tmp_path: Path) -> None:
    uneven_dng(tmp_path / "a.dng", UNEVEN["all"])
    mosaic = BlackLevel(Cfa.GRBG).develop(read_raw(tmp_path / "a.dng"))

    write_dng(tmp_path / "b.dng", mosaic)

    assert "black" not in read_raw(tmp_path / "b.dng").shot.tags
    back = BlackLevel(Cfa.GRBG).develop(read_raw(tmp_path / "b.dng"))
    assert abs(back.data - mosaic.data).max() <= 1 / 65535


def test_a_frame_whose_levels_were_changed_is_not_given_the_files_black(tmp_path: Path) -> None:
    uneven_dng(tmp_path / "a.dng", UNEVEN["deltas"])
    frame = read_raw(tmp_path / "a.dng")
    profile = frame.need_profile()
    darker = tuple(level - 1 for level in profile.black_level_dn)
    changed: Frame = replace(frame, profile=profile.with_fields(black_level_dn=darker))

    assert black_as_it_came(changed)[1] == ()
    with pytest.raises(FrameError, match="are not integers"):
        write_dng(tmp_path / "b.dng", changed)


def test_a_plain_file_keeps_no_black_tags(tmp_path: Path) -> None:
    uneven_dng(tmp_path / "a.dng", {50713: (3, 2, (2, 2)), 50714: (3, 4, (60, 61, 62, 63))})

    assert "black" not in read_raw(tmp_path / "a.dng").shot.tags
