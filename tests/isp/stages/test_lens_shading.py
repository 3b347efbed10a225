"""Lens shading: a map of gains per site, bilinear, that undoes what the simulator's lens does."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.stages.lens_shading import LensShading, correct_shading

WHOLE = torch.tensor([[0.0, 0.0, 3.0, 5.0]])


def profile_of(cfa: Cfa, shading: dict[str, tuple[float, ...]]) -> SensorProfile:
    sites = cfa.period[0] * cfa.period[1]
    return SensorProfile(
        name="lens", cfa=cfa, bit_depth=12, black_level_dn=(0.0,) * sites, white_level_dn=4095,
        readings=(), shading=shading,
    )  # fmt: skip


def test_gains_are_linear_from_the_first_photosite_to_the_last() -> None:
    grid = torch.tensor([[1.0, 3.0], [5.0, 7.0]]).reshape(1, 1, 1, 2, 2)

    changed = correct_shading(torch.ones(1, 1, 3, 5), grid, WHOLE)

    assert changed[0, 0].tolist() == [
        [1.0, 1.5, 2.0, 2.5, 3.0], [3.0, 3.5, 4.0, 4.5, 5.0], [5.0, 5.5, 6.0, 6.5, 7.0],
    ]  # fmt: skip


def test_each_site_has_its_own_map() -> None:
    grid = torch.arange(1.0, 5.0).reshape(1, 2, 2, 1, 1)

    changed = correct_shading(torch.ones(1, 1, 3, 5), grid, WHOLE)

    assert changed[0, 0].tolist() == [[1, 2, 1, 2, 1], [3, 4, 3, 4, 3], [1, 2, 1, 2, 1]]


def test_outside_the_frame_the_edge_holds() -> None:
    grid = torch.tensor([[2.0, 4.0]]).reshape(1, 1, 1, 1, 2)
    beyond = torch.tensor([[0.0, -3.0, 1.0, 3.0]])  # three columns left of the frame's first

    changed = correct_shading(torch.ones(1, 1, 1, 8), grid, beyond)

    assert changed.flatten().tolist() == [2, 2, 2, 2, 3, 4, 4, 4]


@pytest.mark.parametrize("cfa", [Cfa.GRBG, Cfa.XTRANS, Cfa.MONO], ids=lambda c: c.name)
def test_the_profiles_own_falloff_is_undone(cfa: Cfa) -> None:
    terms = {"R": (-0.3, -0.2), "G": (-0.25, -0.1), "B": (-0.2,), "Y": (-0.3, -0.2)}
    shading = {c: terms[c] for c in cfa.channels}
    height, width = 61, 90
    rows = 2 * torch.arange(height).double() + 1 - height
    columns = 2 * torch.arange(width).double() + 1 - width
    squared = (rows[:, None] ** 2 + columns**2) / (height**2 + width**2)
    light = torch.stack([1 + sum(k * squared**p for p, k in enumerate(shading[c], 1))
                         for c in cfa.channels])  # fmt: skip
    chosen = cfa.colour_map(height, width)
    dimmed = 0.5 * light.gather(0, chosen[None])[None].float()

    frame = Frame.start(dimmed, Domain.MOSAIC, profile=profile_of(cfa, shading))
    flat = LensShading(cfa).develop(frame).data

    # A gain of 1 / (1 - 0.3 r^2 - 0.2 r^4) bends by at most 9 per half diagonal squared there; on
    # 64 steps across the frame a chord is off by 9 / 8 / 32^2 in each direction.
    assert abs(flat - 0.5).max() < 0.5 * 2 * 9 / 8 / 32**2


def test_one_plane_serves_all_and_three_the_colours() -> None:
    frame = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC)

    one = LensShading(Cfa.RGGB, (((2.0,),),)).develop(frame)
    three = LensShading(Cfa.RGGB, (((2.0,),), ((3.0,),), ((4.0,),))).develop(frame)

    assert one.data.flatten().tolist() == [2, 2, 2, 2]
    assert three.data.flatten().tolist() == [2, 3, 3, 4]


@pytest.mark.parametrize(("strength", "gain"), [(0.0, 1.0), (0.5, 3.0), (1.0, 9.0)])
def test_strength_is_a_power_of_the_gain(strength: float, gain: float) -> None:
    frame = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC)

    assert LensShading(Cfa.RGGB, (((9.0,),),), strength).develop(frame).data[0, 0, 0, 0] == gain


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ((((1.0,),),) * 2, r"1 plane, 3 .* or 4 .* not 2"),
        ((((1.0, 2.0), (1.0,)),), "rectangles of one size"),
        ((((0.0,),),), "positive numbers"),
        ((((float("nan"),),),), "positive numbers"),
    ],
)
def test_a_map_that_cannot_be_is_refused(grid: tuple, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        LensShading(Cfa.RGGB, grid)
