"""Exposure: scene light to mean electrons, with the numbers of CONVENTIONS section 5.1."""

import math

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, Colour, xy_to_xyz
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.frame import Frame
from isp.core.illuminants import illuminant_xy
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.shot import Shot
from simulate.exposure import (
    expose,
    focal_plane_exposure,
    mosaic_of,
    photons_per_pixel,
    rgb_to_relative_electrons,
)
from tests.strategies import BAYER_PHASES

# A made-up camera whose neutral is exact at both illuminants: diagonal matrices.
WARM = ((0.9, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.5))
COOL = ((0.5, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.7))
SHOT = Shot.single(exposure_time_s=1 / 60, f_number=2.0, iso=100.0)


def camera(**changes: object) -> SensorProfile:
    values = {
        "name": "exposed",
        "cfa": Cfa.RGGB,
        "bit_depth": 12,
        "black_level_dn": (64.0,) * 4,
        "white_level_dn": 4095.0,
        "readings": (),
        "quantum_efficiency": 0.55 / 3,
        "pixel_pitch_um": 1.4,
        "colour_matrices": (
            ColourMatrixEntry(illuminant="A", xyz_to_camera=WARM),
            ColourMatrixEntry(illuminant="D65", xyz_to_camera=COOL),
        ),
    }
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def mono(**changes: object) -> SensorProfile:
    return camera(**({"cfa": Cfa.MONO, "black_level_dn": (64.0,), "colour_matrices": ()} | changes))


def scene(*rgb: float, height: int = 4, width: int = 6, colour: Colour | None = None) -> Frame:
    light = torch.tensor(rgb).reshape(1, 3, 1, 1).expand(1, 3, height, width)
    return Frame.start(light.clone(), Domain.SCENE, colour=colour)


@pytest.mark.parametrize(
    ("luminance", "f_number", "time_s", "standard", "printed"),
    [(100, 2, 1 / 60, 0.65, 0.2708), (720, 8, 1 / 250, 0.6516, 0.02932),
     (1000, 2.8, 1 / 60, 0.6516, 1.3852), (1, 1.8, 1 / 30, 0.6516, 0.006703)],
)  # fmt: skip
def test_focal_plane_exposure_is_the_printed_one(
    luminance: float, f_number: float, time_s: float, standard: float, printed: float
) -> None:
    """Printed with q = 0.6516 where it says so; ours is ISO's rounded 0.65."""
    h = focal_plane_exposure(*(torch.tensor(v).double() for v in (luminance, f_number, time_s)))

    assert float(h) * standard / 0.65 == pytest.approx(printed, rel=2.5e-4)


@pytest.mark.parametrize(
    ("pitch_um", "photons", "electrons"),
    [(0.8, 1886, 346), (1.4, 5776, 1059), (3.76, 41659, 7638), (6.0, 106082, 19448)],
)
def test_photons_and_electrons_of_the_printed_table(
    pitch_um: float, photons: int, electrons: int
) -> None:
    """100 cd/m2, f/2, 1/60 s, D65; a QE of 0.55 behind a filter that passes a third."""
    h = torch.tensor(0.65 * 100 / 60 / 4, dtype=torch.float64)

    seen = float(photons_per_pixel(h, pitch_um, "D65"))
    exposed = expose(
        scene(1, 1, 1), mono(pixel_pitch_um=pitch_um), SHOT, luminance_scale_cd_m2=100.0
    )

    # Printed from k = 10 880, held as 10 880.15: 1.4e-5, and rounded to a whole photon.
    assert seen == pytest.approx(photons, rel=1.5e-5, abs=0.5)
    assert float(exposed.data[0, 0, 0, 0]) == pytest.approx(electrons, rel=1.5e-5, abs=0.5)


@pytest.mark.parametrize(("f_number", "stops"), [(2.8, -0.9709), (4.0, -2.0), (1.4, 1.0291)])
def test_exposure_follows_the_square_of_the_f_number(f_number: float, stops: float) -> None:
    wide, other = (
        expose(scene(1, 1, 1), mono(), Shot.single(exposure_time_s=1 / 60, f_number=n)).data.mean()
        for n in (2.0, f_number)
    )

    assert math.log2(float(other / wide)) == pytest.approx(stops, abs=1e-4)


def test_electrons_are_linear_in_light_and_in_time() -> None:
    once = expose(scene(0.2, 0.5, 0.3), camera(), SHOT).data
    brighter = expose(scene(0.6, 1.5, 0.9), camera(), SHOT).data
    longer = expose(
        scene(0.2, 0.5, 0.3), camera(), Shot.single(exposure_time_s=3 / 60, f_number=2.0)
    ).data

    torch.testing.assert_close(brighter, 3 * once, rtol=3e-7, atol=0)
    torch.testing.assert_close(longer, 3 * once, rtol=3e-7, atol=0)


def test_the_fill_factor_takes_its_share_of_the_photons() -> None:
    full = expose(scene(1, 1, 1), mono(), SHOT).data
    half = expose(scene(1, 1, 1), mono(fill_factor=0.5), SHOT).data

    torch.testing.assert_close(half, full / 2, rtol=3e-7, atol=0)


def test_one_means_a_hundred_candela_unless_the_scene_or_the_option_says_otherwise() -> None:
    plain = float(expose(scene(1, 1, 1), mono(), SHOT).data.mean())
    anchored = scene(1, 1, 1, colour=Colour(anchor_cd_m2=250.0))

    from_file = float(expose(anchored, mono(), SHOT).data.mean())
    from_option = float(expose(anchored, mono(), SHOT, luminance_scale_cd_m2=400.0).data.mean())

    assert from_file / plain == pytest.approx(2.5, rel=1e-6)
    assert from_option / plain == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize("space", PRIMARIES)
def test_a_neutral_scene_gives_the_camera_s_neutral_in_any_primaries(space: str) -> None:
    """CM XYZ(white): at D65, X Y Z = 0.95046 1 1.08906, so R = 0.5 X, B = 0.7 Z."""
    neutral = scene(1, 1, 1, colour=Colour(primaries=PRIMARIES[space]))

    exposed = expose(neutral, camera(), SHOT)

    green = float(exposed.data[0, 0, 0, 1])
    assert float(exposed.data[0, 0, 0, 0]) / green == pytest.approx(0.5 * 0.95046, abs=5e-6)
    assert float(exposed.data[0, 0, 1, 1]) / green == pytest.approx(0.7 * 1.08906, abs=5e-6)
    # Green of white is what the quantum efficiency says: the printed 1 059 e-.
    assert green == pytest.approx(1059, abs=0.5)


@pytest.mark.parametrize(("illuminant", "matrix"), [("D65", COOL), ("A", WARM)])
def test_the_light_decides_matrix_neutral_and_photons(
    illuminant: str, matrix: tuple[tuple[float, ...], ...]
) -> None:
    exposed = expose(scene(1, 1, 1), camera(), SHOT, illuminant=illuminant)

    neutral = np.array(matrix) @ xy_to_xyz(illuminant_xy(illuminant))
    balance = exposed.shot.white_balance[0].tolist()
    assert balance == pytest.approx((1 / neutral).tolist(), rel=1e-6)
    balanced = exposed.data * camera().cfa.spread(exposed.shot.white_balance, 4, 6)
    torch.testing.assert_close(balanced, balanced[..., :1, :1].expand(1, 1, 4, 6))
    note = exposed.history[-1][1]
    assert note["illuminant"] == illuminant
    assert note["neutral"] == pytest.approx(neutral.tolist())


def test_tungsten_has_the_photons_of_its_spectrum() -> None:
    """Photons per lux of A over D65: 12 032 / 10 880 (CONVENTIONS section 5.1)."""
    day, night = (
        float(expose(scene(1, 1, 1), mono(), SHOT, illuminant=i).data.mean()) for i in ("D65", "A")
    )

    assert night / day == pytest.approx(12032 / 10880, rel=1e-4)


def test_the_colour_of_the_scene_is_read_in_its_own_primaries() -> None:
    """Pure red of BT.2020 is, in CIE XYZ, 0.636958 0.262700 0: the camera is diagonal."""
    red = scene(1, 0, 0, colour=Colour(primaries=PRIMARIES["bt2020"]))

    relative = expose(red, camera(), SHOT).data / 1058.95

    assert float(relative[0, 0, 0, 0]) == pytest.approx(0.5 * 0.636958, rel=1e-4)
    assert float(relative[0, 0, 0, 1]) == pytest.approx(0.262700, rel=1e-4)
    assert float(relative[0, 0, 1, 1]) == pytest.approx(0, abs=1e-6)


def test_a_monochrome_sensor_sees_luminance() -> None:
    """BT.709: Y = 0.212639 R + 0.715169 G + 0.072192 B, and no white balance."""
    white = float(expose(scene(1, 1, 1), mono(), SHOT).data.mean())
    mixed = expose(scene(0.2, 0.5, 0.9), mono(), SHOT)

    luminance = 0.2126390 * 0.2 + 0.7151687 * 0.5 + 0.0721923 * 0.9
    assert float(mixed.data.mean()) / white == pytest.approx(luminance, rel=1e-6)
    assert mixed.shot.white_balance is None


@pytest.mark.parametrize("cfa", BAYER_PHASES)
def test_each_photosite_keeps_its_own_channel(cfa: Cfa) -> None:
    channels = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1).expand(1, 3, 3, 5)

    mosaic = mosaic_of(channels, cfa)

    assert torch.equal(mosaic[0, 0], cfa.colour_map(3, 5) + 1.0)


def test_a_pixel_of_the_scene_is_the_photosite_at_the_same_place() -> None:
    light = torch.arange(2 * 3 * 4 * 6, dtype=torch.float32).reshape(2, 3, 4, 6) + 1
    grey = light.mean(dim=1, keepdim=True).expand(2, 3, 4, 6)

    exposed = expose(Frame.start(grey, Domain.SCENE), mono(), SHOT).data

    torch.testing.assert_close(exposed / exposed[0, 0, 0, 0], grey[:, :1] / grey[0, 0, 0, 0])


def test_each_image_of_a_batch_has_its_own_exposure() -> None:
    shot = Shot(
        exposure_time_s=torch.tensor([1 / 60, 1 / 30]), f_number=torch.tensor([2.0, 4.0]),
        item=torch.tensor([0, 1]),
    )  # fmt: skip
    pair = Frame.start(torch.ones(2, 3, 2, 2), Domain.SCENE)

    exposed = expose(pair, mono(), shot).data

    # Twice the time through a quarter of the aperture: half.
    torch.testing.assert_close(exposed[1], exposed[0] / 2, rtol=3e-7, atol=0)


def test_light_outside_the_gamut_that_would_be_negative_is_set_to_zero_and_counted() -> None:
    exposed = expose(scene(1.0, -2.0, 0.1), camera(), SHOT)

    assert float(exposed.data.min()) == 0
    # Y = 0.2126 - 1.4303 + 0.0072 < 0 and X = 0.4124 - 0.7152 + 0.018 < 0, but Z > 0 only if
    # 0.0193 - 0.2384 + 0.0951 > 0, which is false: three channels of 24 pixels.
    assert exposed.history[-1][1]["negative_light_set_to_0"] == 3 * 24


def test_masks_of_the_scene_come_along() -> None:
    clipped = torch.zeros(1, 1, 4, 6, dtype=torch.bool)
    clipped[..., 2, 3] = True
    lit = Frame.start(torch.ones(1, 3, 4, 6), Domain.SCENE, clipped=clipped)

    exposed = expose(lit, camera(), SHOT)

    assert torch.equal(exposed.clipped, clipped)
    assert torch.equal(exposed.measured, ~clipped)
    assert exposed.domain is Domain.EXPECTED
    assert exposed.profile.name == "exposed"
    assert exposed.colour is None


def test_the_gradient_reaches_the_scene() -> None:
    light = torch.full((1, 3, 2, 2), 0.5, requires_grad=True)

    exposed = expose(Frame.start(light, Domain.SCENE), mono(), SHOT).data
    exposed.sum().backward()

    white = float(expose(scene(1, 1, 1), mono(), SHOT).data.mean())
    per_channel = light.grad[0, :, 0, 0] / white
    torch.testing.assert_close(
        per_channel, torch.tensor([0.2126390, 0.7151687, 0.0721923]), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_broken_light_is_refused(value: float) -> None:
    light = torch.ones(1, 3, 2, 2)
    light[0, 1, 1, 1] = value

    with pytest.raises(FrameError, match="NaN or infinite"):
        expose(Frame.start(light, Domain.SCENE), camera(), SHOT)


def test_what_is_no_scene_is_refused() -> None:
    with pytest.raises(DomainError, match="LINEAR"):
        expose(Frame.start(torch.ones(1, 3, 2, 2), Domain.LINEAR), camera(), SHOT)
    with pytest.raises(FrameError, match="3 channels, but 31 came"):
        expose(Frame.start(torch.ones(1, 31, 2, 2), Domain.SCENE), camera(), SHOT)


@pytest.mark.parametrize("missing", ["exposure_time_s", "f_number"])
def test_an_exposure_needs_time_and_aperture(missing: str) -> None:
    settings = {"exposure_time_s": 1 / 60, "f_number": 2.0}
    del settings[missing]

    with pytest.raises(FrameError, match=missing):
        expose(scene(1, 1, 1), camera(), Shot.single(**settings))


@pytest.mark.parametrize("missing", ["pixel_pitch_um", "quantum_efficiency"])
def test_a_sensor_without_optics_is_refused(missing: str) -> None:
    with pytest.raises(ProfileError, match=f'"exposed" needs {missing} .*--set {missing}='):
        expose(scene(1, 1, 1), camera(**{missing: None}), SHOT)


def test_a_filter_that_needs_spectra_is_refused() -> None:
    with pytest.raises(ProfileError, match="RGBW has R, G, B, W"):
        rgb_to_relative_electrons(camera(cfa=Cfa.RGBW), Colour(), "D65")


def test_an_unknown_light_is_refused() -> None:
    with pytest.raises(ProfileError, match="candle"):
        expose(scene(1, 1, 1), camera(), SHOT, illuminant="candle")
