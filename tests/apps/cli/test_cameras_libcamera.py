"""fullwell cameras from-libcamera and to-libcamera: there, simulated, and back."""

import json
from pathlib import Path

import pytest

from tests.apps.conftest import Command
from tests.apps.samples import refused
from tests.isp.files.tuning_text import text


def test_a_tuning_becomes_a_camera_that_simulates_and_goes_back(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    tuning, camera = tmp_path / "imx000.json", tmp_path / "camera.json"
    tuning.write_text(text(), encoding="utf-8")

    made = fullwell("cameras", "from-libcamera", tuning, camera, "--bits", "10", "--cfa", "BGGR")
    shot = fullwell(
        "simulate", grey_exr, "-o", tmp_path / "a.dng", "--camera", camera, "--iso", "200",
        "--exposure-time", "1/25", "--f-number", "2.8", "--set", "quantum_efficiency=0.2", "--set",
        "pixel_pitch_um=1.4",
    )  # fmt: skip
    back = fullwell("cameras", "to-libcamera", camera, tmp_path / "back.json")

    assert (made.code, made.err) == (0, "")
    assert "readings.read_noise_e: 0" in made.out
    assert json.loads(camera.read_text())["name"] == "imx000"
    assert (shot.code, shot.err) == (0, "")
    assert (back.code, back.err) == (0, "")
    assert (tmp_path / "back.json").read_bytes() == tuning.read_bytes()


def test_mistakes_are_told_with_their_codes(fullwell: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")
    out = tmp_path / "out.json"

    refused(fullwell("cameras", "from-libcamera", "none.json", out, "--bits", "10"), 3, "none.json")
    refused(
        fullwell("cameras", "from-libcamera", tmp_path / "bad.json", out, "--bits", "10"), 3,
        "no libcamera tuning",
    )  # fmt: skip
    refused(fullwell("cameras", "from-libcamera", tmp_path / "bad.json", out), 2, "--bits")
    refused(fullwell("cameras", "to-libcamera", "NikonD850", out), 3, "from-libcamera")


@pytest.mark.parametrize(
    ("algorithms", "said"),
    [
        ({"mine.unknown": {"huge": "2E947"}}, "mine.unknown.huge is not a finite number"),
        ({"rpi.ccm": {"ccms": [{"ct": 1, "ccm": [1, [2]]}]}}, "rpi.ccm: a value is of the wrong"),
        ({"rpi.ccm": {"ccms": [{"ccm": [1] * 9}]}}, 'rpi.ccm: "ct" is missing'),
        ({"rpi.ccm": {"ccms": [{"ct": 1, "ccm": [1] * 8}]}}, "is nine numbers"),
        ({"rpi.awb": {"ct_curve": [1, 2]}}, "the AWB curve is triples"),
        ({"rpi.noise": {"reference_constant": 0, "reference_slope": -1}}, "a noise of 0 + -1"),
        ({"rpi.noise": {"reference_constant": 0, "reference_slope": 1e200}}, "too large"),
        ({"rpi.alsc": {"luminance_lut": [1e300] * 192,
                       "calibrations_Cr": [{"ct": 1, "table": [1e300] * 192}],
                       "calibrations_Cb": [{"ct": 1, "table": [1] * 192}]}}, "not a finite"),
    ],
)  # fmt: skip
def test_values_that_are_no_sensors_are_refused_naming_file_and_key(
    fullwell: Command, tmp_path: Path, algorithms: dict[str, object], said: str
) -> None:
    tuning = tmp_path / "imx000.json"
    tuning.write_text(text(**algorithms).replace('"2E947"', "2E947"), encoding="utf-8")

    done = fullwell("cameras", "from-libcamera", tuning, tmp_path / "a.json", "--bits", "10")

    refused(done, 3, said)
    assert "imx000" in done.err
    assert "Error" not in done.err
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("lens_shading_tables", [{"gains": {"G": [1.0], "R": [1.0], "B": [1.0]}}], '"ct" is miss'),
        ("lens_shading_tables", [{"ct": 1, "gains": {"G": [0], "R": [1], "B": [1]}}], "value is 0"),
        ("lens_shading_tables", 3, "wrong kind"),
        ("awb_curve", [[2500.0, 0.8]], "triples"),
        ("awb_curve", [7], "wrong kind"),
    ],
)
def test_what_a_profile_keeps_is_judged_before_it_goes_back(
    fullwell: Command, tmp_path: Path, key: str, value: object, said: str
) -> None:
    tuning, camera = tmp_path / "imx000.json", tmp_path / "camera.json"
    tuning.write_text(text(), encoding="utf-8")
    fullwell("cameras", "from-libcamera", tuning, camera, "--bits", "10")
    camera.write_text(json.dumps(json.loads(camera.read_text()) | {key: value}))

    done = fullwell("cameras", "to-libcamera", camera, tmp_path / "back.json")

    refused(done, 3, said)
    assert f"camera.json: imx000: extra.{key}" in done.err or "triples" in done.err
