"""The limits of a sensor's effects: what is refused, and that the limit itself is allowed."""

from dataclasses import replace

import pytest

from isp.core.cfa import Cfa
from isp.core.effect_limits import NOT_NEGATIVE, READING_NOT_NEGATIVE, SHARES, check_effects
from isp.core.errors import ProfileError
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile

READING = Reading(iso=100.0, system_gain_dn_per_e=0.25)
NAN, INFINITE = float("nan"), float("inf")


def profile(**changes: object) -> SensorProfile:
    values = {
        "name": "test", "cfa": Cfa.RGGB, "bit_depth": 12, "black_level_dn": (64.0,) * 4,
        "white_level_dn": 4095.0, "readings": (READING,),
    }  # fmt: skip
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def refused(message: str, **changes: object) -> None:
    with pytest.raises(ProfileError, match=message) as caught:
        profile(**changes)
    assert 'sensor "test"' in str(caught.value)


@pytest.mark.parametrize("value", [-1e-9, NAN, INFINITE])
@pytest.mark.parametrize("name", NOT_NEGATIVE)
def test_what_cannot_be_negative_is_refused_by_name(name: str, value: float) -> None:
    refused(f"{name} must be >= 0, got {value}", **{name: value})


@pytest.mark.parametrize("name", NOT_NEGATIVE)
def test_no_such_effect_is_zero(name: str) -> None:
    assert getattr(profile(**{name: 0.0}), name) == 0


@pytest.mark.parametrize("value", [-1e-9, 1 + 1e-9, NAN])
@pytest.mark.parametrize("name", SHARES)
def test_a_share_is_between_nothing_and_all(name: str, value: float) -> None:
    refused(f"{name} is a share in 0..1, got {value}", **{name: value})


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_may_be_nothing_or_all(name: str, value: float) -> None:
    if name == "full_well_knee" and value == 0:
        refused("full_well_knee must be above 0", full_well_knee=0.0)
    else:
        assert getattr(profile(**{name: value}), name) == value


@pytest.mark.parametrize("value", [0.0, -0.1, 0.5 + 1e-9, NAN])
def test_banding_is_slower_than_every_other_row(value: float) -> None:
    """0.5 cycles per row is Nyquist's limit; 0 would be an offset."""
    refused("banding_frequency_cycles_per_row is in 0..0.5", banding_frequency_cycles_per_row=value)


def test_banding_of_every_other_row_is_allowed() -> None:
    assert profile(banding_frequency_cycles_per_row=0.5)


@pytest.mark.parametrize("order", ["EMVA", "", "pmn"])
def test_an_unknown_order_is_refused(order: str) -> None:
    refused(f'read_out_order is emva or eld, got "{order}"', read_out_order=order)


@pytest.mark.parametrize("occupancy", [0.0, 1.0])
def test_a_site_that_never_switches_is_not_an_rts_site(occupancy: float) -> None:
    refused("rts_occupancy is between 0 and 1", rts_fraction=0.1, rts_occupancy=occupancy)


@pytest.mark.parametrize(("occupancy", "least"), [(0.5, 2.0), (0.75, 4.0), (0.2, 1.25)])
def test_a_stay_is_no_shorter_than_independent_frames_give(occupancy: float, least: float) -> None:
    """A coin of probability p stays heads for 1 / (1 - p) throws."""
    settings = {"rts_fraction": 0.1, "rts_occupancy": occupancy}

    assert profile(**settings, rts_dwell_frames=least)
    refused(
        f"rts_dwell_frames .* is below {least:g}", **settings, rts_dwell_frames=least * (1 - 1e-6)
    )
    refused("rts_dwell_frames", **settings, rts_dwell_frames=NAN)


def test_without_rts_sites_their_numbers_do_not_matter() -> None:
    assert profile(rts_fraction=0.0, rts_occupancy=1.0, rts_dwell_frames=0.1)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ((0,), "must rise"),
        ((0, 5, 5), "must rise"),
        ((0, 5, 4), "must rise"),
        ((-1, 5), "must rise"),
        ((0, 4096), "ends at DN 4096, which does not fit 12 bits"),
    ],
)
def test_a_table_that_does_not_rise_within_the_converter_is_refused(
    table: tuple[int, ...], message: str
) -> None:
    refused(message, linearization_table_dn=table)


def test_a_table_of_every_code_is_allowed() -> None:
    assert profile(linearization_table_dn=tuple(range(4096)))
    refused("does not fit 16 bits", bit_depth=16, linearization_table_dn=tuple(range(65537)))


@pytest.mark.parametrize("value", [-1e-9, NAN, INFINITE])
@pytest.mark.parametrize("name", READING_NOT_NEGATIVE)
def test_a_reading_s_noise_is_refused_with_its_iso(name: str, value: float) -> None:
    loud = replace(READING, iso=800.0, **{name: value})

    refused(f"{name} at ISO 800 must be >= 0, got {value}", readings=(READING, loud))


@pytest.mark.parametrize(
    ("shape", "scale"), [(0.1, None), (None, 1.0)], ids=["no scale", "no shape"]
)
def test_a_heavy_tail_needs_shape_and_scale(shape: float | None, scale: float | None) -> None:
    half = replace(READING, tukey_lambda_shape=shape, tukey_lambda_scale_e=scale)

    refused("at ISO 100 needs shape and scale", readings=(half,))


@pytest.mark.parametrize(
    ("shape", "scale"),
    [(-0.5, 1.0), (-0.401, 1.0), (3.1, 1.0), (NAN, 1.0), (INFINITE, 1.0), (0.1, -1.0), (0.1, NAN),
     (0.1, INFINITE)],
)  # fmt: skip
def test_a_tail_that_one_word_cannot_draw_is_refused(shape: float, scale: float) -> None:
    heavy = replace(READING, tukey_lambda_shape=shape, tukey_lambda_scale_e=scale)

    refused("scale >= 0 and a shape in -0.4..3.0", readings=(heavy,))


def test_a_very_heavy_tail_is_allowed() -> None:
    assert profile(readings=(replace(READING, tukey_lambda_shape=-0.4, tukey_lambda_scale_e=0.0),))


@pytest.mark.parametrize("bias", [(1.0,), (1.0,) * 5])
def test_a_black_level_error_has_a_value_for_each_site(bias: tuple[float, ...]) -> None:
    refused(
        f"colour_bias_dn at ISO 100 needs 4 values, got {len(bias)}",
        readings=(replace(READING, colour_bias_dn=bias),),
    )


@pytest.mark.parametrize("value", [NAN, INFINITE])
def test_a_black_level_error_is_finite(value: float) -> None:
    refused(
        "colour_bias_dn at ISO 100 must be finite",
        readings=(replace(READING, colour_bias_dn=(0.0, 0.0, value, 0.0)),),
    )


def test_a_sound_profile_passes() -> None:
    check_effects(profile())


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("levels must be finite", {"black_level_dn": (64.0, NAN, 64.0, 64.0)}),
        ("levels must be finite", {"white_level_dn": NAN}),
        ("at most 2", {"full_well_e": 2e7}),
        ("doublings of dark current", {"temperature_c": 9000.0}),
        ("rts_amplitude_e is at most", {"rts_amplitude_e": 1e308}),
        ("dsnu_e is at most", {"dsnu_e": 1e308}),
    ],
)
def test_numbers_beyond_any_sensor_are_refused(words: str, changes: dict[str, object]) -> None:
    refused(words, **changes)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("gain and ISO", {"system_gain_dn_per_e": INFINITE}),
        ("branch at ISO 100 counts from 0", {"branch": -1}),
        ("read_noise_e at ISO 100 is at most", {"read_noise_e": 1e12}),
    ],
)
def test_a_reading_beyond_any_sensor_is_refused(words: str, changes: dict[str, float]) -> None:
    refused(words, readings=(replace(READING, **changes),))
