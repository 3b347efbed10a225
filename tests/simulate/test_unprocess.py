"""Unprocessing: each step undoes the one of a camera, and white stays white."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.files.profile import load_profile
from isp.stages.colour_matrix import camera_to_rgb
from simulate.exposure import mosaic_of, rgb_to_relative_electrons
from simulate.unprocess import (
    balanced_camera,
    blended_matrices,
    illuminant_gains,
    inverse_smoothstep,
    inverse_white_balance,
    photo_response,
    rgb_to_balanced_camera,
    sampled_gains,
    smoothstep,
    unprocess,
    white_electrons,
)

BT709 = PRIMARIES["bt709"]
PHONE = load_profile("GenericPhone")
CANONS = [load_profile(name) for name in ("CanonEOS5D4", "CanonEOS700D", "SonyA7S2")]
GAINS = torch.tensor([[2.0, 1.0, 1.5]])
# Two sites of black 60 and 68: 64 on average. White is (1023 - 64) / 0.5 = 1918 electrons.
BENCH = SensorProfile(
    name="bench", cfa=Cfa.RGGB, bit_depth=10, black_level_dn=(60.0, 68.0, 60.0, 68.0),
    white_level_dn=1023.0, readings=(Reading(iso=100.0, system_gain_dn_per_e=0.5),),
    colour_matrices=PHONE.colour_matrices,
)  # fmt: skip


def scene(values: Tensor, **parts: object) -> Frame:
    """A photograph's linear light."""
    return Frame.start(values, Domain.SCENE, **parts)  # type: ignore[arg-type]


def neutral(*values: float) -> Tensor:
    """A row of neutral pixels, float64."""
    return torch.tensor(values, dtype=torch.float64).expand(1, 3, 1, -1)


def test_the_inverse_of_smoothstep_is_exact() -> None:
    """By hand: 3 / 16 - 2 / 64 = 0.15625 at a quarter, and point symmetric about a half."""
    values = torch.tensor([0.0, 0.15625, 0.5, 0.84375, 1.0], dtype=torch.float64)

    quarters = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64)
    torch.testing.assert_close(inverse_smoothstep(values), quarters, atol=1e-15, rtol=0)
    grid = torch.linspace(0, 1, 1001, dtype=torch.float64)
    torch.testing.assert_close(smoothstep(inverse_smoothstep(grid)), grid, atol=1e-15, rtol=0)


@pytest.mark.parametrize("gamma", [None, 2.2])
@pytest.mark.parametrize("tone", [False, True])
def test_every_code_survives_the_curve_of_a_photograph(gamma: float | None, tone: bool) -> None:
    response = photo_response(gamma, tone=tone)
    codes = torch.arange(256) / 255

    again = torch.round(255 * response.encode(response.decode(codes)))

    assert again.tolist() == list(range(256))


def test_tone_is_undone_before_gamma() -> None:
    """Code 0.15625 is 0.25 before the tone and 0.25^2.2 before the gamma."""
    decoded = photo_response(2.2).decode(torch.tensor([0.15625], dtype=torch.float64))

    assert float(decoded) == pytest.approx(0.25**2.2, rel=1e-12)
    assert photo_response(2.2).name == "power 2.2, smoothstep"


@pytest.mark.parametrize("gains", [(2.0, 1.0, 1.5), (1.2, 1.0, 2.6), (3.0, 1.5, 2.0)])
def test_the_matrix_keeps_neutral_and_inverts_that_of_the_development(
    gains: tuple[float, ...],
) -> None:
    matrix = rgb_to_balanced_camera(PHONE, gains, BT709)

    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(matrix @ camera_to_rgb(PHONE, gains, BT709), np.eye(3), atol=1e-12)


@pytest.mark.parametrize("illuminant", ["D65", "A", "D50"])
def test_the_colours_are_those_that_the_simulator_exposes(illuminant: str) -> None:
    """Another way to the same numbers: scene to XYZ to camera, no white point iterated."""
    gains = illuminant_gains(PHONE, illuminant)

    matrix = rgb_to_balanced_camera(PHONE, gains, BT709)

    direct, white = rgb_to_relative_electrons(PHONE, Colour(), illuminant)
    # The white of the development is iterated to 1e-7 in x and y.
    np.testing.assert_allclose(matrix, direct / white[:, None], atol=2e-6)
    np.testing.assert_allclose(gains, 1 / white, rtol=1e-12)


def test_a_neutral_pixel_stays_neutral_and_keeps_its_value() -> None:
    light = neutral(0.0, 0.18, 1.0)

    torch.testing.assert_close(
        balanced_camera(scene(light), PHONE, GAINS), light, atol=1e-7, rtol=0
    )


def test_dark_pixels_are_divided_by_their_gains() -> None:
    raw = inverse_white_balance(neutral(0.5), GAINS)

    assert raw.flatten().tolist() == pytest.approx([0.25, 0.5, 1 / 3])


def test_highlights_go_over_from_divided_to_kept() -> None:
    """At grey 0.95, a = ((0.95 - 0.9) / 0.1)^2 = 1/4: 3/4 of 0.475 and 1/4 of 0.95."""
    raw = inverse_white_balance(neutral(0.9, 0.95, 1.0), GAINS)

    assert raw[0, 0, 0].tolist() == pytest.approx([0.45, 0.75 * 0.475 + 0.25 * 0.95, 1.0])
    assert raw[0, 1, 0].tolist() == pytest.approx([0.9, 0.95, 1.0])


@given(
    red=st.floats(0.3, 4), green=st.floats(0.3, 4), blue=st.floats(0.3, 4),
    pixel=st.tuples(*[st.floats(0, 1)] * 3),
)  # fmt: skip
def test_white_stays_white_and_no_gain_dims_it(
    red: float, green: float, blue: float, pixel: tuple[float, float, float]
) -> None:
    gains = torch.tensor([[red, green, blue]], dtype=torch.float64)
    pixels = torch.tensor([(1.0, 1.0, 1.0), pixel], dtype=torch.float64).T.reshape(1, 3, 1, 2)

    raw = inverse_white_balance(pixels, gains)

    # White comes out at 1, or above where a gain is below 1: saturated in any case.
    assert bool((raw[..., 0] >= 1).all())
    divided = pixels / gains[..., None, None]
    low, high = torch.minimum(divided, pixels), torch.maximum(divided, pixels)
    assert bool((raw >= low - 1e-12).all())
    assert bool((raw <= high + 1e-12).all())
    # A gain below 1 is undone in full: it brightens, and the blend would only hold that back.
    below = (gains < 1)[..., None, None].expand_as(raw)
    torch.testing.assert_close(raw[below], divided[below], rtol=1e-12, atol=0)


def test_gains_are_drawn_as_in_the_paper_and_belong_to_their_item() -> None:
    gains = sampled_gains(7, torch.arange(4000)).double()

    digital = gains[:, 1]
    tests = (
        (gains[:, 0] / digital, stats.uniform(1.9, 0.5).cdf),
        (gains[:, 2] / digital, stats.uniform(1.5, 0.4).cdf),
        (1 / digital, stats.norm(0.8, 0.1).cdf),
    )
    for values, cdf in tests:  # three tests at a family error of 1e-3
        assert stats.kstest(values.numpy(), cdf).pvalue > 1e-3 / 3
    assert torch.equal(sampled_gains(7, torch.tensor([1234]))[0], gains[1234].float())
    assert not torch.equal(sampled_gains(8, torch.tensor([1234]))[0], gains[1234].float())


def test_blended_matrices_lie_between_those_of_the_cameras() -> None:
    (entry,) = blended_matrices(CANONS, seed=7, item=3)

    matrices = np.array([p.colour_matrices[0].xyz_to_camera for p in CANONS])
    blend = np.array(entry.xyz_to_camera)
    assert entry.illuminant == "D65"
    assert (blend >= matrices.min(axis=0)).all()
    assert (blend <= matrices.max(axis=0)).all()
    # One set of weights for all nine numbers, with a sum of 1.
    weights, left, *_ = np.linalg.lstsq(
        np.vstack([matrices.reshape(3, 9).T, np.ones(3)]), [*blend.flat, 1.0], rcond=None
    )
    assert float(left[0]) < 1e-20
    assert weights.min() > 0
    assert blended_matrices(CANONS, seed=7, item=3) == (entry,)
    assert blended_matrices(CANONS, seed=7, item=4) != (entry,)


def test_cameras_without_a_common_illuminant_are_not_blended() -> None:
    other = ColourMatrixEntry(
        illuminant="A", xyz_to_camera=CANONS[0].colour_matrices[0].xyz_to_camera
    )
    only_a = CANONS[0].with_fields(colour_matrices=(other,))

    with pytest.raises(ProfileError, match="in common; CanonEOS5D4, CanonEOS700D"):
        blended_matrices([only_a, CANONS[1]], seed=1, item=0)
    with pytest.raises(ProfileError, match="no camera came"):
        blended_matrices([], seed=1, item=0)


def test_white_is_where_the_sensor_saturates() -> None:
    iso = torch.tensor([100.0])

    assert white_electrons(BENCH, iso).tolist() == [1918.0]
    # A well of 1000: the lowest of the black levels and 500 DN more, 560.
    assert white_electrons(BENCH.with_fields(full_well_e=1000.0), iso).tolist() == [992.0]


def test_a_grey_pixel_gives_its_share_of_the_sensors_white() -> None:
    expected = unprocess(scene(torch.full((1, 3, 2, 2), 0.5)), BENCH, GAINS, iso=100)

    # R 1/2 of 1/2, G 1/2, B 1/2 of 2/3 of 1918.
    assert expected.data[0, 0].flatten().tolist() == pytest.approx(
        [479.5, 959.0, 959.0, 1918 / 3], rel=1e-6
    )
    assert expected.domain is Domain.EXPECTED
    assert expected.colour is None
    assert expected.need_profile() is BENCH
    assert expected.shot.white_balance is not None
    assert expected.shot.white_balance.tolist() == [[2.0, 1.0, 1.5]]
    assert expected.shot.need("iso").tolist() == [100.0]
    assert expected.history[-1][0] == "unprocess"


def test_exposure_and_white_scale_the_electrons() -> None:
    light = scene(torch.full((2, 3, 2, 2), 0.5))
    gains = GAINS.expand(2, 3)

    expected = unprocess(
        light, BENCH, gains, iso=100, exposure=torch.tensor([1.0, 0.25]), white_e=1000.0
    )

    assert expected.data[:, 0, 0, 1].tolist() == pytest.approx([500.0, 125.0], rel=1e-6)
    for wrong in ({"exposure": 0.0}, {"white_e": -5.0}, {"white_e": float("nan")}):
        with pytest.raises(UsageError, match="positive"):
            unprocess(light, BENCH, gains, iso=100, **wrong)  # type: ignore[arg-type]


def test_digital_gain_darkens_the_raw_and_is_not_part_of_the_white_balance() -> None:
    light = scene(torch.full((1, 3, 2, 2), 0.5))

    expected = unprocess(light, BENCH, 1.25 * GAINS, iso=100)

    assert float(expected.data[0, 0, 0, 1]) == pytest.approx(959.0 / 1.25, rel=1e-6)
    assert expected.shot.white_balance is not None
    assert expected.shot.white_balance[0].tolist() == pytest.approx([2.0, 1.0, 1.5])


@pytest.mark.parametrize("cfa", [Cfa.GBRG, Cfa.XTRANS, Cfa.QUAD_RGGB], ids=lambda c: c.name)
def test_the_mosaic_is_that_of_the_sensor(cfa: Cfa) -> None:
    levels = (64.0,) * (cfa.period[0] * cfa.period[1])
    profile = BENCH.with_fields(cfa=cfa, black_level_dn=levels)

    expected = unprocess(scene(torch.full((1, 3, 7, 9), 0.5)), profile, GAINS, iso=100)

    shares = cfa.spread(torch.tensor([[0.25, 0.5, 1 / 3]]), 7, 9)
    torch.testing.assert_close(expected.data, shares * 1918, rtol=1e-6, atol=0)


def test_light_outside_the_gamut_is_cut_at_dark_and_counted() -> None:
    """BT.2020's pure primaries lie outside what this camera's numbers can be positive for."""
    colour = Colour(primaries=PRIMARIES["bt2020"])
    pure = torch.eye(3)[None, :, None].repeat(1, 1, 2, 1).repeat_interleave(2, dim=-1)
    camera = balanced_camera(scene(pure, colour=colour), BENCH, GAINS)
    outside = int((camera < 0).sum())
    assert outside > 0

    expected = unprocess(scene(pure, colour=colour), BENCH, GAINS, iso=100)

    mosaic = mosaic_of(camera, BENCH.cfa)
    assert bool((mosaic < 0).any())
    assert bool((expected.data >= 0).all())
    assert torch.equal(expected.data == 0, mosaic <= 0)
    assert expected.history[-1][1]["negative_light_set_to_0"] == outside


def test_what_the_photograph_lost_is_not_measured_again() -> None:
    lost = torch.tensor([[True, False], [False, False]])[None, None]
    made = ~lost.flip(-1)
    photo = scene(torch.full((1, 3, 2, 2), 0.5), measured=~lost, clipped=lost, generated=made)

    expected = unprocess(photo, BENCH, GAINS, iso=100)

    assert torch.equal(expected.measured, ~lost)
    assert torch.equal(expected.clipped, lost)
    assert torch.equal(expected.generated, made)


def test_a_batch_is_its_images_one_by_one() -> None:
    light = torch.rand(3, 3, 4, 6, generator=torch.Generator().manual_seed(7))
    gains = sampled_gains(7, torch.arange(3))

    together = unprocess(scene(light), BENCH, gains, iso=100)

    for k in range(3):
        alone = unprocess(scene(light[k : k + 1]), BENCH, gains[k : k + 1], iso=100)
        assert torch.equal(alone.data, together.data[k : k + 1])


def test_what_cannot_be_unprocessed_is_refused() -> None:
    light = torch.full((1, 3, 2, 2), 0.5)
    with pytest.raises(DomainError, match="the frame is LINEAR"):
        unprocess(Frame.start(light, Domain.LINEAR), BENCH, GAINS, iso=100)
    mono = replace(BENCH, cfa=Cfa.MONO, black_level_dn=(64.0,))
    with pytest.raises(ProfileError, match="MONO has Y"):
        unprocess(scene(light), mono, GAINS, iso=100)
    with pytest.raises(FrameError, match="three positive gains"):
        unprocess(scene(light), BENCH, -GAINS, iso=100)
    with pytest.raises(ProfileError, match="no colour matrix"):
        unprocess(scene(light), BENCH.with_fields(colour_matrices=()), GAINS, iso=100)
