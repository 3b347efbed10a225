"""Response curves: exposure to code and back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import ProfileError
from isp.core.response import Response
from isp.core.transfer import decode_srgb, encode_srgb

CODES = torch.arange(256, dtype=torch.float64) / 255


def test_srgb_decodes_every_8_bit_code_to_half_a_percent_of_a_code() -> None:
    """A chord of 4096 samples is at most h^2 f'' / 8 off, and f'' is largest where the toe ends.

    There f'' of 1.055 x^(1/2.4) is 0.2564 * 0.0031308^(-1.5833) = 2370: an error of
    2370 / (8 * 4095^2) = 1.8e-5, 0.0045 of an 8-bit code.
    """
    decoded = Response.srgb().decode(CODES)

    again = encode_srgb(decoded)
    assert float((again - CODES).abs().max()) < 2370 / (8 * 4095**2)
    torch.testing.assert_close(decoded, decode_srgb(CODES), atol=2e-5, rtol=0)


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
    # The table stays within 2e-5 of the curve (above), float32 rounding included.
    torch.testing.assert_close(code, encode_srgb(picture), atol=2e-5, rtol=0)


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
