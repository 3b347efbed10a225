"""A known camera's matrices come back from charts that were simulated with it."""

from dataclasses import replace

import numpy as np
import pytest

from apps.colour_closure import close_colour
from isp.core.errors import ProfileError
from isp.files.profile import load_profile


@pytest.mark.parametrize("name", ["GenericPhone", "NikonD850"])
@pytest.mark.parametrize("method", ["delta-e", "least-squares-white"])
def test_without_noise_the_same_matrices_come_back(name: str, method: str) -> None:
    profile = load_profile(name)
    plain = replace(profile, shading={}, optical_crosstalk={}, electrical_crosstalk={})

    found = close_colour(plain, method=method, noisy=False)

    assert [each.illuminant for each in found] == [m.illuminant for m in profile.colour_matrices]
    # Codes are whole: half a code of the 31 that black's red or blue may have is 1.6 %, and black
    # weighs least in the squares.
    assert max(each.largest for each in found) < 0.01
    assert np.ptp(found[0].truth) > 1


@pytest.mark.slow  # the camera's whole noise, compiled
def test_with_the_cameras_noise_they_come_back_within_two_hundredths() -> None:
    found = close_colour(load_profile("NikonD850"), seed=3)

    assert max(each.largest for each in found) < 0.02
    assert found[0].record()["largest_difference"] == found[0].largest


def test_another_cameras_matrix_is_not_what_comes_back() -> None:
    profile = load_profile("NikonD850")
    turned = np.array(profile.colour_matrices[0].xyz_to_camera)[[1, 0, 2]]
    entry = replace(profile.colour_matrices[0], xyz_to_camera=tuple(map(tuple, turned.tolist())))
    other = close_colour(profile.with_fields(colour_matrices=(entry,)), noisy=False)

    ours = close_colour(profile, noisy=False)
    assert np.abs(other[0].truth - ours[0].truth).max() > 0.5
    assert other[0].largest < 0.01


def test_a_profile_without_matrices_is_refused() -> None:
    with pytest.raises(ProfileError, match="needs matrices"):
        close_colour(load_profile("NikonD850").with_fields(colour_matrices=()))
