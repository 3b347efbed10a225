"""The pieces that part our colours from LibRaw's are what they are said to be."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch.nn.functional as F

from apps.colour_swaps import (
    BT709,
    CONES,
    ChartShot,
    adapted,
    adapted_by,
    by_rows,
    chart_shot,
    kept_cast,
    main,
    swaps,
)
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.colour import D65_XY, xy_to_xyz
from isp.core.sensor import SensorProfile
from isp.files.libraw_picture import libraw_picture
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from isp.stages.colour_matrix import camera_to_rgb
from simulate.spectra import blackbody, colour_checker_reflectances, tristimulus

ALL = np.ones(24, dtype=bool)
GAINS = (2.4, 1.0, 1.7)
CHART = "colorchecker/canon_550d_colorchart.dng"


@pytest.fixture
def camera() -> SensorProfile:
    """A camera of one matrix."""
    profile = load_profile("NikonD850")
    daylight = next(m for m in profile.colour_matrices if m.illuminant == "D65")
    return profile.with_fields(colour_matrices=(replace(daylight, forward=None),))


@pytest.fixture(scope="module")
def shot(shared_data: Path) -> ChartShot:
    return chart_shot(shared_data / CHART)


def test_under_the_light_of_the_matrix_ours_and_libraws_are_one(camera: SensorProfile) -> None:
    neutral = camera.xyz_to_camera["D65"] @ xy_to_xyz(D65_XY)
    gains = tuple(neutral[1] / neutral)

    # DNG's D50 is rounded to four digits, there and back.
    np.testing.assert_allclose(camera_to_rgb(camera, gains, BT709), by_rows(camera), atol=2e-4)


def test_our_matrix_is_the_one_adapted_by_bradford(camera: SensorProfile) -> None:
    ours = camera_to_rgb(camera, GAINS, BT709)

    np.testing.assert_allclose(
        adapted_by(camera, GAINS, CONES["Bradford (DNG, ours)"]), ours, atol=2e-4
    )
    assert np.abs(adapted_by(camera, GAINS, CONES["XYZ"]) - ours).max() > 0.01


@pytest.mark.parametrize("name", CONES)
def test_every_adaptation_takes_white_to_white(name: str) -> None:
    source, target = np.array([1.1, 1.0, 0.4]), np.array([0.95, 1.0, 1.09])

    np.testing.assert_allclose(adapted(source, target, CONES[name]) @ source, target, atol=1e-12)


def test_the_adaptations_are_those_of_colour_science() -> None:
    import colour

    source, target = np.array([1.1, 1.0, 0.4]), np.array([0.95, 1.0, 1.09])
    names = ("Bradford", "CAT02", "CAT16", "Von Kries", "XYZ Scaling")
    for cones, name in zip(CONES.values(), names, strict=True):
        theirs = colour.adaptation.matrix_chromatic_adaptation_VonKries(source, target, name)
        np.testing.assert_allclose(adapted(source, target, cones), theirs, atol=1e-5)


def test_a_camera_without_error_keeps_the_cast_as_the_eye_would(camera: SensorProfile) -> None:
    """Its RGB is its matrix times XYZ: ours is exact, LibRaw's is not."""
    spectrum = blackbody(2856)
    xyz = tristimulus(np.array(list(colour_checker_reflectances().values())) * spectrum)
    rgb = xyz / tristimulus(spectrum)[1] @ camera.xyz_to_camera["D65"].T
    frame = SimpleNamespace(need_profile=lambda: camera)
    seen = ChartShot(
        checked=SimpleNamespace(measured=ALL),  # type: ignore[arg-type]  # all that is asked of it
        balanced_frame=frame,  # type: ignore[arg-type]
        camera=rgb,
        libraw=lambda space, gains: rgb,
    )

    ours, theirs, *_ = kept_cast(seen, GAINS, 2856)

    assert ours < 0.02  # 4 digits of DNG's D50
    assert theirs > 0.5


@pytest.mark.peer
def test_libraws_colours_are_its_camera_rgb_through_scaled_rows(shot: ChartShot) -> None:
    gains = shot.checked.results["chart"].gains

    rows = shot.libraw("raw", gains) @ by_rows(shot.profile).T
    linear = shot.libraw("sRGB", gains)

    kept = linear.min(axis=1) > 0.01  # where noise was not cut at 0
    assert kept.sum() >= 10
    # Whole codes twice, averaged; LibRaw's XYZ of sRGB is rounded to 6 digits.
    np.testing.assert_allclose(linear[kept], rows[kept], atol=3e-5)


@pytest.mark.peer
def test_what_parts_ours_from_libraws_is_the_matrix(shot: ChartShot) -> None:
    for result in shot.checked.results.values():
        ours, no_demosaic, their_levels, their_matrix, xyz, *_ = swaps(shot, result.gains).values()

        others = (no_demosaic - ours, their_levels - ours, xyz - their_matrix)
        assert abs(their_matrix - their_levels) > max(0.3, 2 * max(map(abs, others)))


@pytest.mark.peer
def test_our_camera_rgb_is_libraws_to_two_codes_on_the_real_chart(shared_data: Path) -> None:
    """Levels, balance, linear interpolation: LibRaw's scaling and its averages are whole codes."""
    chart = shared_data / CHART
    gains = (1.5, 1.0, 2.25)
    frame = read_raw(chart)
    recipe = preset("hdr_linear", Cfa.RGGB).until("demosaic").choose("demosaic", "bilinear")

    ours = recipe.set("white_balance", gains=gains).build(Cfa.RGGB).develop(frame)
    theirs = libraw_picture(chart, "LINEAR", linear=True, space="raw", gains=gains).arrays["code"]

    light = ours.data[0].permute(1, 2, 0).double().numpy() * 65535
    # LibRaw cuts photosites that noise took below black before it interpolates.
    mosaic = recipe.until("black_level").build(Cfa.RGGB).develop(frame).data
    low, high = -F.max_pool2d(-mosaic, 3, 1, 1), F.max_pool2d(mosaic, 3, 1, 1)
    inside = ((low > 0) & (high < 0.4))[0, 0].numpy()
    inside[:8], inside[-8:], inside[:, :8], inside[:, -8:] = False, False, False, False
    apart = np.abs(light - theirs)[inside]
    assert inside.mean() > 0.2
    assert apart.max() <= 3


def test_a_folder_without_the_chart_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FULLWELL_DATA", str(tmp_path))

    assert main([]) == 2
    assert "canon_550d_colorchart.dng; set FULLWELL_DATA" in capsys.readouterr().err
