"""A DNG's matrices reach the profile with the calibration and the forward matrix they came with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isp.core.camera_matrices import white_from_neutral
from isp.core.colour import PRIMARIES, xyz_d50_to_rgb
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.temperature import xy_to_cct
from isp.files.dng import write_dng
from isp.files.profile import profile_from, profile_record
from isp.files.raw import read_raw
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import camera_to_rgb
from tests.isp.files.rich_dng import FORWARD, MATRIX, rationals, rich_dng

CC = (1.02, 0.01, 0.0, -0.02, 1.0, 0.03, 0.0, 0.02, 0.97)
NEUTRAL = np.array([0.5, 1.0, 2 / 3])


def profile_of(path: Path, tags: dict[int, Any]) -> tuple[SensorProfile, dict[str, Any]]:
    rich_dng(path, tags)
    frame = read_raw(path)
    return frame.need_profile(), frame.history[0][1]


def test_camera_rgb_goes_to_xyz_by_the_words_of_chapter_6(tmp_path: Path) -> None:
    """CameraToXYZ_D50 = FM D Inverse(AB CC), D = Invert(AsDiagonal(Inverse(AB CC) neutral))."""
    profile, _ = profile_of(tmp_path / "a.dng", {50723: ("2i", 9, rationals(CC))})

    found = camera_to_rgb(profile, (2.0, 1.0, 1.5), PRIMARIES["bt2020"])

    inverse = np.linalg.inv(np.diag([1.0, 1.0, 1.25]) @ np.reshape(CC, (3, 3)))
    d = np.linalg.inv(np.diag(inverse @ NEUTRAL))
    camera_to_xyz = np.reshape(FORWARD, (3, 3)) @ d @ inverse
    expected = xyz_d50_to_rgb(PRIMARIES["bt2020"]) @ camera_to_xyz @ np.diag(NEUTRAL)
    np.testing.assert_allclose(found, expected, atol=1e-4)  # FM has four decimals


def test_a_calibration_signed_for_another_profile_does_not_count(tmp_path: Path) -> None:
    tags = {50723: ("2i", 9, rationals(CC)), 50727: ("2I", 3, (1,) * 6)}
    agreed, _ = profile_of(
        tmp_path / "a.dng", tags | {50931: (2, 0, "maker"), 50932: (2, 0, "maker")}
    )
    other, notes = profile_of(tmp_path / "b.dng", tags | {50931: (2, 0, "maker")})

    assert np.allclose(agreed.calibrations["D65"], np.reshape(CC, (3, 3)))
    assert other.calibrations == {}
    assert notes["camera_calibration"] == "signed for another profile; left out"


@pytest.mark.parametrize("forward", [(0.0,) * 9, (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)])
def test_a_forward_matrix_that_does_not_take_white_to_d50_is_left_out_and_noted(
    forward: tuple[float, ...], tmp_path: Path
) -> None:
    profile, notes = profile_of(tmp_path / "a.dng", {50964: ("2i", 9, rationals(forward))})

    assert profile.forward_matrices == {}
    assert notes["forward_matrix"] == "does not take white to D50; left out"


def test_a_calibration_that_cannot_be_inverted_is_left_out_and_noted(tmp_path: Path) -> None:
    profile, notes = profile_of(tmp_path / "a.dng", {50723: ("2i", 9, (0, 1) * 9)})

    assert profile.calibrations == {}
    assert notes["camera_calibration"] == "cannot be inverted; left out"


def test_planes_in_another_order_are_turned_in_every_matrix(tmp_path: Path) -> None:
    """CFAPlaneColor 2, 1, 0: the planes are blue, green, red."""
    back = [2, 1, 0]
    cm, cc = np.reshape(MATRIX, (3, 3))[back], np.reshape(CC, (3, 3))[np.ix_(back, back)]
    turned = {
        50710: (1, 3, bytes(back)), 50721: ("2i", 9, rationals(cm.ravel())),
        50723: ("2i", 9, rationals(cc.ravel())), 50727: ("2I", 3, rationals((1.25, 1.0, 1.0))),
        50728: ("2I", 3, (2, 3, 10, 10, 5, 10)),
        50964: ("2i", 9, rationals(np.reshape(FORWARD, (3, 3))[:, back].ravel())),
    }  # fmt: skip
    plain, _ = profile_of(tmp_path / "a.dng", {50723: ("2i", 9, rationals(CC))})

    found, _ = profile_of(tmp_path / "b.dng", turned)

    assert found.colour_matrices == plain.colour_matrices


def test_a_profile_keeps_its_calibration_in_json(tmp_path: Path) -> None:
    profile, _ = profile_of(tmp_path / "a.dng", {})

    back = profile_from(profile_record(profile), tmp_path / "a.json")

    assert back.colour_matrices == profile.colour_matrices
    assert back.calibrations["D65"].diagonal().tolist() == [1.0, 1.0, 1.25]


def test_a_camera_that_did_not_come_from_the_file_writes_its_calibrated_matrix(
    tmp_path: Path,
) -> None:
    rich_dng(tmp_path / "a.dng")
    frame = read_raw(tmp_path / "a.dng")
    profile = frame.need_profile()
    (entry,) = profile.colour_matrices
    mosaic = BlackLevel(profile.cfa).develop(frame)
    plain = Shot.single(white_balance=(2.0, 1.0, 1.5))
    write_dng(tmp_path / "b.dng", replace(mosaic, shot=plain))

    (back,) = read_raw(tmp_path / "b.dng").need_profile().colour_matrices
    np.testing.assert_allclose(back.xyz_to_camera, entry.calibrated, atol=1e-6)
    assert back.calibration is None


def test_a_canon_6d_whose_file_was_balanced_has_the_white_that_its_gains_say(
    shared_data: Path,
) -> None:
    """Adobe's converter noted 6200 K (XMP) for as shot; without AnalogBalance it were 2125 K."""
    frame = read_raw(shared_data / "raw" / "dng" / "canon_eos_6d_lossy_linear.dng")
    profile = frame.need_profile()
    neutral = 1 / frame.shot.need("white_balance")[0].double().numpy()

    white = white_from_neutral(neutral, profile.xyz_to_camera, profile.calibrations)

    # Lightroom's sliders step by 50 K here.
    assert xy_to_cct(white) == pytest.approx(6200, abs=25)
    assert xy_to_cct(white_from_neutral(neutral, profile.xyz_to_camera)) < 3000
