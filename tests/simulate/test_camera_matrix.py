"""Matrices fitted to sensitivities: exact for an observer, near Adobe's for real cameras."""

from pathlib import Path

import numpy as np
import pytest

from isp.core.cfa import Cfa
from isp.core.colour import xy_to_xyz
from isp.core.errors import ProfileError
from isp.core.illuminants import illuminant_xy
from isp.core.sensor import SensorProfile
from isp.core.spectral import RelativeSensitivity, SpectralSensitivity
from isp.files.sensitivity import read_sensitivity
from simulate.camera_matrix import exact_for_first, fit_xyz_to_camera, with_sensitivity
from simulate.spectra import colour_matching
from simulate.spectral import FINE_NM, efficiency_under

MIX = np.array([[0.8, 0.3, 0.1], [0.2, 1.0, 0.1], [0.0, 0.1, 0.9]])


def observer(mix: np.ndarray = MIX) -> SpectralSensitivity:
    """A camera that sees exact mixtures of the CIE observer (Luther's condition)."""
    values = mix @ colour_matching(FINE_NM)
    return RelativeSensitivity(
        name="luther", wavelengths_nm=FINE_NM,
        values={c: tuple(row) for c, row in zip("RGB", values.tolist(), strict=True)},
    ).with_peak_efficiency(0.5)  # fmt: skip


def blank(cfa: Cfa = Cfa.RGGB, **changes: object) -> SensorProfile:
    sites = cfa.period[0] * cfa.period[1]
    values = {
        "name": "blank", "cfa": cfa, "bit_depth": 12, "black_level_dn": (0.0,) * sites,
        "white_level_dn": 4095.0, "readings": (),
    }  # fmt: skip
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("illuminant", ["A", "D65", "FL2"])
def test_a_camera_that_is_an_observer_gets_its_mixture_back(illuminant: str) -> None:
    fitted = fit_xyz_to_camera(observer(), illuminant)

    white = MIX @ xy_to_xyz(illuminant_xy(illuminant))
    # Tabled white points have five digits; the shape of the matrix is exact.
    np.testing.assert_allclose(fitted / fitted[1, 1], MIX / MIX[1, 1], atol=1e-9)
    np.testing.assert_allclose(fitted, MIX / white[1], rtol=2e-4, atol=1e-9)


def test_white_is_exact_whatever_the_patches_pull() -> None:
    """By hand: y = 2x + 1 for one input cannot fit (1, 3), (2, 5), (3, 7); (1, 3) must."""
    inputs, outputs = np.array([[1.0], [2.0], [3.0]]), np.array([[3.0], [5.0], [7.0]])

    assert exact_for_first(inputs, outputs) == pytest.approx(3.0)


def test_the_constrained_fit_is_the_best_of_all_that_meet_the_first_row() -> None:
    inputs = np.array([[1.0, 1.0], [1.0, 0.2], [0.3, 1.0], [0.5, 0.6]])
    outputs = np.array([[1.0], [0.5], [0.9], [0.4]])

    best = exact_for_first(inputs, outputs)

    assert inputs[0] @ best == pytest.approx(1.0)
    along = np.array([[1.0], [-1.0]])  # keeps the first row met
    cost = [float(((inputs[1:] @ (best + e * along) - outputs[1:]) ** 2).sum())
            for e in (-1e-3, 0.0, 1e-3)]  # fmt: skip
    assert cost[1] < min(cost[0], cost[2])


@pytest.mark.parametrize(
    ("file", "adobe", "tolerance"),
    [
        ("nikon_d7000", ((0.8198, -0.2239, -0.0724), (-0.4871, 1.2389, 0.2798),
                         (-0.1043, 0.2050, 0.7181)), 0.01),
        ("canon_eos_5d_mark_ii", ((0.4716, 0.0603, -0.0830), (-0.7798, 1.5474, 0.2480),
                                  (-0.1496, 0.1937, 0.6651)), 0.03),
    ],
)  # fmt: skip
def test_measured_cameras_are_neutral_where_adobe_says(
    shared_data: Path, file: str, adobe: tuple[tuple[float, ...], ...], tolerance: float
) -> None:
    """Independent: Adobe's D65 matrix of the same model. Read per photon it would be 12 % off."""
    path = shared_data / f"colorchecker/rawtoaces/camera/{file}_380_780_5.json"
    white = xy_to_xyz(illuminant_xy("D65"))
    theirs = np.array(adobe) @ white

    ours = fit_xyz_to_camera(read_sensitivity(path).with_peak_efficiency(0.5), "D65") @ white

    assert ours / ours[1] == pytest.approx(theirs / theirs[1], rel=tolerance)


def test_a_profile_takes_everything_from_the_sensitivity_and_says_so() -> None:
    before = blank(assumed=("quantum_efficiency", "dsnu_e"), sources={"name": "me"})

    profile = with_sensitivity(before, observer(), "a made-up observer")

    assert profile.spectral_sensitivity == observer()
    assert profile.quantum_efficiency == efficiency_under(observer(), "D65", "G")
    assert [m.illuminant for m in profile.colour_matrices] == ["A", "D65"]
    assert (
        profile.colour_matrices[0].xyz_to_camera[1][1] == fit_xyz_to_camera(observer(), "A")[1, 1]
    )
    assert profile.assumed == ("dsnu_e",)
    assert profile.sources["name"] == "me"
    assert "a made-up observer" in profile.sources["colour_matrices"]


def test_other_patterns_get_an_efficiency_but_no_colour_matrix() -> None:
    clear = SpectralSensitivity(
        wavelengths_nm=(400, 700),
        quantum_efficiency={"R": (0.1, 0.5), "C": (0.6, 0.6), "B": (0.5, 0.1)},
    )

    profile = with_sensitivity(blank(Cfa.RCCB), clear, "a test")

    assert profile.colour_matrices == ()
    assert profile.quantum_efficiency == pytest.approx(efficiency_under(clear, "D65", "R"))
    with pytest.raises(ProfileError, match="needs G too"):
        with_sensitivity(blank(), clear, "a test")
