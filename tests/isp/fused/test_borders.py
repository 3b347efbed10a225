"""Outside the borders stands what the stages' padding puts there."""

import pytest
import torch

from isp.core.cfa import reflect_whole_periods
from isp.fused.borders import MARGIN, mirrored


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 5), (5, 1), (2, 7), (7, 2), (3, 3), (4, 4), (9, 6)], ids=str
)
def test_the_mosaic_read_at_the_places_is_the_padded_mosaic(size: tuple[int, int]) -> None:
    mosaic = torch.arange(float(size[0] * size[1])).reshape(1, 1, *size)

    rows, columns = mirrored(size)

    inner = columns[MARGIN - 2 : len(columns) - MARGIN + 2]
    padded = reflect_whole_periods(mosaic, (2, 2), (2, 2, 2, 2))
    assert torch.equal(mosaic[..., rows, :][..., inner], padded)
    assert len(columns) == size[1] + 2 * MARGIN
    assert 0 <= columns.min() <= columns.max() < size[1]


def test_the_border_s_own_row_and_column_are_not_repeated() -> None:
    rows, columns = mirrored((5, 6))

    assert rows.tolist() == [2, 1, 0, 1, 2, 3, 4, 3, 2]
    assert columns[1:-1].tolist() == [2, 1, 0, 1, 2, 3, 4, 5, 4, 3]
