"""LittleCMS reads our profiles, and turns colours as our matrices do."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from isp.core.colour import PRIMARIES, rgb_to_rgb
from isp.core.errors import UsageError
from isp.files.icc import code_points_of, curve_of, icc_profile, space_of


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


@pytest.mark.parametrize("space", ["bt709", "p3", "bt2020"])
@pytest.mark.parametrize("transfer", ["srgb", "linear"])
def test_a_profile_tells_its_code_points(space: str, transfer: str) -> None:
    expected = {"bt709": 1, "p3": 12, "bt2020": 9}[space], {"srgb": 13, "linear": 8}[transfer]

    assert code_points_of(icc_profile(space, transfer)) == expected


def test_littlecms_s_own_curves_are_known_by_their_values() -> None:
    assert curve_of(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()) == "srgb"


def swapped(profile: bytes, curve: bytes) -> bytes:
    """A profile whose three curves are this element instead."""
    at = profile.index(b"para")
    return profile[:at] + curve + profile[at + len(curve) :]


def test_a_curve_of_no_entries_is_linear_and_a_sampled_one_is_taken_by_its_values() -> None:
    long = icc_profile("p3", "srgb") + bytes(2100)
    code = np.linspace(0, 1, 1024)
    values = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    table = b"curv" + bytes(4) + struct.pack(">I", 1024)
    table += np.rint(values * 65535).astype(">u2").tobytes()
    gamma = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))

    assert curve_of(swapped(long, b"curv" + bytes(8))) == "linear"
    assert curve_of(swapped(long, table)) == "srgb"
    with pytest.raises(ValueError, match="a curve that is not known"):
        curve_of(swapped(long, gamma))


def test_a_damaged_curve_is_refused() -> None:
    cut = icc_profile("p3", "srgb")
    cut = cut[: cut.index(b"para") + 14]

    with pytest.raises(ValueError, match="damaged"):
        curve_of(cut)
