"""LittleCMS reads our profiles, and turns colours as our matrices do."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from isp.core.colour import PRIMARIES, rgb_to_rgb
from isp.core.errors import UsageError
from isp.files.icc import icc_profile, space_of


def opened(space: str, transfer: str) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(icc_profile(space, transfer)))


def test_littlecms_finds_display_p3_s_printed_colorants_and_name() -> None:
    """As they stand in the profile that libultrahdr 1.4 writes.

    Its colorants add up to Z = 0.8252 where ICC's D50 has 0.8249; ours add up to ICC's.
    """
    profile = opened("p3", "srgb")

    printed = {
        "red": (0.51511, 0.24118, -0.00105),
        "green": (0.29196, 0.69223, 0.04189),
        "blue": (0.15715, 0.06659, 0.78438),
    }
    for name, xyz in printed.items():
        found = getattr(profile.profile, f"{name}_colorant")[0]
        assert found == pytest.approx(xyz, abs=4e-4)
    colorants = [getattr(profile.profile, f"{name}_colorant")[0] for name in printed]
    assert np.sum(colorants, axis=0) == pytest.approx([0.9642, 1.0, 0.8249], abs=5e-5)
    assert "Display P3 with the srgb curve" in ImageCms.getProfileDescription(profile)


@pytest.mark.parametrize("space", ["bt709", "p3", "bt2020"])
@pytest.mark.parametrize("transfer", ["srgb", "linear"])
def test_a_profile_tells_which_space_it_is_of(space: str, transfer: str) -> None:
    assert space_of(icc_profile(space, transfer)) == space


def test_littlecms_s_own_srgb_is_bt709_and_so_is_a_picture_without_a_profile() -> None:
    theirs = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert space_of(theirs) == "bt709"
    assert space_of(None) == "bt709"


def test_a_profile_of_another_space_or_a_damaged_one_is_refused() -> None:
    with pytest.raises(ValueError, match="no colour space that is known"):
        space_of(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())
    with pytest.raises(ValueError, match="damaged"):
        space_of(icc_profile("p3", "srgb")[:140])


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
