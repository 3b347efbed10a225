"""Estimates use whole measured periods, each image and colour for itself."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.errors import FrameError
from isp.stages.illuminant.cells import by_colour, gains_of, measured_cells


def test_a_period_with_one_unmeasured_photosite_is_left_out_whole() -> None:
    measured = torch.ones(1, 1, 4, 6, dtype=torch.bool)
    measured[..., 1, 2] = False

    planes, whole = measured_cells(torch.zeros(1, 1, 4, 6), measured, Cfa.RGGB, "it")

    assert planes.dtype == torch.float64
    assert whole.tolist() == [[[[1, 0, 1], [1, 1, 1]]]]


def test_the_sites_of_a_colour_are_averaged() -> None:
    sites = torch.tensor([[1.0, 2.0, 4.0, 8.0]])

    assert by_colour(sites, Cfa.RGGB).tolist() == [[1.0, 3.0, 8.0]]
    assert by_colour(sites, Cfa.GBRG).tolist() == [[4.0, 4.5, 2.0]]


def test_gains_are_the_reciprocals_with_green_at_1() -> None:
    assert gains_of(torch.tensor([[2.0, 4.0, 1.0]]), "it").tolist() == [[2.0, 1.0, 4.0]]


def test_the_method_is_named_when_there_is_nothing_to_estimate_from() -> None:
    nothing = torch.zeros(1, 1, 4, 4, dtype=torch.bool)

    with pytest.raises(FrameError, match="it finds no measured photosites; pass gains"):
        measured_cells(torch.ones(1, 1, 4, 4), nothing, Cfa.RGGB, "it")
    with pytest.raises(FrameError, match="it finds a colour without edges"):
        gains_of(torch.tensor([[0.0, 1.0, 1.0]]), "it", "edges")
