"""Transfer curves against colour-science and the printed constants."""

import colour
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.transfer import (
    BT709_BETA,
    DECODERS,
    ENCODERS,
    decode_srgb,
    encode_linear,
    encode_srgb,
)

LINEAR = torch.linspace(0, 1, 10001, dtype=torch.float64)


def test_srgb_encodes_as_colour_science_does() -> None:
    expected = torch.tensor(colour.models.eotf_inverse_sRGB(LINEAR.numpy()))

    torch.testing.assert_close(encode_srgb(LINEAR), expected, atol=1e-15, rtol=0)


def test_srgb_decodes_as_colour_science_does() -> None:
    expected = torch.tensor(colour.models.eotf_sRGB(LINEAR.numpy()))

    torch.testing.assert_close(decode_srgb(LINEAR), expected, atol=1e-15, rtol=0)


def test_known_codes() -> None:
    """Black, the toe's end 12.92 * 0.0031308, middle grey, white."""
    codes = encode_srgb(torch.tensor([0.0, 0.0031308, 0.18, 1.0], dtype=torch.float64))

    assert codes.tolist() == pytest.approx([0.0, 0.040449936, 0.461356, 1.0], abs=5e-7)


@given(linear=st.floats(-2, 20, allow_nan=False))
def test_decoding_undoes_encoding_beyond_the_display_too(linear: float) -> None:
    value = torch.tensor(linear, dtype=torch.float64)

    # IEC's two thresholds differ by 3e-8 in code, which is 3e-9 in light.
    assert float(decode_srgb(encode_srgb(value))) == pytest.approx(linear, rel=1e-12, abs=3e-9)


@given(a=st.floats(-1, 4), b=st.floats(-1, 4))
def test_brighter_is_never_darker_once_encoded(a: float, b: float) -> None:
    low, high = sorted((a, b))
    pair = encode_srgb(torch.tensor([low, high], dtype=torch.float64))

    assert float(pair[0]) <= float(pair[1]) + 1e-7  # the curve steps by 3e-8 at its joint


def test_the_slope_is_finite_at_black_and_below() -> None:
    """A power's slope is infinite at 0; the branch not taken may not leak NaN into training."""
    linear = torch.tensor([-1.0, 0.0, 1e-9], requires_grad=True)

    encode_srgb(linear).sum().backward()

    torch.testing.assert_close(linear.grad, torch.full((3,), 12.92))


def test_every_encoder_has_its_decoder() -> None:
    assert ENCODERS.keys() == DECODERS.keys()
    for name, encode in ENCODERS.items():
        torch.testing.assert_close(DECODERS[name](encode(LINEAR)), LINEAR, atol=3e-9, rtol=0)


def test_linear_is_left_alone() -> None:
    assert encode_linear(LINEAR) is LINEAR


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("bt709", "oetf_BT2020"), ("hlg", "oetf_BT2100_HLG")],
)
def test_a_relative_curve_is_colour_science_s(name: str, theirs: str) -> None:
    options = {"is_12_bits_system": True} if name == "bt709" else {}
    with np.errstate(invalid="ignore"):  # theirs takes the logarithm on the square root's side too
        expected = torch.tensor(getattr(colour.models, theirs)(LINEAR.numpy(), **options))

    # BT.2020 prints 1.0993 and 0.0181 for 12 bits; ours are the digits behind them.
    tolerance = 2e-5 if name == "bt709" else 1e-8
    torch.testing.assert_close(ENCODERS[name](LINEAR), expected, atol=tolerance, rtol=0)


def test_pq_is_colour_science_s_and_gives_the_printed_codes() -> None:
    expected = torch.tensor(colour.models.eotf_inverse_ST2084(10000 * LINEAR.numpy()))
    torch.testing.assert_close(ENCODERS["pq"](LINEAR), expected, atol=1e-12, rtol=0)

    light = torch.tensor([100.0, 203.0, 1000.0, 10000.0], dtype=torch.float64) / 10000
    assert ENCODERS["pq"](light).tolist() == pytest.approx(
        [0.508078, 0.580689, 0.751827, 1.0], abs=5e-7
    )
    half = torch.tensor(0.5, dtype=torch.float64)
    assert 10000 * float(DECODERS["pq"](half)) == pytest.approx(92.2457, abs=5e-5)


def test_hlg_gives_the_printed_codes() -> None:
    scene = torch.tensor([0.0, 1 / 12, 0.265, 1.0], dtype=torch.float64)

    assert ENCODERS["hlg"](scene).tolist() == pytest.approx([0.0, 0.5, 0.750028, 1.0], abs=5e-7)


def test_the_two_pieces_of_bt709_meet() -> None:
    joint = torch.tensor([BT709_BETA * (1 - 1e-12), BT709_BETA * (1 + 1e-12)], dtype=torch.float64)
    below, above = ENCODERS["bt709"](joint).tolist()

    assert abs(above - below) < 1e-12
