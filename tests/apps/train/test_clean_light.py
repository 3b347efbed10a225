"""A pack gives back the light that went in, within its codes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.train.clean_light import CODES, CleanLight, Mosaic, pack_light
from isp.core.errors import FileError, UsageError


def mosaics() -> list[Mosaic]:
    random = np.random.default_rng(5)
    sizes = ((6, 8), (4, 10))
    return [
        Mosaic(name=f"scene {i}", light=random.random(size, dtype=np.float32))
        for i, size in enumerate(sizes)
    ]


def test_light_comes_back_within_half_a_code_of_its_root(tmp_path: Path) -> None:
    size = pack_light(mosaics(), tmp_path)

    light = CleanLight(tmp_path)
    assert (len(light), light.names, light.size(1)) == (2, ["scene 0", "scene 1"], (4, 10))
    assert size == 2 * (48 + 40)
    for packed, given in zip(light.mosaics(), mosaics(), strict=True):
        away = np.abs(np.sqrt(packed.light) - np.sqrt(given.light))
        assert float(away.max()) <= 0.51 / CODES


def test_a_crop_is_that_part_of_the_mosaic(tmp_path: Path) -> None:
    pack_light(mosaics(), tmp_path)

    crop = CleanLight(tmp_path).crop(1, 2, 4, 2)

    torch.testing.assert_close(
        crop, torch.from_numpy(mosaics()[1].light[2:4, 4:6]), rtol=1e-3, atol=1e-4
    )


def test_light_above_white_is_white(tmp_path: Path) -> None:
    pack_light([Mosaic(name="lamp", light=np.full((2, 2), 7.0, np.float32))], tmp_path)

    assert CleanLight(tmp_path).crop(0, 0, 0, 2).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_odd_sides_empty_packs_and_too_many_bytes_are_refused(tmp_path: Path) -> None:
    odd = Mosaic(name="odd", light=np.ones((3, 4), np.float32))
    with pytest.raises(UsageError, match="odd is 3 x 4"):
        pack_light([odd], tmp_path)
    with pytest.raises(UsageError, match="1 mosaic or more"):
        pack_light([], tmp_path)
    with pytest.raises(UsageError, match="100 bytes at most"):
        pack_light(mosaics(), tmp_path, most_bytes=100)


def test_a_folder_without_a_pack_is_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="fullwell train light"):
        CleanLight(tmp_path)
