"""What neighbours of one colour say of a pixel."""

import pytest
import torch

from isp.merge.neighbours import flat_around, neighbours, pooled, sum_of_others, surroundings


def plane(*rows: list[float]) -> torch.Tensor:
    return torch.tensor(rows)[None, None]


def test_a_pixel_has_no_say_in_the_mean_of_its_neighbours() -> None:
    light = plane([1.0, 2.0, 3.0], [4.0, 1e6, 6.0], [7.0, 8.0, 9.0])

    around, spread = neighbours(light, torch.full_like(light, 0.5), (1, 1))

    assert float(around[0, 0, 1, 1]) == 5.0
    assert float(spread[0, 0, 1, 1]) == pytest.approx(2 / 8)


def test_unknown_neighbours_are_passed_over() -> None:
    light = plane([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0])
    information = torch.ones_like(light)
    information[..., 2, :] = 0

    around, spread = neighbours(light, information, (1, 1))

    assert float(around[0, 0, 1, 1]) == pytest.approx((1 + 2 + 3 + 4 + 6) / 5)
    assert float(spread[0, 0, 1, 1]) == pytest.approx(1 / 5)


def test_neighbours_are_of_the_same_colour() -> None:
    light = torch.arange(2.0).repeat(6)[None, None, None, :].expand(1, 1, 8, 12)

    around, _ = neighbours(light, torch.ones_like(light), (2, 2))

    torch.testing.assert_close(around, light)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (2, 3)])
def test_any_size_is_taken(size: tuple[int, int]) -> None:
    light = torch.full((1, 3, *size), 2.0)

    around, _ = neighbours(light, torch.ones_like(light), (2, 2))

    torch.testing.assert_close(around, light)


def test_a_pixel_is_pooled_with_neighbours_that_noise_explains() -> None:
    light = torch.zeros(1, 1, 5, 5)
    light[..., 2, 2] = 2.0

    together = pooled(light, torch.ones_like(light), (1, 1))

    # Its own variance is 1, that of the mean of eight is 1/8: (2 / 8 + 0 x 1) / (9 / 8).
    assert float(together[0, 0, 2, 2]) == pytest.approx(2 / 9)


def test_a_pixel_beside_an_edge_stays_its_own() -> None:
    light = torch.zeros(1, 1, 5, 5)
    light[..., 2, 2] = 4.0  # 3 deviations of 1 + 1/8 are 3.18

    assert float(pooled(light, torch.ones_like(light), (1, 1))[0, 0, 2, 2]) == 4.0


def test_where_nothing_is_known_nothing_is_pooled() -> None:
    light = torch.full((1, 1, 3, 3), 7.0)

    assert pooled(light, torch.zeros_like(light), (1, 1)).unique().tolist() == [7.0]


def test_surroundings_weigh_by_information_and_leave_the_pixel_out() -> None:
    light = plane([1.0, 2.0, 3.0], [4.0, 1e6, 6.0], [7.0, 8.0, 9.0])
    information = plane([3.0, 1.0, 1.0], [1.0, 5.0, 0.0], [1.0, 1.0, 1.0])

    mean, doubt = surroundings(light, information, (1, 1), 1)

    assert float(mean[0, 0, 1, 1]) == pytest.approx((3 * 1 + 2 + 3 + 4 + 7 + 8 + 9) / 9)
    assert float(doubt[0, 0, 1, 1]) == pytest.approx(1 / 9)


def test_surroundings_are_of_one_colour() -> None:
    light = torch.arange(64.0).reshape(1, 1, 8, 8)
    light[..., ::2, ::2] = 5.0

    mean, _ = surroundings(light, torch.ones_like(light), (2, 2), 2)

    torch.testing.assert_close(mean[..., ::2, ::2], torch.full((1, 1, 4, 4), 5.0))


@pytest.mark.parametrize("radius", [1, 3, 7, 14])
@pytest.mark.parametrize("period", [(1, 1), (2, 2), (6, 3)])
def test_a_sum_of_others_is_the_convolution_with_a_square_that_has_a_hole(
    radius: int, period: tuple[int, int]
) -> None:
    values = torch.rand(2, 2, 23, 40, generator=torch.Generator().manual_seed(1)).double()
    square = torch.ones(2, 1, 2 * radius + 1, 2 * radius + 1, dtype=torch.float64)
    square[..., radius, radius] = 0

    wanted = torch.nn.functional.conv2d(
        values, square, padding=(radius * period[0], radius * period[1]), dilation=period, groups=2
    )

    torch.testing.assert_close(sum_of_others(values, period, radius), wanted)


def test_noise_and_a_gradient_are_flat_and_texture_is_not() -> None:
    noise = torch.randn(1, 1, 200, 200, generator=torch.Generator().manual_seed(1))
    slope = torch.arange(200.0).expand(200, 200)
    texture = 2.0 * torch.randn(1, 1, 200, 200, generator=torch.Generator().manual_seed(2))

    still, steep, rough = (
        flat_around(light, torch.ones_like(noise), (1, 1), 3)
        for light in (noise, noise + slope, noise + texture)
    )

    # Chi^2 of 48 over 48 is beyond 1 + 4 sqrt(2 / 48) in 3e-4 of the cases.
    assert float(still.float().mean()) > 1 - 2e-3
    assert float(steep[..., 6:-6, 6:-6].float().mean()) > 1 - 2e-3
    assert float(rough.float().mean()) < 1e-2


def test_nobody_around_is_not_flat() -> None:
    light = torch.ones(1, 1, 1, 1)

    mean, doubt = surroundings(light, light, (1, 1), 3)
    flat = flat_around(light, light, (1, 1), 3)

    assert (float(mean), float(doubt), bool(flat)) == (0, 0, False)
