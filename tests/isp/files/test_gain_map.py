"""Gain maps by the formula, and undone within half a code."""

import numpy as np
import pytest

from isp.core.errors import FrameError
from isp.files.gain_map import OFFSET, GainMapFacts, apply_gain_map, make_gain_map

WEIGHTS = np.array([0.2126, 0.7152, 0.0722])


def renditions() -> tuple[np.ndarray, np.ndarray]:
    """SDR 0..1 and HDR 0..8, (12, 17, 3)."""
    drawn = np.random.default_rng(6)
    return drawn.random((12, 17, 3)), 8 * drawn.random((12, 17, 3)) ** 2


def test_codes_and_gains_of_two_pixels_worked_out_by_hand() -> None:
    """(4 + 1/64) / (1 + 1/64) is 257/65; black stays at a gain of 0 stops."""
    base = np.array([[[1.0] * 3, [0.0] * 3]])
    alternate = np.array([[[4.0] * 3, [0.0] * 3]])

    code, facts = make_gain_map(base, alternate, WEIGHTS)

    assert code.tolist() == [[[255] * 3, [0] * 3]]
    assert facts.least == (0, 0, 0)
    assert facts.most == pytest.approx([np.log2(257 / 65)] * 3, abs=1e-12)
    assert facts.alternate_headroom == 2.0


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_hdr_comes_back_within_half_a_code_of_the_map(gamma: float) -> None:
    base, alternate = renditions()
    code, facts = make_gain_map(base, alternate, WEIGHTS, gamma=gamma)

    back = apply_gain_map(base, code, facts)

    span = np.array(facts.most) - np.array(facts.least)
    units = np.clip((code[..., None] + np.array([-0.5, 0.5])) / 255, 0, 1) ** (1 / gamma)
    half_a_code = (units[..., 1] - units[..., 0]) * span
    stops = np.log2((back + OFFSET) / (alternate + OFFSET))
    assert (np.abs(stops) <= half_a_code + 1e-9).all()


def test_one_channel_keeps_luminance_within_half_a_code() -> None:
    base, alternate = renditions()
    code, facts = make_gain_map(base, alternate, WEIGHTS, channels=1)
    assert code.shape == (12, 17, 1)

    back = apply_gain_map(base, code, facts)

    stops = np.log2((back @ WEIGHTS + OFFSET) / (alternate @ WEIGHTS + OFFSET))
    assert np.abs(stops).max() <= 0.5 / 255 * (facts.most[0] - facts.least[0]) + 1e-9


def test_a_display_without_headroom_shows_the_base_and_one_with_half_of_it_the_middle() -> None:
    base, alternate = renditions()
    code, facts = make_gain_map(base, alternate, WEIGHTS)

    np.testing.assert_allclose(apply_gain_map(base, code, facts, headroom=0.0), base, atol=1e-12)
    full = apply_gain_map(base, code, facts, headroom=99.0)
    np.testing.assert_array_equal(full, apply_gain_map(base, code, facts))
    half = apply_gain_map(base, code, facts, headroom=facts.alternate_headroom / 2)
    np.testing.assert_allclose((half + OFFSET) ** 2, (base + OFFSET) * (full + OFFSET))


def test_equal_renditions_make_an_empty_map_that_is_still_undone() -> None:
    base, _ = renditions()

    code, facts = make_gain_map(base, base, WEIGHTS)

    assert not code.any()
    np.testing.assert_allclose(apply_gain_map(base, code, facts), base, atol=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [{"least": (1.0,) * 3, "most": (0.0,) * 3}, {"gamma": (0.0,) * 3},
     {"alternate_headroom": 0.0}, {"alternate_headroom": -1.0}, {"most": (np.inf,) * 3}],
)  # fmt: skip
def test_numbers_that_make_no_map_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(FrameError, match="a gain map's"):
        GainMapFacts(**({"least": (0.0,) * 3, "most": (1.0,) * 3} | wrong))
