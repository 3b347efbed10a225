"""The fixed pattern of a body: which maps it has, from which streams, and over which region."""

import itertools
import math

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from simulate.effects.dark_signal import dark_spread
from simulate.effects.dead_pixels import alive
from simulate.effects.dsnu import dsnu
from simulate.effects.fixed_lines import column_gain, column_offset, row_offset
from simulate.effects.full_well import well_map
from simulate.effects.hot_pixels import hot_current
from simulate.effects.prnu import prnu_gain
from simulate.effects.rts import rts_sites
from simulate.fixed_pattern import FixedPattern
from tests.statistics import NOISE_LIMIT, correlation

CPU = torch.device("cpu")
SIZE = (40, 52)
BODY = 3
EVERYTHING = {
    "prnu_percent": 2.0, "prnu_column_share": 0.3, "dead_pixel_fraction": 0.1,
    "dark_current_e_per_s": 5.0, "dark_current_nonuniformity": 0.2, "hot_pixel_fraction": 0.2,
    "hot_pixel_dark_current_e_per_s": 80.0, "hot_pixel_log_spread": 0.5, "full_well_e": 900.0,
    "full_well_spread_percent": 3.0, "dsnu_e": 2.0, "dsnu_column_share": 0.4, "column_fpn_e": 1.5,
    "row_fpn_e": 0.7, "column_gain_percent": 0.8, "rts_fraction": 0.15, "rts_amplitude_e": 20.0,
}  # fmt: skip


def pattern(
    body: int = BODY, origin: tuple[int, int] = (0, 0), size: tuple[int, int] = SIZE,
    name: str = "bench", **effects: object,
) -> FixedPattern:  # fmt: skip
    profile = SensorProfile(
        name=name, cfa=Cfa.MONO, bit_depth=12, black_level_dn=(64.0,), white_level_dn=4095.0,
        readings=(Reading(iso=100.0, system_gain_dn_per_e=1.0),), **effects,  # type: ignore[arg-type]
    )  # fmt: skip
    return FixedPattern.of(profile, body, origin, size, CPU)


def draws(effect: Effect, name: str = "bench") -> Draws:
    return Draws.fixed(BODY, effect, name)


def test_a_sensor_without_effects_has_no_maps() -> None:
    none = pattern()

    for name in ("gain", "dark_e_per_s", "wells", "offset_e", "column_gain", "rts"):
        assert getattr(none, name) is None, name


@pytest.mark.parametrize(
    ("effect", "name"),
    [
        ({"prnu_percent": 1.0}, "gain"),
        ({"dead_pixel_fraction": 0.1}, "gain"),
        ({"dark_current_e_per_s": 1.0, "dark_current_nonuniformity": 0.1}, "dark_e_per_s"),
        ({"hot_pixel_fraction": 0.1}, "dark_e_per_s"),
        ({"full_well_e": 100.0, "full_well_spread_percent": 1.0}, "wells"),
        ({"dsnu_e": 1.0}, "offset_e"),
        ({"column_fpn_e": 1.0}, "offset_e"),
        ({"row_fpn_e": 1.0}, "offset_e"),
        ({"column_gain_percent": 1.0}, "column_gain"),
        ({"rts_fraction": 0.1}, "rts"),
    ],
)
def test_each_effect_alone_makes_its_own_map_and_no_other(
    effect: dict[str, float], name: str
) -> None:
    made = pattern(**effect)

    for other in ("gain", "dark_e_per_s", "wells", "offset_e", "column_gain", "rts"):
        assert (getattr(made, other) is None) == (other != name), other


def test_even_dark_current_or_an_unknown_full_well_needs_no_map() -> None:
    assert pattern(dark_current_e_per_s=5.0).dark_e_per_s is None
    assert pattern(full_well_e=900.0).wells is None
    assert pattern(full_well_spread_percent=3.0).wells is None


def test_gains_are_prnu_and_dead_pixels() -> None:
    lives = alive(0.1, *SIZE, draws(Effect.DEAD_PIXEL), CPU)
    gains = prnu_gain(2.0, 0.3, *SIZE, draws(Effect.PRNU), draws(Effect.PRNU_COLUMN), CPU)

    assert torch.equal(pattern(**EVERYTHING).gain, gains * lives)
    assert torch.equal(pattern(dead_pixel_fraction=0.1).gain, lives)
    share = {"prnu_percent": 2.0, "prnu_column_share": 0.3}
    assert torch.equal(pattern(**share).gain, gains)


def test_dark_current_is_the_common_one_spread_and_the_hot_pixels_own() -> None:
    spread = 5 * dark_spread(0.2, *SIZE, draws(Effect.DARK_NONUNIFORMITY), CPU)
    hot = hot_current(0.2, 80.0, 0.5, *SIZE, draws(Effect.HOT_PIXEL), CPU)
    only_hot = {k: v for k, v in EVERYTHING.items() if k.startswith("hot")}

    assert torch.equal(pattern(**EVERYTHING).dark_e_per_s, (spread + hot).float())
    assert torch.equal(pattern(**only_hot).dark_e_per_s, hot.float())
    even = pattern(**only_hot, dark_current_e_per_s=5.0).dark_e_per_s
    assert torch.equal(even, (5.0 + hot).float())


def test_offsets_are_dsnu_columns_and_rows_together() -> None:
    pixels = dsnu(2.0, 0.4, *SIZE, draws(Effect.DSNU), draws(Effect.DSNU_COLUMN), CPU)
    columns = column_offset(1.5, SIZE[1], draws(Effect.COLUMN_OFFSET), CPU)
    rows = row_offset(0.7, SIZE[0], draws(Effect.ROW_OFFSET), CPU)

    assert torch.equal(pattern(**EVERYTHING).offset_e, (pixels + columns + rows).float())
    assert torch.equal(pattern(row_fpn_e=0.7).offset_e, rows.float().expand(1, 1, *SIZE))
    assert torch.equal(pattern(column_fpn_e=1.5).offset_e, columns.float().expand(1, 1, *SIZE))


def test_wells_amplifiers_and_switching_sites_are_the_effects_own() -> None:
    whole = pattern(**EVERYTHING)

    assert torch.equal(
        whole.wells, well_map(900.0, 3.0, *SIZE, draws(Effect.FULL_WELL), CPU).float()
    )
    gains = column_gain(0.8, SIZE[1], draws(Effect.COLUMN_GAIN), CPU)
    assert torch.equal(whole.column_gain, gains.float())
    for found, wanted in zip(
        whole.rts, rts_sites(0.15, *SIZE, draws(Effect.RTS_SITE), CPU), strict=True
    ):
        assert torch.equal(found, wanted)


def test_maps_are_float32_so_that_they_cost_half() -> None:
    whole = pattern(**EVERYTHING)

    for name in ("gain", "dark_e_per_s", "wells", "offset_e", "column_gain"):
        assert getattr(whole, name).dtype == torch.float32, name


@pytest.mark.parametrize(
    ("y", "x", "height", "width"),
    [(0, 0, 40, 52), (7, 21, 13, 17), (39, 51, 1, 1), (5, 0, 3, 52)],
)
def test_a_tile_has_the_pattern_of_its_place(y: int, x: int, height: int, width: int) -> None:
    whole = pattern(**EVERYTHING)
    tile = pattern(origin=(y, x), size=(height, width), **EVERYTHING)

    for name in ("gain", "dark_e_per_s", "wells", "offset_e"):
        cut = getattr(whole, name)[..., y : y + height, x : x + width]
        assert torch.equal(getattr(tile, name), cut), name
    assert torch.equal(tile.column_gain, whole.column_gain[..., x : x + width])
    switching = torch.zeros(SIZE, dtype=torch.bool)
    switching[whole.rts] = True
    here = torch.zeros(height, width, dtype=torch.bool)
    here[tile.rts] = True
    assert torch.equal(here, switching[y : y + height, x : x + width])


@pytest.mark.parametrize("change", [{"body": 4}, {"name": "other"}])
def test_another_body_or_sensor_has_another_pattern(change: dict[str, object]) -> None:
    mine, other = pattern(**EVERYTHING), pattern(**(EVERYTHING | change))

    assert torch.equal(pattern(**EVERYTHING).gain, mine.gain)
    for name in ("gain", "dark_e_per_s", "wells", "offset_e", "column_gain"):
        same = getattr(mine, name) == getattr(other, name)
        # Dead pixels agree at 0.1^2; all else by chance of float32 only.
        assert float(same.float().mean()) < 0.05, name
    assert not torch.equal(mine.rts[0][:100], other.rts[0][:100])


def test_no_two_effects_share_their_draws() -> None:
    """Each effect alone, as a field or a line: nowhere a correlation."""
    size = (100, 4000)
    alone = {
        "PRNU": pattern(size=size, prnu_percent=2.0).gain,
        "PRNU's columns": pattern(size=size, prnu_percent=2.0, prnu_column_share=1.0).gain,
        "dead": pattern(size=size, dead_pixel_fraction=0.5).gain,
        "dark": pattern(
            size=size, dark_current_e_per_s=9.0, dark_current_nonuniformity=0.1
        ).dark_e_per_s,
        "hot": pattern(size=size, hot_pixel_fraction=0.5, hot_pixel_log_spread=0.0).dark_e_per_s,
        "how hot": pattern(size=size, hot_pixel_fraction=1.0).dark_e_per_s.log(),
        "wells": pattern(size=size, full_well_e=1e4, full_well_spread_percent=3.0).wells,
        "DSNU": pattern(size=size, dsnu_e=1.0).offset_e,
        "DSNU's columns": pattern(size=size, dsnu_e=1.0, dsnu_column_share=1.0).offset_e,
        "columns": pattern(size=size, column_fpn_e=1.0).offset_e,
        "rows": pattern(size=size, row_fpn_e=1.0).offset_e,
        "amplifiers": pattern(size=size, column_gain_percent=1.0).column_gain.expand(1, 1, *size),
    }
    lines = {"PRNU's columns", "DSNU's columns", "columns", "amplifiers"}
    n = size[0] * size[1]

    for (first, a), (second, b) in itertools.combinations(alone.items(), 2):
        independent = size[1] if {first, second} <= lines else n
        assert abs(correlation(a, b)) < NOISE_LIMIT / math.sqrt(independent), (first, second)
