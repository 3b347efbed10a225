"""Listed defects take the values that the stage gives them."""

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.fused.listed_defects import ListedDefects
from isp.stages.defects import correct_defects
from tests.isp.fused.frames import profile_of

EVERY_THIRD = tuple((k // 12, k % 12) for k in range(0, 132, 3))


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (11, 12), (4, 3)], ids=str)
@pytest.mark.parametrize("listed", [((0, 0),), ((2, 1), (2, 3), (4, 1)), EVERY_THIRD])
def test_values_are_the_stage_s(size: tuple[int, int], listed: tuple[tuple[int, int], ...]) -> None:
    mosaic = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(5))
    found = ListedDefects.of(profile_of(Cfa.RGGB, listed), size)
    defective = torch.zeros_like(mosaic)
    defective[..., found.rows, found.columns] = 1

    ones = np.ones((2, 2), np.float32)
    values = found.corrected(mosaic[0, 0].numpy(), 0 * ones, ones)

    stage = correct_defects(mosaic, defective, Cfa.RGGB)[0, 0].numpy()
    np.testing.assert_allclose(values, stage[found.rows, found.columns], rtol=1e-6)


def test_each_site_has_its_own_black_and_scale() -> None:
    dn = np.full((6, 6), 100.0, np.float32)
    black = np.array([[10, 20], [30, 40]], np.float32)
    scale = np.array([[1, 2], [3, 4]], np.float32)
    found = ListedDefects.of(profile_of(Cfa.RGGB, ((2, 2), (2, 3), (3, 2), (3, 3))), (6, 6))

    assert found.corrected(dn, black, scale).tolist() == [90, 160, 210, 240]


def test_defects_are_distinct_inside_the_picture_and_in_reading_order() -> None:
    listed = ((3, 1), (0, 4), (3, 1), (9, 0), (0, 5), (3, 0))

    found = ListedDefects.of(profile_of(Cfa.RGGB, listed), (5, 5))

    assert list(zip(found.rows, found.columns, strict=True)) == [(0, 4), (3, 0), (3, 1)]
    assert found.first_of_row.tolist() == [0, 1, 1, 1, 3, 3]


def test_without_a_profile_there_are_none() -> None:
    found = ListedDefects.of(None, (5, 5))

    assert found.first_of_row.tolist() == [0] * 6
    assert found.corrected(np.ones((5, 5), np.float32), *np.ones((2, 2, 2), np.float32)).size == 0
