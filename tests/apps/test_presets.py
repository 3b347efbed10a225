"""Presets name the stages of the two ways to develop, for each kind of sensor."""

import pytest

from apps.presets import NAMES, preset, presets, with_demosaic
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from tests.stage_cases import NET
from tests.strategies import BAYER_PHASES, PATTERNS

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


def test_lowlight_is_srgb_with_the_network_between_defects_and_white_balance() -> None:
    steps = [(s.name, s.stage) for s in preset("lowlight", Cfa.GRBG).steps]

    assert steps[2] == ("exposure_diffusion", "exposure_diffusion")
    assert steps[1][0] == "defects"
    assert steps[3][0] == "white_balance"
    assert [*steps[:2], *steps[3:]] == [(s.name, s.stage) for s in preset("srgb", Cfa.GRBG).steps]


def test_nothing_is_brightened_or_toned_unless_asked() -> None:
    recipe = preset("srgb", Cfa.RGGB)

    assert {s.name: s.stage for s in recipe.steps}["tone"] == "none"
    assert all(s.settings == {} for s in recipe.steps)


def test_each_pattern_takes_the_demosaic_that_was_measured_best() -> None:
    best = dict.fromkeys((*BAYER_PHASES, Cfa.QUAD_RGGB), "gbtf_root") | {
        Cfa.XTRANS: "directional_mmse"
    }
    for cfa in PATTERNS:
        for name in ("srgb", "hdr_linear"):
            stages = {s.name: s.stage for s in preset(name, cfa).steps}
            assert stages["demosaic"] == best.get(cfa, "bilinear"), cfa.name
            assert ("quad_remosaic" in stages) is (cfa == Cfa.QUAD_RGGB), cfa.name


def test_the_fast_preset_is_the_same_by_a_simpler_demosaic() -> None:
    for cfa in PATTERNS:
        fast, slow = (preset(name, cfa).steps for name in ("srgb_fast", "srgb"))
        simple = "malvar2004" if cfa.is_bayer else "bilinear"
        assert {s.name: s.stage for s in fast}["demosaic"] == simple, cfa.name
        others = [s for s in slow if s.name not in ("demosaic", "quad_remosaic")]
        assert [s for s in fast if s.name != "demosaic"] == others


def test_a_quad_bayer_mosaic_is_developed_by_way_of_bayer() -> None:
    pipeline = presets("srgb", Cfa.QUAD_RGGB)

    assert pipeline.names == (
        *MOSAIC[:4],
        "quad_remosaic",
        *MOSAIC[4:],
        "exposure",
        "tone",
        "encode",
    )
    assert pipeline["demosaic"].cfa == Cfa.RGGB


@pytest.mark.parametrize(
    ("demosaic", "remosaics"),
    [("bilinear", False), ("directional_mmse", False), ("malvar2004", True), ("menon2007", True)],
)
def test_a_demosaic_for_any_pattern_sees_the_quad_bayer_mosaic_itself(
    demosaic: str, remosaics: bool
) -> None:
    recipe = with_demosaic(preset("srgb", Cfa.QUAD_RGGB), demosaic)

    assert ("quad_remosaic" in [s.name for s in recipe.steps]) is remosaics
    assert recipe.build(Cfa.QUAD_RGGB)["demosaic"].cfa == (Cfa.RGGB if remosaics else Cfa.QUAD_RGGB)


def test_a_monochrome_sensor_has_no_balance_to_set() -> None:
    for name in NAMES:
        assert "white_balance" not in [step.name for step in preset(name, Cfa.MONO).steps]


@pytest.mark.parametrize("cfa", [Cfa.MONO, Cfa.XTRANS, Cfa.QUAD_RGGB], ids=str)
def test_lowlight_is_refused_for_a_sensor_that_is_not_bayer(cfa: Cfa) -> None:
    recipe = preset("lowlight", cfa).set("exposure_diffusion", model=NET)

    with pytest.raises(UsageError, match=f"the raw denoiser takes a Bayer mosaic, not {cfa.name}"):
        recipe.build(cfa)


def test_an_unknown_preset_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        UsageError, match='no preset is named "film"; presets: srgb, srgb_fast, hdr_linear'
    ):
        preset("film", Cfa.RGGB)
