"""A mosaic is continued by its mirror image, and every photosite keeps its colour."""

import pytest
import torch
import torch.nn.functional as F

from enhance.even_padding import mirrored


@pytest.mark.parametrize(("before", "size"), [(0, 13), (1, 13), (1, 12)])
def test_it_is_torch_s_reflection_where_that_reaches(before: int, size: int) -> None:
    mosaic = torch.rand(2, 1, size, 5, generator=torch.Generator().manual_seed(1))

    long = mirrored(mosaic, -2, before, 16)

    assert long.shape[-2] == 16
    after = 16 - size - before
    expected = F.pad(mosaic, (0, 0, before, after), mode="reflect")
    assert torch.equal(long, expected)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 21])
def test_every_place_keeps_the_colour_of_its_phase(size: int) -> None:
    phases = torch.arange(size).reshape(1, 1, 1, size) % 2

    long = mirrored(phases, -1, 1, 16)

    assert torch.equal(long.flatten() % 2, (torch.arange(long.shape[-1]) + 1) % 2)
    assert torch.equal(long[..., 1 : size + 1], phases)


def test_a_single_pixel_is_all_there_is_to_continue() -> None:
    assert torch.equal(
        mirrored(torch.full((1, 1, 1, 1), 0.3), -1, 1, 4), torch.full((1, 1, 1, 4), 0.3)
    )


def test_a_size_that_fits_stays_as_it_is() -> None:
    mosaic = torch.rand(1, 1, 4, 8, generator=torch.Generator().manual_seed(2))

    assert torch.equal(mirrored(mosaic, -1, 0, 8), mosaic)
