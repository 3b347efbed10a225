"""Encoding converts to the display's primaries, clips, and applies the sRGB curve."""

import numpy as np
import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.stages.encode import Encode, encode_display

EYE = torch.eye(3)[None]


def test_both_branches_of_the_curve_give_the_printed_values() -> None:
    linear = torch.tensor([0.0, 0.001, 0.0031308, 0.18, 0.5, 1.0]).reshape(1, 1, 1, 6)

    code = encode_display(linear.expand(1, 3, 1, 6), EYE)[0, 0, 0]

    # 12.92 E below 0.0031308, 1.055 E^(1/2.4) - 0.055 above.
    assert code.tolist() == pytest.approx(
        [0.0, 0.01292, 0.04045, 0.461356, 0.735357, 1.0], abs=2e-6
    )


def test_codes_end_at_0_and_1() -> None:
    linear = torch.tensor([-0.5, -1e-4, 1.0001, 100.0]).reshape(1, 1, 1, 4).expand(1, 3, 1, 4)

    assert encode_display(linear, EYE)[0, 0, 0].tolist() == pytest.approx([0, 0, 1, 1])


@pytest.mark.parametrize(
    ("space", "theirs"), [("bt709", "ITU-R BT.709"), ("p3", "P3-D65")], ids=["bt709", "p3"]
)
def test_colours_of_bt2020_are_encoded_as_colour_science_encodes_them(
    space: str, theirs: str
) -> None:
    import colour

    pixels = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(3)) * 1.3 - 0.1
    frame = Frame.start(pixels, Domain.LINEAR, colour=Colour(primaries=PRIMARIES["bt2020"]))

    code = Encode(space).develop(frame).data[0].permute(1, 2, 0).numpy()

    linear = pixels[0].permute(1, 2, 0).double().numpy()
    primaries = {"ITU-R BT.709": PRIMARIES["bt709"], "P3-D65": PRIMARIES["p3"]}[theirs]
    to_rgb = np.linalg.inv(
        colour.normalised_primary_matrix(np.array(primaries[:6]), np.array(primaries[6:]))
    )
    bt2020 = colour.RGB_COLOURSPACES["ITU-R BT.2020"]
    to_xyz = colour.normalised_primary_matrix(bt2020.primaries, bt2020.whitepoint)
    display = np.clip(linear @ (to_rgb @ to_xyz).T, 0, 1)
    np.testing.assert_allclose(code, colour.models.eotf_inverse_sRGB(display), atol=2e-6)


def test_white_of_any_space_becomes_white() -> None:
    for primaries in PRIMARIES.values():
        frame = Frame.start(
            torch.ones(1, 3, 1, 1), Domain.LINEAR, colour=Colour(primaries=primaries)
        )

        torch.testing.assert_close(
            Encode().develop(frame).data, torch.ones(1, 3, 1, 1), rtol=0, atol=1e-6
        )


def test_the_frame_says_what_its_codes_mean() -> None:
    encoded = Encode("p3").develop(Frame.start(torch.ones(1, 3, 1, 1), Domain.LINEAR))

    assert encoded.domain is Domain.SDR
    assert encoded.colour == Colour(primaries=PRIMARIES["p3"], transfer="srgb")
    assert encoded.history == (("encode", {"space": "p3", "transfer": "srgb"}),)


def test_the_linear_curve_gives_codes_proportional_to_light() -> None:
    linear = torch.tensor([-0.2, 0.25, 7.0]).reshape(1, 3, 1, 1)

    encoded = Encode(transfer="linear").develop(Frame.start(linear, Domain.LINEAR))

    torch.testing.assert_close(
        encoded.data.flatten(), torch.tensor([0.0, 0.25, 1.0]), rtol=0, atol=1e-6
    )
    assert encoded.colour == Colour(transfer="linear")


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
def test_bt2020_light_becomes_the_codes_of_colour_science(transfer: str) -> None:
    import colour

    pixels = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(5)) * 4
    frame = Frame.start(pixels, Domain.LINEAR, colour=Colour(primaries=PRIMARIES["bt2020"]))

    code = Encode("bt2020", transfer, 100.0).develop(frame).data[0].permute(1, 2, 0).numpy()

    light = 100 * pixels[0].permute(1, 2, 0).double().numpy()
    with np.errstate(invalid="ignore"):  # theirs takes the logarithm on the square root's side too
        theirs = (
            colour.models.eotf_inverse_ST2084(light)
            if transfer == "pq"
            else colour.models.eotf_inverse_BT2100_HLG(light, 0, 1000)
        )
    # PQ: two float32 roundings (2^-24 each) before a power of 78.84. HLG: the luminance weights
    # of BT.2100 have four digits in theirs.
    np.testing.assert_allclose(code, theirs, rtol=0, atol=2e-5 if transfer == "hlg" else 1e-5)


def test_what_a_display_cannot_show_ends_at_its_peak() -> None:
    linear = torch.tensor([-1.0, 1e3, 1e6]).reshape(1, 3, 1, 1)
    frame = Frame.start(linear, Domain.LINEAR, colour=Colour(primaries=PRIMARIES["bt2020"]))

    for transfer, black in (("pq", 7.3e-7), ("hlg", 0.0)):  # ST 2084: c1 ** m2
        code = Encode("bt2020", transfer).develop(frame)

        assert code.data.flatten().tolist() == pytest.approx([black, 1, 1], abs=1e-8)
        assert code.colour is not None
        assert code.colour.anchor_cd_m2 == {"pq": 10000, "hlg": 1000}[transfer]


def test_the_white_is_noted_where_it_counts() -> None:
    assert Encode("bt2020", "pq", 100.0).settings()["white_cd_m2"] == 100.0
    assert "white_cd_m2" not in Encode().settings()


def test_a_space_that_is_no_display_s_is_refused() -> None:
    with pytest.raises(UsageError, match="a display space is bt709, p3, bt2020"):
        Encode("acescg")
    with pytest.raises(UsageError, match="HLG is defined for bt2020"):
        Encode("bt709", "hlg")


def test_an_unknown_curve_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r'a transfer curve is srgb, linear.*, not "gamma"'):
        Encode(transfer="gamma")
