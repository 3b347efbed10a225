"""Response curves: exposure to code and back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import FrameError, ProfileError
from isp.core.response import Response
from isp.core.transfer import decode_srgb, encode_srgb

CODES = torch.arange(256, dtype=torch.float64) / 255


def test_srgb_is_the_standards_curve() -> None:
    exposure = torch.linspace(0, 1, 10_001, dtype=torch.float64)

    assert torch.equal(Response.srgb().encode(exposure), encode_srgb(exposure))
    assert torch.equal(Response.srgb().decode(CODES), decode_srgb(CODES))


@pytest.mark.parametrize(
    "response",
    [
        Response.srgb(),
        Response.linear(),
        Response.power(2.2),
        Response.power(0.7),
        Response.sigmoid(0.6, 0.9),
        Response.sigmoid(0.05, 0.3),
        Response.sigmoid(5.0, 2.5),
    ],
    ids=lambda r: r.name,
)
def test_a_formula_is_inverted_to_float_precision(response: Response) -> None:
    """Relative, so that the darkest exposures count as much; sRGB's pieces meet within 3e-8."""
    exposure = torch.logspace(-5, 0, 2001, dtype=torch.float64)

    back = response.decode(response.encode(exposure))

    tolerance = 1e-7 if response.name == "srgb" else 1e-11
    torch.testing.assert_close(back, exposure, rtol=tolerance, atol=0)
    assert response.encode(torch.tensor([0.0, 1.0])).tolist() == [0.0, 1.0]
    assert response.decode(torch.tensor([0.0, 1.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("exposure", "code"),
    [(0.01, 0.0412), (0.1, 0.2775), (0.18, 0.4202), (0.5, 0.7548), (1.0, 1.0)],
)
def test_the_sigmoid_has_the_values_of_the_paper_s_curve(exposure: float, code: float) -> None:
    """METHODS 4.2, beta 0.6 and gamma 0.9."""
    got = Response.sigmoid(0.6, 0.9).encode(torch.tensor([exposure], dtype=torch.float64))

    assert float(got) == pytest.approx(code, abs=5e-5)


@pytest.mark.parametrize("numbers", [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (float("nan"), 1.0)])
def test_a_sigmoid_without_positive_numbers_is_refused(numbers: tuple[float, float]) -> None:
    with pytest.raises(ProfileError, match="positive beta and gamma"):
        Response.sigmoid(*numbers)
    with pytest.raises(ProfileError, match="positive gamma"):
        Response.power(min(numbers))


def test_a_power_is_exact_where_a_table_would_be_a_chord() -> None:
    """Code 1 of gamma 2.2 is (1/255)^2.2 = 5.08e-6, far below the first of 4096 knots."""
    assert float(Response.power(2.2).decode(CODES[1])) == pytest.approx((1 / 255) ** 2.2, rel=1e-12)


def test_a_tone_curve_after_a_response_is_undone_first() -> None:
    """0.25 becomes 0.5 by the power and 0.75 by the shoulder v (2 - v)."""
    both = Response.power(2.0).then("shoulder", lambda v: v * (2 - v), lambda v: 1 - (1 - v).sqrt())

    assert both.name == "power 2, shoulder"
    assert float(both.encode(torch.tensor(0.25))) == 0.75
    assert float(both.decode(torch.tensor(0.75))) == 0.25
    with pytest.raises(ProfileError, match="a tone curve needs a formula"):
        Response(torch.tensor([0.0, 1.0])).then("square", torch.square, torch.sqrt)


def test_every_8_bit_code_survives_decoding_and_encoding() -> None:
    response = Response.srgb()

    again = torch.round(255 * response.encode(response.decode(CODES)))

    assert again.tolist() == list(range(256))


def test_a_power_curve_is_the_power_at_its_knots() -> None:
    response = Response.power(2.0)
    knots = torch.linspace(0, 1, 4096, dtype=torch.float64)[::63]

    torch.testing.assert_close(response.encode(knots), knots.sqrt(), atol=1e-15, rtol=0)
    assert response.name == "power 2"


def test_exposures_outside_the_range_end_at_the_end_codes() -> None:
    response = Response.power(2.2)

    assert response.encode(torch.tensor([-1.0, 0.0, 1.0, 7.0])).tolist() == [0.0, 0.0, 1.0, 1.0]


@given(
    steps=st.lists(st.floats(0.01, 1), min_size=1, max_size=20),
    exposure=st.floats(0, 1),
)
def test_a_rising_curve_is_inverted_by_its_decoding(steps: list[float], exposure: float) -> None:
    knots = np.concatenate([[0], np.cumsum(steps)])
    response = Response(torch.tensor(knots / knots[-1], dtype=torch.float64))

    code = response.encode(torch.tensor([exposure], dtype=torch.float64))

    # The slope is at least 0.01 / 20 of the range per knot: rounding grows by at most 2000.
    assert float(response.decode(code)) == pytest.approx(exposure, abs=1e-12)


def test_a_flat_toe_decodes_to_the_brightest_exposure_that_gives_it() -> None:
    response = Response(torch.tensor([0.0, 0.0, 0.5, 1.0], dtype=torch.float64))

    assert float(response.decode(torch.tensor([0.0], dtype=torch.float64))) == pytest.approx(1 / 3)
    assert float(response.decode(torch.tensor([0.5], dtype=torch.float64))) == pytest.approx(2 / 3)


def test_the_result_has_the_dtype_and_shape_that_came() -> None:
    picture = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(7))

    code = Response.srgb().encode(picture)

    assert code.dtype == torch.float32
    torch.testing.assert_close(code, encode_srgb(picture), atol=2e-7, rtol=0)


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        ([0.0, 0.5, 0.4, 1.0], "must rise"),
        ([0.0], "must rise"),
        ([0.0, float("nan"), 1.0], "must rise"),
        ([0.1, 1.0], "from 0 to 1"),
        ([0.0, 0.9], "from 0 to 1"),
    ],
)
def test_a_curve_that_cannot_be_inverted_is_refused(curve: list[float], message: str) -> None:
    with pytest.raises(ProfileError, match=f'"odd" .*{message}|{message}'):
        Response(torch.tensor(curve), name="odd")


UNEVEN = Response(
    torch.tensor([0.0, 0.25, 0.25, 1.0]), "uneven", exposure=torch.tensor([0.0, 0.1, 0.3, 1.0])
)


def test_a_table_may_have_its_own_exposures() -> None:
    exposure = torch.tensor([0.05, 0.1, 0.2, 0.3, 0.65], dtype=torch.float64)

    code = UNEVEN.encode(exposure)

    expected = torch.tensor([0.125, 0.25, 0.25, 0.25, 0.625], dtype=torch.float64)
    torch.testing.assert_close(code, expected, atol=1e-7, rtol=0)
    decoded = UNEVEN.decode(torch.tensor([0.25], dtype=torch.float64))
    assert float(decoded) == pytest.approx(0.3, abs=1e-7)


def test_the_interval_of_a_code_holds_its_whole_flat_part() -> None:
    low, high = UNEVEN.interval(torch.tensor([0.25], dtype=torch.float64), 0.025)

    # 0.225 lies at 0.09 on the first piece, 0.275 at 0.3 + 0.7 * 0.025 / 0.75 on the last.
    assert float(low) == pytest.approx(0.09, abs=1e-7)
    assert float(high) == pytest.approx(0.3 + 0.7 * 0.025 / 0.75, abs=1e-7)
    low, high = UNEVEN.interval(torch.tensor([0.25], dtype=torch.float64), 0.0)
    assert (float(low), float(high)) == pytest.approx((0.1, 0.3), abs=1e-7)


@pytest.mark.parametrize("response", [UNEVEN, Response.srgb()], ids=lambda r: r.name)
def test_the_end_codes_reach_down_to_no_light_and_up_without_end(response: Response) -> None:
    low, high = response.interval(torch.tensor([0.0, 1.0], dtype=torch.float64), 0.5 / 255)

    assert float(low[0]) == 0.0
    assert not bool(torch.signbit(low[0]))
    assert float(high[1]) == float("inf")
    assert float(low[1]) < 1


def test_flat_parts_are_named_and_a_formula_has_none() -> None:
    ((channel, code, darkest, brightest),) = UNEVEN.flat_parts()

    assert (channel, code) == (0, 0.25)
    assert (darkest, brightest) == pytest.approx((0.1, 0.3), abs=1e-7)
    assert Response.sigmoid(0.6, 0.9).flat_parts() == []


THREE = Response(
    torch.tensor([[0.0, 0.2, 1.0], [0.0, 0.5, 1.0], [0.0, 0.8, 1.0]], dtype=torch.float64), "three"
)


def test_each_channel_takes_its_own_curve() -> None:
    half = torch.full((2, 3, 1, 2), 0.5, dtype=torch.float64)

    code = THREE.encode(half)

    assert THREE.channels == 3
    assert code[1, :, 0, 1].tolist() == [0.2, 0.5, 0.8]
    torch.testing.assert_close(THREE.decode(code), half)
    low, high = THREE.interval(code, 0.1)
    assert low[0, :, 0, 0].tolist() == pytest.approx([0.25, 0.4, 0.4375])
    assert high[0, :, 0, 0].tolist() == pytest.approx([0.5625, 0.6, 0.75])


def test_three_curves_refuse_what_has_no_three_channels() -> None:
    with pytest.raises(FrameError, match="a curve each for R, G and B"):
        THREE.encode(torch.zeros(1, 1, 4, 4))
    with pytest.raises(ProfileError, match="one curve or three"):
        Response(torch.tensor([[0.0, 1.0], [0.0, 1.0]]))


def test_exposures_must_rise_and_match_the_codes() -> None:
    curve = torch.tensor([0.0, 0.5, 1.0])
    for exposure in ([0.0, 0.5, 0.5], [0.0, 1.0]):
        with pytest.raises(ProfileError, match="an exposure for each code, strictly rising"):
            Response(curve, exposure=torch.tensor(exposure))
    with pytest.raises(ProfileError, match="from 0 to 1"):
        Response(curve, exposure=torch.tensor([0.0, 0.5, 0.9]))


def test_the_record_holds_the_exposure_of_every_code() -> None:
    record = Response.power(2.0).record()

    assert record["name"] == "power 2"
    assert len(record["exposure_of_code"]) == 1
    assert record["exposure_of_code"][0] == pytest.approx([(c / 255) ** 2 for c in range(256)])
    assert [len(row) for row in THREE.record(bit_depth=4)["exposure_of_code"]] == [16, 16, 16]
