"""Streamed sums give the means and variances that the frames themselves give."""

import numpy as np
import pytest

from calibration.moments import gather, mean_and_variance
from isp.core.errors import CalibrationError

RANDOM = np.random.Generator(np.random.Philox(11))
FRAMES = np.rint(RANDOM.normal(1000, 12, (5, 24, 18)))


@pytest.mark.parametrize("site", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_variance_is_the_frames_own_with_each_frames_mean_taken_out(
    site: tuple[int, int],
) -> None:
    part = FRAMES[:, site[0] :: 2, site[1] :: 2]
    away = part - part.mean((1, 2), keepdims=True)

    mean, variance = mean_and_variance(gather(FRAMES, period=(2, 2)), site, groups=4)

    assert mean[0] == pytest.approx(part.mean(), rel=1e-12)
    assert variance[0] == pytest.approx(away.var(0, ddof=1).mean(), rel=1e-9)


def test_a_pair_gives_emvas_formula() -> None:
    a, b = FRAMES[0], FRAMES[1] + 3  # the second in brighter light

    _, variance = mean_and_variance(gather([a, b]), (0, 0), groups=3)

    expected = ((a - b) ** 2).mean() / 2 - (a.mean() - b.mean()) ** 2 / 2
    assert variance[0] == pytest.approx(expected, rel=1e-9)


def test_a_replicate_leaves_out_every_so_many_th_row() -> None:
    kept = np.delete(FRAMES, np.arange(1, 24, 4), axis=1)

    mean, variance = mean_and_variance(gather(FRAMES), (0, 0), groups=4)
    other_mean, other_variance = mean_and_variance(gather(kept), (0, 0), groups=3)

    assert mean[2] == pytest.approx(other_mean[0], rel=1e-12)
    assert variance[2] == pytest.approx(other_variance[0], rel=1e-9)


def test_large_numbers_keep_their_digits() -> None:
    high = 60_000 + RANDOM.integers(0, 2, (2, 64, 64))

    _, variance = mean_and_variance(gather(high), (0, 0), groups=2)

    a, b = high - 60_000
    assert variance[0] == pytest.approx(
        ((a - b) ** 2).mean() / 2 - (a.mean() - b.mean()) ** 2 / 2, rel=1e-10
    )


def test_clipped_values_are_counted_by_site() -> None:
    frame = np.zeros((4, 4))
    frame[::2, 1::2] = 255

    moments = gather([frame, np.zeros((4, 4))], period=(2, 2), limit_dn=255)

    assert moments.clipped.tolist() == [[0, 0.5], [0, 0]]


def test_frame_means_show_a_drift() -> None:
    moments = gather([np.full((4, 6), 10.0), np.full((4, 6), 12.0)])

    assert moments.frame_means.tolist() == [10, 12]


def test_the_mean_image_can_be_let_go() -> None:
    moments = gather(FRAMES, period=(2, 2))

    np.testing.assert_allclose(moments.site_image((1, 0)), FRAMES.mean(0)[1::2, ::2])
    with pytest.raises(CalibrationError, match="not kept"):
        moments.without_image().site_image((0, 0))


def test_frames_of_two_sizes_are_refused() -> None:
    with pytest.raises(CalibrationError, match="6 x 4 and 4 x 6"):
        gather([np.zeros((4, 6)), np.zeros((6, 4))])


def test_no_frame_is_refused() -> None:
    with pytest.raises(CalibrationError, match="no frame"):
        gather([])


def test_one_frame_has_no_variance() -> None:
    with pytest.raises(CalibrationError, match="two frames"):
        mean_and_variance(gather(FRAMES[:1]), (0, 0), groups=2)


def test_fewer_rows_than_groups_are_refused() -> None:
    with pytest.raises(CalibrationError, match="too few"):
        mean_and_variance(gather(FRAMES), (0, 0), groups=25)
