"""A table says how it is laid out, and refuses what is no table."""

import numpy as np
import pytest

from isp.core.errors import FrameError
from isp.core.lut import Lut


def test_the_identity_gives_each_corner_its_own_colour() -> None:
    lut = Lut.identity(3)

    assert (lut.size, lut.is_cube) == (3, True)
    assert lut.table[2, 1, 0].tolist() == [0.0, 0.5, 1.0]  # blue, green, red


@pytest.mark.parametrize(
    ("shape", "trouble"),
    [((4,), "came"), ((4, 4, 3), "came"), ((4, 4, 5, 3), "came"), ((4, 2), "came"),
     ((1, 3), "2 to 65536"), ((65537, 3), "2 to 65536"), ((1, 1, 1, 3), "2 to 256")],
)  # fmt: skip
def test_another_layout_or_size_is_refused(shape: tuple[int, ...], trouble: str) -> None:
    with pytest.raises(FrameError, match=trouble):
        Lut(table=np.zeros(shape, np.float32))


def test_what_is_no_number_and_what_does_not_rise_is_refused() -> None:
    with pytest.raises(FrameError, match="finite"):
        Lut(table=np.full((2, 3), np.nan, np.float32))
    with pytest.raises(FrameError, match="a domain rises"):
        Lut(table=np.zeros((2, 3), np.float32), domain_max=(1.0, 0.0, 1.0))


def test_the_hash_is_of_the_table_and_its_domain() -> None:
    table = np.array([[0.0] * 3, [0.5] * 3], np.float32)
    lut = Lut(table=table)

    assert lut.sha256 == Lut(table=table.copy(), title="the same").sha256
    assert lut.sha256 != Lut(table=table + 0.25).sha256
    assert lut.sha256 != Lut(table=table, domain_max=(1.0, 1.0, 2.0)).sha256
