"""Closure of shading: a camera with vignetting is measured, and its flats become flat."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.shading_calibration import measure_shading, opcode_list, with_shading, write_shading
from calibration.shading import Shading
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FileError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.dng_opcodes import parse_opcodes
from isp.files.opcode_parameters import read_parameters
from isp.files.opcode_pixels import apply_opcode
from isp.files.open import read
from isp.files.profile import load_profile
from isp.stages.black_level import BlackLevel
from isp.stages.lens_shading import LensShading
from simulate.sensor import Sensor

SIZE = (240, 320)
FALL = {"R": (-0.5, 0.1), "G": (-0.4, 0.05), "B": (-0.35, 0.02)}


def camera() -> SensorProfile:
    profile = load_profile("RaspberryPi-HQ-IMX477")
    return profile.with_fields(shading=FALL, prnu_percent=0.0, optical_crosstalk={},
                               electrical_crosstalk={})  # fmt: skip


def flat(number: int, electrons: float = 3000.0) -> Frame:
    profile = camera()
    shot = Shot.single(iso=100, exposure_time_s=0.01, frame_number=torch.tensor([number]))
    expected = Frame.start(
        torch.full((1, 1, *SIZE), electrons), Domain.EXPECTED, shot=shot, profile=profile
    )
    return Sensor(profile).capture(expected, 5)


@pytest.fixture(scope="module")
def flats(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Eight flats as DNG."""
    folder = tmp_path_factory.mktemp("flats")
    for number in range(8):
        write_dng(folder / f"flat_{number}.dng", flat(number))
    return sorted(folder.glob("*.dng"))


@pytest.fixture(scope="module")
def found(flats: list[Path]) -> Shading:
    """What they say."""
    return measure_shading(flats)[0]


def test_the_cameras_polynomial_comes_back(found: Shading) -> None:
    for name, fall in FALL.items():
        radius = np.linspace(0, 1, 50) ** 2
        truth = 1 + sum(k * radius**n for n, k in enumerate(fall, 1))
        own = 1 + sum(k * radius**n for n, k in enumerate(found.coefficients[name], 1))
        # 3000 e-: 1.8 % a photosite; 8 flats and some 50 photosites a median, 768 medians.
        np.testing.assert_allclose(own, truth, atol=4e-3)


def unevenness(mosaic: np.ndarray) -> np.ndarray:
    """Means of blocks over their mean, per site of the period."""
    found = []
    for row in range(2):
        for column in range(2):
            plane = mosaic[row::2, column::2]
            blocks = plane.reshape(6, 20, 8, 20).mean((1, 3))
            found.append(blocks / blocks.mean() - 1)
    return np.stack(found)


def test_a_flat_is_flat_after_the_stage_with_the_mesh_or_the_profile(found: Shading) -> None:
    raw = flat(100)
    cfa = camera().cfa
    grid = tuple(tuple(tuple(row) for row in found.gains[name].tolist()) for name in cfa.channels)
    measured = with_shading(camera(), found)
    mosaic = BlackLevel(cfa).develop(raw)
    assert np.abs(unevenness(mosaic.data[0, 0].numpy())).max() > 0.15

    by_mesh = LensShading(cfa, grid).develop(mosaic).data[0, 0].numpy()
    by_profile = LensShading(cfa).develop(Frame.start(
        mosaic.data, Domain.MOSAIC, shot=mosaic.shot, profile=measured
    )).data[0, 0].numpy()  # fmt: skip

    # A block has 400 photosites of at least 1800 e-: 0.12 %, five deviations 0.6 %; the map's
    # own noise is as large again.
    assert np.abs(unevenness(by_mesh)).max() < 0.01
    assert np.abs(unevenness(by_profile)).max() < 0.01


def test_the_opcode_does_what_the_stage_does(found: Shading) -> None:
    mosaic = BlackLevel(camera().cfa).develop(flat(100))
    cfa = camera().cfa
    grid = tuple(tuple(tuple(row) for row in found.gains[name].tolist()) for name in cfa.channels)
    by_stage = LensShading(cfa, grid).develop(mosaic).data[0, 0].numpy()

    pixels = mosaic.data[0, 0].numpy()[..., None]
    for opcode in parse_opcodes(opcode_list(found, cfa), 2):
        pixels, _ = apply_opcode(pixels, read_parameters(opcode), 2)  # type: ignore[arg-type]

    np.testing.assert_allclose(pixels[..., 0], by_stage, rtol=2e-5, atol=1e-7)


def test_profile_and_opcode_are_written(found: Shading, tmp_path: Path) -> None:
    write_shading(found, camera(), tmp_path / "camera.json", tmp_path / "map.bin")

    again = load_profile(str(tmp_path / "camera.json"))
    assert {n: tuple(v) for n, v in again.shading.items()} == dict(found.coefficients)
    assert "calibrate shading" in again.sources["shading"]
    assert len(parse_opcodes((tmp_path / "map.bin").read_bytes(), 2)) == 4


def test_another_cameras_profile_is_refused(found: Shading) -> None:
    with pytest.raises(UsageError, match="EMVA-CCD"):
        with_shading(load_profile("EMVA-CCD"), found)


def test_what_is_no_flat_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="none came"):
        measure_shading([])
    write_dng(tmp_path / "white.dng", flat(1, 100_000.0))
    with pytest.raises(CalibrationError, match="clipped"):
        measure_shading([tmp_path / "white.dng"])
    write_dng(tmp_path / "dark.dng", flat(1, 0.0))
    with pytest.raises(CalibrationError, match="flat 1 of 1 is dark"):
        measure_shading([tmp_path / "dark.dng"])
    with pytest.raises(FileError):
        measure_shading([tmp_path / "none.dng"])
    assert read(tmp_path / "white.dng").domain is Domain.RAW
