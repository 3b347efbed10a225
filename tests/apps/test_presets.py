"""Presets name the stages of the two ways to develop, for each kind of sensor."""

import pytest

from apps.presets import NAMES, preset, presets
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from tests.strategies import PATTERNS

MOSAIC = ("black_level", "defects", "white_balance", "highlights", "demosaic", "colour_matrix")


def test_srgb_goes_from_raw_to_a_picture_in_the_order_of_light() -> None:
    pipeline = presets("srgb", Cfa.GBRG)

    assert pipeline.names == (*MOSAIC, "exposure", "tone", "encode")
    assert pipeline["black_level"].domain_in is Domain.RAW
    assert pipeline["encode"].domain_out is Domain.SDR


def test_hdr_linear_ends_in_unbounded_light() -> None:
    pipeline = presets("hdr_linear", Cfa.RGGB)

    assert pipeline.names == (*MOSAIC, "exposure")
    assert pipeline["exposure"].domain_out is Domain.LINEAR


def test_nothing_is_brightened_or_toned_unless_asked() -> None:
    recipe = preset("srgb", Cfa.RGGB)

    assert {s.name: s.stage for s in recipe.steps}["tone"] == "none"
    assert all(s.settings == {} for s in recipe.steps)


def test_bayer_takes_malvar_and_other_patterns_bilinear() -> None:
    for cfa in PATTERNS:
        stages = {s.name: s.stage for s in preset("srgb", cfa).steps}
        assert stages["demosaic"] == ("malvar2004" if cfa.is_bayer else "bilinear"), cfa.name


def test_a_monochrome_sensor_has_no_balance_to_set() -> None:
    for name in NAMES:
        assert "white_balance" not in presets(name, Cfa.MONO).names


def test_an_unknown_preset_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match='no preset is named "film"; presets: srgb, hdr_linear'):
        preset("film", Cfa.RGGB)
