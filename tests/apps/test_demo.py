"""The demo is the main job itself: what it writes is what the verbs write."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab

from apps import demo
from apps.demo import CAMERA, EXPOSURE_TIME_S, F_NUMBER, ISO, STOPS, TONE, run_demo
from apps.developing import develop
from apps.scenes import scene
from apps.truth import truth_in_linear
from isp.core.errors import CheckError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.core.transfer import encode_srgb
from isp.files.open import read
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from simulate.sensor import Sensor
from tests.apps.conftest import Command, DemoRun
from tests.apps.samples import left_in


def test_the_demos_raw_is_the_one_that_simulate_writes(
    fullwell: Command, tmp_path: Path, demo_run: DemoRun
) -> None:
    answer = fullwell(
        "simulate", "scene:interior", "-o", tmp_path / "room.dng", "--camera", CAMERA,
        "--iso", ISO, "--exposure-time", EXPOSURE_TIME_S, "--f-number", F_NUMBER, "--seed", 1,
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    assert (tmp_path / "room.dng").read_bytes() == (demo_run.folder / "room.dng").read_bytes()


def test_the_demos_picture_is_the_one_that_develop_writes(
    fullwell: Command, tmp_path: Path, demo_run: DemoRun
) -> None:
    answer = fullwell(
        "develop", demo_run.folder / "room.dng", "-o", tmp_path / "room.png", "--tone", TONE,
        "--exposure", STOPS,
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    assert (tmp_path / "room.png").read_bytes() == (demo_run.folder / "room.png").read_bytes()


def test_the_printed_errors_are_those_of_the_file_against_the_scene(demo_run: DemoRun) -> None:
    """Worked out again from the DNG: codes of both, clipped at white, over measured pixels."""
    shot = Shot.single(exposure_time_s=EXPOSURE_TIME_S, f_number=F_NUMBER, iso=ISO)
    light = scene("interior")
    truth = truth_in_linear(light, Sensor(load_profile(CAMERA)).expose(light, shot))
    frame = develop(
        demo_run.folder / "room.dng", preset="hdr_linear",
        settings=[("colour_matrix", "target", "bt709")],
    )  # fmt: skip

    def codes(linear: np.ndarray) -> np.ndarray:
        return encode_srgb(torch.from_numpy(np.clip(linear, 0, 1))).numpy()

    error = codes(frame.data[0].permute(1, 2, 0).double().numpy()) - codes(truth)
    measured = frame.measured[0, 0].numpy()
    psnr = -10 * np.log10((error[measured] ** 2).mean())
    lines = demo_run.out.splitlines()
    ours = next(line for line in lines if line.startswith("fullwell, gbtf_root"))
    said = re.search(r"PSNR ([\d.]+) dB and mean ΔE00 ([\d.]+)", ours)
    assert said is not None
    assert float(said[1]) == pytest.approx(psnr, abs=0.006)
    # scikit-image's CIEDE2000 on its own way from sRGB codes to Lab, whose matrix and white
    # have four digits.
    picture = codes(frame.data[0].permute(1, 2, 0).double().numpy())
    delta_e = deltaE_ciede2000(rgb2lab(codes(truth)), rgb2lab(picture))
    assert float(said[2]) == pytest.approx(delta_e[measured].mean(), abs=0.02)


def test_libraw_is_measured_beside_us_on_the_same_file(demo_run: DemoRun) -> None:
    theirs = next(line for line in demo_run.out.splitlines() if line.startswith("LibRaw, AHD"))

    said = re.search(r"PSNR ([\d.]+) dB and mean ΔE00 ([\d.]+)", theirs)
    assert said is not None
    # A wrong matrix, balance or offset of a pixel on either side costs ten decibels and more.
    assert 25 < float(said[1]) < 50


def small(name: str = "interior") -> Frame:
    return scene(name, 48, 72)


def test_another_seed_is_another_noise_of_the_same_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "scene", small)
    monkeypatch.setattr(demo, "write_report", lambda path, evidence: [])
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run_demo(tmp_path / name, seed=seed)

    a, b, c = (read_raw(tmp_path / n / "room.dng").data for n in "abc")
    assert torch.equal(a, b)
    assert 0.5 < float((a != c).float().mean()) < 1


def test_parts_are_named_as_they_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "scene", small)
    monkeypatch.setattr(demo, "write_report", lambda path, evidence: [])
    named: list[str] = []

    run_demo(tmp_path / "out", advance=named.append)

    assert named == ["scene", "sensor", "file", "develop", "compare", "report"]
    assert len(named) == demo.PARTS


def test_a_file_that_does_not_give_back_its_dn_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_wrongly(path: Path) -> Frame:
        frame = read(path)
        return replace(frame, data=frame.data + torch.eye(48, 72))

    monkeypatch.setattr(demo, "scene", small)
    monkeypatch.setattr(demo, "read", read_wrongly)

    with pytest.raises(CheckError, match="does not give back the DN") as caught:
        run_demo(tmp_path / "out")
    assert caught.value.exit_code == 1
    assert "report.html" not in left_in(tmp_path / "out")
