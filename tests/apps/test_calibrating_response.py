"""From files to a response that merge and the 8-bit camera take."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.calibrating_response import ResponseRequest, calibrate_response, light_of
from apps.responses import response_of
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, DomainError, UsageError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.files.picture import write_picture
from simulate.ldr import to_codes

TIMES = (0.05, 0.2, 0.8, 3.2)


def shoot(folder: Path, curve: Response, times: tuple[float, ...] = TIMES) -> list[Path]:
    """Pictures of a ramp with noise of their own, 100 x 120."""
    light = torch.logspace(-3, 0.3, 100 * 120, dtype=torch.float64).reshape(1, 1, 100, 120)
    noise = torch.Generator().manual_seed(4)
    files = []
    for number, time in enumerate(times):
        seen = light.expand(-1, 3, -1, -1) * time
        seen = seen + (seen / 8000).sqrt() * torch.randn(seen.shape, generator=noise).double()
        files.append(folder / f"p{number}.png")
        write_picture(files[-1], Frame.start(to_codes(seen, curve) / 255, Domain.SDR))
    return files


def test_a_camera_is_measured_and_its_file_is_a_response(tmp_path: Path) -> None:
    truth = Response.sigmoid(0.6, 0.9)
    files = shoot(tmp_path, truth)

    facts = calibrate_response(ResponseRequest(times=TIMES), files, tmp_path / "r.json")

    found = response_of(str(tmp_path / "r.json"))
    codes = (torch.arange(20, 250).double() / 255).reshape(1, 1, 1, -1).expand(1, 3, 1, -1)
    assert float((found.decode(codes) - truth.decode(codes)).abs().max()) < 0.03
    assert facts["channels"] == ["R", "G", "B"]
    assert "95 % band" in facts["said"]


def test_a_scene_that_moved_and_equal_times_are_refused(tmp_path: Path) -> None:
    files = shoot(tmp_path, Response.srgb())
    with pytest.raises(CalibrationError, match="same exposure"):
        calibrate_response(ResponseRequest(times=(1, 1, 1, 1)), files, tmp_path / "r.json")
    assert not (tmp_path / "r.json").exists()


def test_requests_that_cannot_be_met_are_refused(tmp_path: Path) -> None:
    files = shoot(tmp_path, Response.srgb(), (0.2, 0.8))
    for request, output, says in (
        (ResponseRequest(), "r.txt", "json"),
        (ResponseRequest(method="magic"), "r.json", "no method"),
        (ResponseRequest(times=(1.0,)), "r.json", "as many times"),
        (ResponseRequest(), "r.json", "--times"),
    ):
        with pytest.raises(UsageError, match=says):
            calibrate_response(request, files, tmp_path / output)


def test_raws_are_linear_and_refused() -> None:
    raw = Frame.start(torch.zeros(1, 1, 4, 4), Domain.RAW)
    with pytest.raises(DomainError, match="linear"):
        light_of(ResponseRequest(), [raw], ["a.dng"])


def test_light_is_time_by_iso_over_f_number_squared() -> None:
    from isp.core.shot import Shot

    shots = [
        Shot(exposure_time_s=torch.tensor([t]), f_number=torch.tensor([n]), iso=torch.tensor([i]))
        for t, n, i in ((1.0, 2.0, 100.0), (2.0, 4.0, 200.0))
    ]
    frames = [Frame.start(torch.zeros(1, 3, 2, 2), Domain.SDR, shot=shot) for shot in shots]

    np.testing.assert_allclose(light_of(ResponseRequest(), frames, ["a", "b"]), [25.0, 25.0])
