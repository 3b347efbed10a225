"""A folder of captures gives back the camera that took them, in JSON as in the profile."""

import json

import pytest

from apps.noise_calibration import NoiseCalibration, figures_of, sentences
from tests.calibration.written_captures import CAMERA, HOT, HOT_DN, WEAK


def test_the_camera_comes_back_within_its_intervals(calibrated: NoiseCalibration) -> None:
    figures = figures_of(calibrated.found[0])

    for name, truth in (
        ("system_gain_dn_per_e", CAMERA.gain),
        ("read_noise_e", CAMERA.read_noise_e),
        ("full_well_e", CAMERA.well_e),
        ("doubling_temperature_k", 7.0),
    ):
        figure = figures[name]
        # Twice the interval: these are four draws of chance, and coverage is tested elsewhere.
        assert abs(figure.value - truth) < 2 * figure.half_width, name


def test_the_profile_has_what_was_measured(calibrated: NoiseCalibration) -> None:
    profile = calibrated.profile

    assert profile.doubling_temperature_k == pytest.approx(7.0, rel=0.05)
    assert [(d.row, d.column) for d in profile.defects] == [HOT, WEAK]
    assert profile.sources["defects"].startswith("measured")


def test_json_has_every_quantity_and_no_nan(calibrated: NoiseCalibration) -> None:
    record = json.loads(json.dumps(calibrated.record(), allow_nan=False))

    at = record["isos"]["100"]
    assert {"value", "low", "high"} <= set(at["doubling_temperature_k"])
    assert at["model"]["name"] == "poisson_gaussian"
    assert 0 < at["read_noise_left_out_share"] < 0.001  # the hot one, and a few by chance
    assert at["banding"] == []
    assert [(d["kind"], d["row"], d["column"]) for d in at["defects"]] == [
        ("hot", *HOT), ("weak", *WEAK),
    ]  # fmt: skip
    assert at["defects"][0]["departure"] == pytest.approx(HOT_DN / CAMERA.gain, rel=0.05)
    noise = at["noise_profile"]["Y"]
    span = 4095 - CAMERA.black
    assert noise["S"] == pytest.approx(CAMERA.gain / span, rel=0.05)
    dark_dn2 = (CAMERA.gain * CAMERA.read_noise_e) ** 2 + 1 / 12
    assert noise["O"] == pytest.approx(dark_dn2 / span**2, rel=0.05)
    assert record["noise_lines"]["switch_iso"] is None
    assert {line["quantity"] for line in record["noise_lines"]["lines"]} >= {"read_noise"}


def test_people_are_told_the_model(calibrated: NoiseCalibration) -> None:
    said = "\n".join(sentences(calibrated))

    assert "Poisson and Gaussian noise say all" in said
    assert "doubling_temperature_k: " in said
