"""An image's error in decibels."""

import pytest
import torch

from enhance.losses.decibels import decibels


def test_it_is_minus_the_psnr_of_each_image() -> None:
    clean = torch.zeros(2, 4, 3, 3)
    estimate = torch.stack([torch.full((4, 3, 3), 0.1), torch.full((4, 3, 3), 0.01)])

    assert decibels(estimate, clean).tolist() == pytest.approx([-20.0, -40.0], abs=0.01)


def test_a_picture_that_is_right_asks_for_no_more() -> None:
    clean = torch.rand(1, 4, 3, 3)

    assert float(decibels(clean, clean)) == pytest.approx(-70, abs=1e-3)
