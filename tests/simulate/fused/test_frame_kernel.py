"""The kernel of a frame visits every photosite once, whatever the rows and the tile."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from isp.core.kernels.poisson_row import ROW
from isp.core.poisson import quantile
from isp.core.poisson_series import A_COEFFICIENTS, C0_COEFFICIENTS, S_RANGE
from isp.core.rng import Draws, Effect
from simulate.fused.frame_kernel import capture_rows
from simulate.fused.maps import GAUSSIAN


def electrons(height: int, width: int, origin: tuple[int, int], bands: list[int]) -> np.ndarray:
    """Counts of mean 20, read out at one DN per electron without noise."""
    draws = Draws(seed=1, effect=Effect.SHOT, sensor="s", origin=origin)
    dn = np.full((height, width), -1, np.float32)
    masks = np.zeros((height, width), bool), np.zeros((height, width), bool)
    none = np.empty((height, 0), np.float32)
    for first, last in pairwise(bands):
        sound = capture_rows(
            np.full((height, width), 20, np.float32), none, none, none,
            np.zeros(height, np.float32), np.zeros(width, np.float32), np.ones(width, np.float32),
            np.zeros((1, width), np.float32), first, last, *origin, *draws.key, 0, 0,
            int(Effect.SHOT) << 24, int(Effect.READ) << 24, 0.0, 0.0, np.float32(1e6),
            np.float32(1e6), GAUSSIAN, np.float32(0), np.float32(0), True, 1.0, 65535.0,
            np.float32(65535), np.array(A_COEFFICIENTS), np.array(C0_COEFFICIENTS), *S_RANGE,
            dn, *masks,
        )  # fmt: skip
        assert sound
    return dn


@pytest.mark.parametrize("width", [1, 3, 4, 5, ROW - 1, ROW, ROW + 1, 2 * ROW + 3])
@pytest.mark.parametrize("origin", [(0, 0), (5, 1), (9, 2), (40_000, 200_003)])
def test_each_photosite_has_the_count_of_its_address(width: int, origin: tuple[int, int]) -> None:
    draws = Draws(seed=1, effect=Effect.SHOT, sensor="s", origin=origin)
    words = draws.words(3, width).reshape(-1)
    reference = quantile(torch.full((len(words),), 20.0, dtype=torch.float64), words)

    found = electrons(3, width, origin, [0, 1, 3])

    np.testing.assert_array_equal(found, reference.reshape(3, width).numpy())


def test_rows_that_are_not_asked_for_are_left_alone() -> None:
    found = electrons(6, 10, (0, 0), [2, 4])

    assert (found[2:4] >= 0).all()
    assert (found[:2] == -1).all()
    assert (found[4:] == -1).all()
