"""Captures of the account: as dark as the case says, with its noise, the same for every method."""

import math

import pytest
import torch

from apps.bench.denoising.captures import CAMERAS, Case, captured
from isp.core.errors import UsageError

EVEN = torch.full((1, 4, 96, 96), 0.25)


@pytest.mark.parametrize("camera", CAMERAS)
def test_amplified_light_has_the_mean_of_the_reference_and_the_noise_of_the_camera(
    camera: str,
) -> None:
    capture = captured(Case(camera=camera, ratio=100.0), EVEN, 0)
    state = capture.captured()

    variance = 0.25 * float(state.white_e.mean()) + float(state.dark_variance_e2)
    noise = math.sqrt(variance) / float(state.white_e.mean())
    # Rows share noise: 192 of them, whose share is a tenth of the variance at most here.
    error = noise * math.sqrt(1 / EVEN.numel() + 0.1 / 192)
    assert abs(float(capture.amplified.mean()) - 0.25) < 5 * error
    away = (state.electrons - 0.25 * state.white_e).square().mean()
    assert float(away) == pytest.approx(variance, rel=0.06)


def test_the_same_scene_gives_the_same_noise_and_another_ratio_another() -> None:
    case = Case(camera="SonyA7S2", ratio=100.0)
    first, again, other = (
        captured(each, EVEN, number).light_dn for each, number in ((case, 3), (case, 3), (case, 4))
    )

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("noise", ["eld", "poisson_gaussian", "poisson_gaussian_row"])
def test_a_case_has_the_noise_that_it_names_and_no_more(noise: str) -> None:
    readings = Case(camera="CanonEOS70D", ratio=100.0, noise=noise).profile().readings

    assert all((r.tukey_lambda_scale_e is not None) == (noise == "eld") for r in readings)
    assert all((r.row_noise_e > 0) == (noise != "poisson_gaussian") for r in readings)


def test_a_noise_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="pink"):
        Case(camera="SonyA7S2", ratio=100.0, noise="pink")
