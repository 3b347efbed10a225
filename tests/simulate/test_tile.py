"""A tile of a sensor sees its own colours, levels and defects where they are."""

from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile
from simulate.tile import black_level, seen_from
from tests.strategies import PATTERNS

PROFILE = SensorProfile(
    name="t", cfa=Cfa.RGGB, bit_depth=12, black_level_dn=(10.0, 20.0, 30.0, 40.0),
    white_level_dn=4095.0,
    readings=(Reading(iso=100, system_gain_dn_per_e=1.0, colour_bias_dn=(0.1, 0.2, 0.3, 0.4)),),
    defects=(Defect(row=5, column=7), Defect(row=1, column=9)),
)  # fmt: skip


def test_a_tile_counts_from_its_first_photosite() -> None:
    tile = seen_from(PROFILE, (3, 4))

    assert tile.cfa == Cfa.GBRG
    assert tile.black_level_dn == (30.0, 40.0, 10.0, 20.0)
    assert tile.readings[0].colour_bias_dn == (0.3, 0.4, 0.1, 0.2)
    assert tile.defects == (Defect(row=2, column=3),)


def test_the_whole_sensor_is_its_own_profile() -> None:
    assert seen_from(PROFILE, (0, 0)) is PROFILE


@pytest.mark.parametrize("origin", [(0, 0), (1, 0), (0, 1), (3, 5), (6, 2)])
def test_a_tile_s_black_level_is_the_crop_of_the_sensor_s(origin: tuple[int, int]) -> None:
    noise = PROFILE.at_iso(torch.tensor([100.0]))
    whole = black_level(PROFILE, noise, (0, 0), (12, 12))

    tile = black_level(PROFILE, noise, origin, (4, 6))

    y, x = origin
    assert torch.equal(tile, whole[..., y : y + 4, x : x + 6])
    assert whole[0, 0, :2, :2].flatten().tolist() == pytest.approx([10.1, 20.2, 30.3, 40.4])


def test_each_image_has_its_own_error_of_the_black_level() -> None:
    noise = replace(
        PROFILE.at_iso(torch.tensor([100.0, 100.0])),
        colour_bias_dn=torch.tensor([[0.0] * 4, [1.0] * 4]),
    )

    levels = black_level(PROFILE, noise, (0, 0), (2, 2))

    assert torch.equal(levels[1] - levels[0], torch.ones(1, 2, 2))


def grid(values: tuple[float, ...], cfa: Cfa, height: int, width: int) -> torch.Tensor:
    """Values of a period laid out by counting, (h, w)."""
    rows, columns = cfa.period
    cells = [
        [values[y % rows * columns + x % columns] for x in range(width)] for y in range(height)
    ]
    return torch.tensor(cells)


@pytest.mark.parametrize("origin", [(0, 0), (1, 0), (0, 1), (3, 10), (7, 5), (12, 36)])
@pytest.mark.parametrize("cfa", PATTERNS, ids=lambda c: c.name)
def test_every_photosite_of_any_pattern_keeps_its_colour_its_black_and_its_error(
    cfa: Cfa, origin: tuple[int, int]
) -> None:
    """In a period of two a step forwards is one back; X-Trans, nona and others tell them apart."""
    y, x = origin
    sites = cfa.period[0] * cfa.period[1]
    blacks, bias = tuple(64.0 + k for k in range(sites)), tuple(0.25 * k for k in range(sites))
    readings = (
        Reading(iso=100.0, system_gain_dn_per_e=1.0, colour_bias_dn=bias),
        Reading(iso=200.0, system_gain_dn_per_e=2.0),
    )
    profile = replace(PROFILE, cfa=cfa, black_level_dn=blacks, readings=readings)

    tile = seen_from(profile, origin)

    def whole(values: tuple[float, ...]) -> torch.Tensor:
        return grid(values, cfa, y + 13, x + 14)[y:, x:]

    assert torch.equal(grid(tile.black_level_dn, tile.cfa, 13, 14), whole(blacks))
    moved = tile.readings[0].colour_bias_dn
    assert torch.equal(grid(moved, tile.cfa, 13, 14), whole(bias))
    assert tile.readings[1].colour_bias_dn == ()
    for i, j in ((0, 0), (1, 2), (5, 3), (11, 12)):
        (rows, columns), (p, q) = tile.cfa.period, cfa.period
        assert tile.cfa.pattern[i % rows][j % columns] == cfa.pattern[(y + i) % p][(x + j) % q]
    levels = black_level(profile, profile.at_iso(torch.tensor([100.0, 200.0])), origin, (13, 14))
    assert torch.equal(levels[0, 0], whole(blacks) + whole(bias))
    assert torch.equal(levels[1, 0], whole(blacks))
