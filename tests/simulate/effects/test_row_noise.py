"""Row noise: one deviation for a whole row, whatever the tile."""

import math

import torch

from isp.core.rng import Draws, Effect
from simulate.effects.row_noise import row_noise
from tests.statistics import normal_variance_error

SIGMAS = torch.tensor([0.5, 2.0])


def draws(origin: tuple[int, int] = (0, 0), **change: object) -> Draws:
    values = {"seed": 1, "effect": Effect.ROW, "item": torch.tensor([0, 1]), "origin": origin}
    return Draws(**(values | change))  # type: ignore[arg-type]


def dark(height: int, width: int) -> torch.Tensor:
    return torch.zeros(2, 1, height, width, dtype=torch.float64)


def test_all_photosites_of_a_row_move_together() -> None:
    noisy = row_noise(dark(50, 33), SIGMAS, draws())

    assert torch.equal(noisy, noisy[..., :1].expand_as(noisy))
    assert len(noisy[0, 0, :, 0].unique()) == 50


def test_each_image_has_its_own_standard_deviation() -> None:
    rows = 65_536
    noisy = row_noise(dark(rows, 1), SIGMAS, draws())

    for image, sigma in zip(noisy, SIGMAS.double().tolist(), strict=True):
        assert abs(float(image.mean())) < 4 * sigma / math.sqrt(rows)
        assert abs(float(image.var()) - sigma**2) < 4 * normal_variance_error(sigma, rows)


def test_a_tile_has_the_rows_of_its_place() -> None:
    whole = row_noise(dark(40, 50), SIGMAS, draws())
    tile = row_noise(dark(13, 17), SIGMAS, draws((7, 21)))

    assert torch.equal(tile, whole[..., 7:20, 21:38])


def test_the_next_frame_has_other_rows() -> None:
    first = row_noise(dark(65_536, 1), SIGMAS, draws())
    second = row_noise(dark(65_536, 1), SIGMAS, draws(frame=torch.tensor([1, 1])))

    difference = (second - first)[1]
    assert abs(float(difference.var()) - 8) < 4 * normal_variance_error(8**0.5, 65_536)


def test_no_row_noise_adds_nothing() -> None:
    signal = dark(4, 5) + 7

    assert torch.equal(row_noise(signal, torch.zeros(2), draws()), signal)
