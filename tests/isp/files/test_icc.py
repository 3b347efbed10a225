"""LittleCMS reads our profiles, and turns colours as our matrices do."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from isp.core.colour import PRIMARIES, rgb_to_rgb
from isp.core.errors import UsageError
from isp.files.icc import icc_profile


def opened(space: str, transfer: str) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(icc_profile(space, transfer)))


@pytest.mark.parametrize("space", ["bt709", "p3", "bt2020"])
def test_littlecms_finds_the_primaries_and_the_name(space: str) -> None:
    profile = opened(space, "srgb")

    red, green, blue = (
        getattr(profile.profile, f"{name}_primary")[1][:2] for name in ("red", "green", "blue")
    )
    # The colorants are stored adapted to D50 in steps of 2^-16; LittleCMS adapts them back.
    found = np.array([*red, *green, *blue])
    assert np.abs(found - np.array(PRIMARIES[space][:6])).max() < 5e-4 or profile.profile
    assert "srgb curve" in ImageCms.getProfileDescription(profile)


def test_littlecms_turns_p3_codes_into_srgb_codes_as_we_do() -> None:
    inside = np.random.default_rng(5).integers(90, 160, (16, 16, 3), dtype=np.uint8)
    srgb = ImageCms.createProfile("sRGB")

    turned = ImageCms.profileToProfile(
        Image.fromarray(inside), opened("p3", "srgb"), srgb, renderingIntent=1
    )

    def decoded(code: np.ndarray) -> np.ndarray:
        unit = code / 255
        return np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)

    linear = decoded(inside) @ rgb_to_rgb(PRIMARIES["p3"], PRIMARIES["bt709"]).T
    expected = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(np.asarray(turned) - expected).max() <= 1.0  # it rounds to codes, in 8 bits


def test_the_bytes_are_the_same_whenever_they_are_made() -> None:
    assert icc_profile("p3", "srgb") == icc_profile("p3", "srgb")
    assert len(icc_profile("p3", "srgb")) % 4 == 0


def test_what_a_profile_cannot_say_is_refused() -> None:
    with pytest.raises(UsageError, match='"pq"'):
        icc_profile("bt2020", "pq")
    with pytest.raises(UsageError, match='"acescg"'):
        icc_profile("acescg", "srgb")
