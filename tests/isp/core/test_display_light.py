"""Display light, PQ and HLG: luminances against colour-science and the reports' values."""

import colour
import pytest
import torch

from isp.core.display_light import (
    check_signal,
    check_white,
    luminance_cd_m2,
    relative_light,
)
from isp.core.errors import UsageError
from isp.core.transfer import encode_hlg, encode_pq


def pixels(seed: int = 4, top: float = 3.0) -> torch.Tensor:
    """Colours of 0..top, (1, 3, 20, 30) float64."""
    generator = torch.Generator().manual_seed(seed)
    return top * torch.rand(1, 3, 20, 30, generator=generator, dtype=torch.float64)


def test_reference_white_is_58_percent_pq_and_75_percent_hlg() -> None:
    white = torch.ones(1, 3, 1, 1, dtype=torch.float64)

    assert float(encode_pq(relative_light(white, "pq", 203))[0, 0]) == pytest.approx(
        0.580689, abs=5e-7
    )
    # BT.2408 rounds to 75 %: (203 / 1000)^(1 / 1.2) = 0.264788 and its code is 0.749877.
    assert float(encode_hlg(relative_light(white, "hlg", 203))[0, 0]) == pytest.approx(
        0.749877, abs=5e-7
    )


def test_the_scene_light_of_hlg_is_colour_science_s() -> None:
    light = pixels()

    scene = relative_light(light, "hlg", 203)

    theirs = colour.models.ootf_inverse_BT2100_HLG(203 * light[0].permute(1, 2, 0).numpy(), 0, 1000)
    torch.testing.assert_close(
        scene[0].permute(1, 2, 0), torch.as_tensor(theirs), atol=1e-4, rtol=1e-4
    )  # theirs has the weights of BT.2100 in four digits


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
def test_luminance_comes_back(transfer: str) -> None:
    light = pixels()

    shown = luminance_cd_m2(relative_light(light, transfer, 100), transfer)

    torch.testing.assert_close(shown, 100 * light, rtol=1e-12, atol=1e-9)


def test_black_stays_black_and_nothing_is_clipped() -> None:
    light = torch.tensor([[-0.5, 0.0, 100.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    light = light.T.reshape(1, 3, 1, 2)

    scene = relative_light(light, "hlg", 203)

    assert scene[0, :, 0, 1].tolist() == [0, 0, 0]
    assert float(scene[0, 0, 0, 0]) < 0
    assert float(scene[0, 2, 0, 0]) > 1


def test_relative_curves_take_the_light_itself() -> None:
    light = pixels()

    assert relative_light(light, "srgb", 100) is light


def test_pairs_that_no_display_is_told_are_refused() -> None:
    check_signal("p3", "pq")
    with pytest.raises(UsageError, match="HLG is defined for bt2020"):
        check_signal("p3", "hlg")
    with pytest.raises(UsageError, match='not "acescg"'):
        check_signal("acescg", "srgb")
    with pytest.raises(UsageError, match='not "gamma"'):
        check_signal("bt709", "gamma")


@pytest.mark.parametrize("white", [0.0, -1.0, 10001.0, float("nan")])
def test_a_white_that_pq_cannot_hold_is_refused(white: float) -> None:
    with pytest.raises(UsageError, match="above 0 and at most 10000"):
        check_white(white)
