"""fullwell cameras from-libcamera and to-libcamera: there, simulated, and back."""

import json
from pathlib import Path

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
