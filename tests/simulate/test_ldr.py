"""The 8-bit camera: what becomes a code, which codes count as measured, and what a code means."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.files.response_curves import read_dorf, read_emor
from simulate.ldr import linearise, photograph_ldr, sampled_sigmoids, to_codes

FLAT = Response(torch.tensor([0.0, 0.3, 0.6, 0.6, 0.6, 0.9, 1.0, 1.0], dtype=torch.float64), "flat")
THREE = Response(
    torch.tensor([[0.0, 0.2, 1.0], [0.0, 0.5, 1.0], [0.0, 0.8, 1.0]], dtype=torch.float64), "three"
)
RESPONSES = [
    Response.srgb(), Response.linear(), Response.power(2.2), Response.sigmoid(0.6, 0.9),
    Response.sigmoid(0.05, 0.4), FLAT, THREE,
]  # fmt: skip
CODES = torch.arange(256, dtype=torch.float64) / 255


def light(values: Tensor, **parts: object) -> Frame:
    """A SCENE frame."""
    return Frame.start(values, Domain.SCENE, **parts)  # type: ignore[arg-type]


def grey(*values: float) -> Tensor:
    """A row of neutral pixels."""
    return torch.tensor(values).expand(1, 3, 1, -1)


def exposures(count: int = 30_000) -> Tensor:
    """Exposures from far below the first code to above white, (1, 3, 1, n)."""
    dark = torch.logspace(-7, -1, count // 2, dtype=torch.float64)
    bright = torch.linspace(0, 1.5, count - count // 2, dtype=torch.float64)
    return torch.cat([dark, bright]).float().expand(1, 3, 1, -1)


def test_light_becomes_the_nearest_code_of_its_response() -> None:
    """Sqrt of 0.18 is 0.42426, 108.19 codes; (2.5 / 255)^2 lies between two and goes to even."""
    tie = (2.5 / 255) ** 2
    codes = to_codes(
        torch.tensor([0.18, tie, -0.1, 0.0, 1.0, 7.0], dtype=torch.float64).expand(1, 3, 1, -1),
        Response.power(2.0),
    )

    assert codes[0, 1, 0].tolist() == [108.0, 2.0, 0.0, 0.0, 255.0, 255.0]


def test_the_bit_depth_sets_the_number_of_codes() -> None:
    half = torch.full((1, 3, 1, 1), 0.5)

    assert [int(to_codes(half, Response.linear(), bits)[0, 0]) for bits in (2, 10, 16)] == [
        2, 512, 32768,
    ]  # fmt: skip
    for bits in (1, 17):
        with pytest.raises(UsageError, match=f"2 to 16 bits, but {bits}"):
            to_codes(half, Response.linear(), bits)


def test_the_picture_is_sdr_in_the_primaries_of_the_light() -> None:
    scene = light(grey(0.2, 0.4), colour=Colour(primaries=PRIMARIES["p3"], anchor_cd_m2=100.0))

    picture = photograph_ldr(scene, Response.srgb(), ev=1.0)

    assert picture.domain is Domain.SDR
    assert picture.colour is not None
    assert (picture.colour.space, picture.colour.transfer) == ("p3", "srgb")
    assert picture.history[-1] == (
        "photograph_ldr", {"response": "srgb", "ev": 1.0, "bit_depth": 8, "clipped_values": 0},
    )  # fmt: skip


def test_a_stop_more_is_twice_the_light() -> None:
    scene, response = light(grey(0.05, 0.2, 0.9)), Response.sigmoid(0.6, 0.9)

    brighter = photograph_ldr(scene, response, ev=1.0)

    twice = photograph_ldr(light(2 * scene.data), response)
    assert torch.equal(brighter.data, twice.data)
    assert brighter.history[-1][1]["clipped_values"] == 3


def test_the_lowest_and_the_highest_code_are_not_measured() -> None:
    values = torch.tensor([[0.5, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 1.2]]).reshape(1, 3, 1, 3)

    picture = photograph_ldr(light(values), Response.linear())

    assert picture.measured.flatten().tolist() == [True, False, False]
    assert picture.clipped.flatten().tolist() == [False, True, True]


def test_masks_of_the_light_are_kept() -> None:
    defect = torch.tensor([False, True, True]).reshape(1, 1, 1, 3)
    lost = torch.tensor([False, False, True]).reshape(1, 1, 1, 3)
    scene = light(grey(0.5, 0.5, 0.5), measured=~defect, clipped=lost, generated=defect)

    picture = photograph_ldr(scene, Response.srgb())

    assert torch.equal(picture.measured, ~defect)
    assert torch.equal(picture.clipped, lost)
    assert torch.equal(picture.generated, defect)


def test_what_is_no_light_is_refused() -> None:
    with pytest.raises(DomainError, match="SDR with 3 channels"):
        photograph_ldr(Frame.start(grey(0.5), Domain.SDR), Response.srgb())
    with pytest.raises(DomainError, match="SCENE with 4 channels"):
        photograph_ldr(light(torch.ones(1, 4, 2, 2)), Response.srgb())
    with pytest.raises(FrameError, match="NaN"):
        photograph_ldr(light(grey(0.5, float("nan"))), Response.srgb())
    with pytest.raises(UsageError, match="finite number of stops"):
        photograph_ldr(light(grey(0.5)), Response.srgb(), ev=float("inf"))


def assert_bound_holds(response: Response, bit_depth: int = 8) -> None:
    """The true exposure lies within the bound of its code, for every exposure and code."""
    truth = exposures()
    picture = photograph_ldr(light(truth), response, bit_depth=bit_depth)

    linear, half_width = linearise(picture, response, bit_depth=bit_depth)

    assert bool(((linear.double() - truth.double()).abs() <= half_width.double()).all())
    inside = picture.data < 1
    assert bool(torch.isfinite(half_width[inside]).all())
    assert bool(torch.isinf(half_width[~inside]).all())


@pytest.mark.parametrize("response", RESPONSES, ids=lambda r: r.name)
@pytest.mark.parametrize("bit_depth", [4, 8, 16])
def test_every_exposure_lies_within_the_bound_of_its_code(
    response: Response, bit_depth: int
) -> None:
    assert_bound_holds(response, bit_depth)


def test_the_bound_holds_where_a_flat_part_lies_between_two_codes() -> None:
    """Every exposure of such a part is rounded to the even code, which then holds all of it."""
    truth = torch.linspace(0.2, 0.8, 61)[1:-1].expand(1, 3, 1, -1)
    for code in range(1, 254):
        between = (code + 0.5) / 255
        response = Response(
            torch.tensor([0.0, between, between, 1.0], dtype=torch.float64),
            exposure=torch.tensor([0.0, 0.2, 0.8, 1.0], dtype=torch.float64),
        )

        linear, half_width = linearise(photograph_ldr(light(truth), response), response)

        assert bool(((linear.double() - truth.double()).abs() <= half_width.double()).all())


@pytest.mark.parametrize("response", RESPONSES, ids=lambda r: r.name)
def test_float32_never_narrows_the_bound(response: Response) -> None:
    codes = CODES[:-1].expand(1, 3, 1, -1)
    low, high = response.interval(codes, 0.5 / 255 + 5e-8)

    linear, half_width = linearise(Frame.start(codes.float(), Domain.SDR), response)

    assert bool((linear.double() - half_width.double() <= low).all())
    assert bool((linear.double() + half_width.double() >= high).all())


def test_codes_are_rounded_once_whatever_the_light_s_precision() -> None:
    """Of 30 000 code values in float32 about 60 would fall on the other side at 16 bits."""
    response = Response.sigmoid(0.6, 0.9)

    codes = to_codes(exposures(), response, bit_depth=16)

    assert torch.equal(codes, to_codes(exposures().double(), response, bit_depth=16))


def test_the_bound_holds_for_all_published_curves(shared_data: Path) -> None:
    curves = read_dorf(shared_data / "crf" / "dorf_201_CRF_data.mat")

    for curve in curves:
        assert_bound_holds(curve)


def test_the_bound_holds_for_random_curves_of_the_empirical_model(shared_data: Path) -> None:
    draws = np.random.default_rng(7)

    for name in ("emor.txt", "invemor.txt"):
        model = read_emor(shared_data / "crf" / name)
        for _ in range(20):
            curve = model.response(draws.normal(0, 4, 8).tolist())
            assert curve.curve[[0, -1]].tolist() == [0.0, 1.0]
            assert_bound_holds(curve)


@pytest.mark.parametrize("response", RESPONSES, ids=lambda r: r.name)
def test_the_bound_is_as_narrow_as_the_code(response: Response) -> None:
    """Exposures just outside the bound have another code."""
    picture = Frame.start(CODES[1:-1].expand(1, 3, 1, -1).float(), Domain.SDR)
    linear, half = (part.double() for part in linearise(picture, response))

    # 1e-5 of a code beyond the slack of 5e-8 of full scale, and float32's rounding of the bound.
    for side in (linear - half, linear + half):
        exposure = torch.where(side < linear, side - 1e-6 * (1 + side), side + 1e-6 * (1 + side))
        moved = response.encode(exposure) * 255
        away = (moved - 255 * picture.data.double()).abs()
        assert bool((away >= 0.5 - 1e-3).all())


def test_an_identity_has_codes_of_half_a_step() -> None:
    picture = Frame.start(grey(0.0, 100 / 255, 1.0), Domain.SDR)

    linear, half = linearise(picture, Response.linear())

    assert linear[0, 0, 0].tolist() == pytest.approx([0.25 / 255, 100 / 255, 1], abs=5e-8)
    # The slack of 5e-8 widens both by as much, and float32 rounds up.
    assert half[0, 0, 0, :2].tolist() == pytest.approx([0.25 / 255, 0.5 / 255], abs=2e-7)
    assert float(half[0, 0, 0, 2]) == float("inf")


@pytest.mark.parametrize("response", RESPONSES, ids=lambda r: r.name)
def test_codes_survive_linearising_and_photographing_again(response: Response) -> None:
    """The middle of the interval has the code, and so has the exposure that decodes it."""
    picture = Frame.start(CODES.expand(1, 3, 1, -1).float(), Domain.SDR)

    linear, _ = linearise(picture, response)

    expected = torch.arange(256.0).expand(1, 3, 1, -1)
    assert torch.equal(to_codes(linear, response), expected)
    assert torch.equal(to_codes(response.decode(CODES.expand(1, 3, 1, -1)), response), expected)


def test_codes_survive_all_published_curves_and_only_four_have_flat_parts(
    shared_data: Path,
) -> None:
    curves = read_dorf(shared_data / "crf" / "dorf_201_CRF_data.mat")
    expected = torch.arange(256.0).expand(1, 3, 1, -1)

    for curve in curves:
        assert torch.equal(to_codes(curve.decode(CODES.expand(1, 3, 1, -1)), curve), expected)
    flat = {curve.name: curve.flat_parts() for curve in curves if curve.flat_parts()}
    assert sorted(flat) == ["DoRF 119", "DoRF 125", "DoRF 126", "DoRF 131"]
    # All four are shoulders of film: above 0.99 of full scale and below white.
    assert all(0.99 < code < 1 for parts in flat.values() for _, code, _, _ in parts)


def test_only_whole_codes_are_linearised() -> None:
    with pytest.raises(FrameError, match="values between codes of 8 bits"):
        linearise(Frame.start(grey(0.5), Domain.SDR), Response.srgb())
    with pytest.raises(DomainError, match="the frame is SCENE"):
        linearise(light(grey(0.5)), Response.srgb())


def test_drawn_curves_have_the_distribution_of_hdrcnn_and_belong_to_their_item() -> None:
    curves = sampled_sigmoids(7, torch.arange(500))

    beta, gamma = np.array([
        [float(part) for part in curve.name.removeprefix("sigmoid ").split(",")]
        for curve in curves
    ]).T  # fmt: skip
    # Two Kolmogorov-Smirnov tests at a family error of 1e-3; names hold six digits.
    for values, centre in ((beta, 0.6), (gamma, 0.9)):
        assert stats.kstest(values, stats.norm(centre, 0.1).cdf).pvalue > 1e-3 / 2
    # Independent: z of the correlation within the two-sided limit of 1e-3.
    assert abs(np.corrcoef(beta, gamma)[0, 1]) * 500**0.5 < 3.29
    alone = sampled_sigmoids(7, torch.tensor([234]))
    assert alone[0].name == curves[234].name
    assert sampled_sigmoids(8, torch.tensor([234]))[0].name != curves[234].name
