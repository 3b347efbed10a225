"""fullwell calibrate shading: from flats to a profile and an opcode list."""

import json
from pathlib import Path

import pytest
import torch

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.profile import load_profile
from simulate.sensor import Sensor
from tests.apps.conftest import Command
from tests.apps.samples import refused


@pytest.fixture(scope="module")
def flat_dng(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flat of a camera whose corners have half of the light."""
    half = dict.fromkeys("RGB", (-0.5,))
    profile = load_profile("RaspberryPi-HQ-IMX477").with_fields(shading=half)
    expected = Frame.start(
        torch.full((1, 1, 120, 160), 3000.0), Domain.EXPECTED, profile=profile,
        shot=Shot.single(iso=100, exposure_time_s=0.01),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("flat") / "flat.dng"
    write_dng(path, Sensor(profile).capture(expected, 1))
    return path


def test_profile_and_opcode_come_out(fullwell: Command, flat_dng: Path, tmp_path: Path) -> None:
    profile, opcode = tmp_path / "camera.json", tmp_path / "gainmap.bin"

    answer = fullwell("calibrate", "shading", flat_dng, "-o", profile, "--opcode", opcode,
                      "--camera", "RaspberryPi-HQ-IMX477")  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("R: gain up to ")
    shading = load_profile(str(profile)).shading
    assert 1 + sum(shading["G"]) == pytest.approx(0.5, abs=0.05)
    assert opcode.read_bytes()[:4] == bytes([0, 0, 0, 4])
    refused(fullwell("calibrate", "shading", flat_dng, "-o", profile), 3, "--force")


def test_json_has_gains_of_each_colour(fullwell: Command, flat_dng: Path) -> None:
    answer = fullwell("calibrate", "shading", flat_dng, "--json")

    record = json.loads(answer.out)
    assert set(record["gains"]) == {"R", "G", "B"}
    assert record["largest_gain"]["G"] == pytest.approx(2, rel=0.1)


def test_a_flat_that_is_not_there_is_refused(fullwell: Command, tmp_path: Path) -> None:
    refused(fullwell("calibrate", "shading", tmp_path / "no.dng"), 3, "no such file")
