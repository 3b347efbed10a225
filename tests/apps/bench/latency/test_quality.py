"""A variant's cost is in DN of its domain, in decibels and, of a picture, in CIEDE2000."""

import math

import numpy as np
import pytest

from apps.bench.latency.quality import max_dn, quality
from isp.core.domain import Domain

GREY = np.full((1, 3, 4, 4), 0.5, dtype=np.float32)


@pytest.mark.parametrize(
    ("domain", "dn"),
    [(Domain.SDR, 255 / 64), (Domain.LINEAR, 4095 / 64), (Domain.RAW, 1 / 64), (None, 4095 / 64)],
)
def test_a_difference_counts_in_8_bit_codes_when_shown_and_12_bit_before(
    domain: Domain | None, dn: float
) -> None:
    assert max_dn(GREY + np.float32(1 / 64), GREY, domain) == pytest.approx(dn)


def test_a_picture_of_another_shape_or_with_nan_is_infinitely_far() -> None:
    broken = GREY.copy()
    broken[0, 0, 0, 0] = np.nan

    assert max_dn(broken, GREY, Domain.SDR) == math.inf
    assert max_dn(GREY[..., :3], GREY, Domain.SDR) == math.inf


def test_a_tenth_off_is_20_decibels_and_a_change_of_lightness() -> None:
    cost = quality(GREY + np.float32(0.1), GREY, Domain.SDR)

    assert cost["psnr_db"] == pytest.approx(20.0, abs=1e-4)
    # sRGB grey 0.5 has L* 53.39 and 0.6 has 63.22 (CIE 15); S_L of their mean 58.3 is 1.1124...
    assert cost["delta_e_2000_max"] == pytest.approx(9.83 / 1.118, abs=0.1)


def test_equal_pictures_have_no_decibels_and_light_has_no_colour_difference() -> None:
    assert quality(GREY, GREY, Domain.LINEAR) == {
        "psnr_db": None, "max_dn": 0.0, "delta_e_2000_max": None,
    }  # fmt: skip


def test_dn_are_set_against_the_largest_of_them() -> None:
    reference = np.full((1, 1, 2, 2), 1000.0, dtype=np.float32)

    assert quality(reference + 10, reference, Domain.RAW)["psnr_db"] == pytest.approx(40.0)
