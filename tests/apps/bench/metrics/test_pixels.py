"""Pictures that cannot be compared are refused with a reason."""

import numpy as np
import pytest

from apps.bench.metrics.pixels import paired
from isp.core.errors import FrameError

GREY = np.full((4, 5, 3), 0.5, np.float32)


def test_without_a_mask_every_pixel_counts() -> None:
    picture, truth, counts = paired(GREY, GREY, None)

    assert picture.dtype == truth.dtype == np.float64
    assert counts.shape == (4, 5)
    assert counts.all()


def test_a_pixel_counts_when_all_its_channels_do() -> None:
    mask = np.ones((4, 5, 3), dtype=bool)
    mask[1, 2, 0] = False

    counts = paired(GREY, GREY, mask)[2]

    assert np.argwhere(~counts).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("picture", "measured", "reason"),
    [
        (GREY[:3], None, "of one size"),
        (GREY[..., 0], None, "of one size"),
        (GREY * np.nan, None, "NaN or infinity"),
        (GREY, np.ones((4, 5)), "boolean mask, got float64"),
        (GREY, np.ones((5, 4), dtype=bool), r"covers \(5, 4\)"),
        (GREY, np.zeros((4, 5), dtype=bool), "no pixel of 4 x 5 is measured"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    picture: np.ndarray, measured: np.ndarray | None, reason: str
) -> None:
    with pytest.raises(FrameError, match=reason):
        paired(picture, GREY, measured)
