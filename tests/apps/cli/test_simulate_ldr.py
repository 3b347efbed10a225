"""fullwell simulate --ldr: the 8-bit camera, its truth and its facts."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.apps.conftest import Command
from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    SHOT,
    left_in,
    read_codes,
    read_exr,
    refused,
)


def test_an_8_bit_picture_is_the_response_of_the_truth_within_half_a_code(
    fullwell: Command, tmp_path: Path
) -> None:
    """A monochrome sensor has no mosaic: only half a DN and half a code are in between."""
    answer = fullwell(
        "simulate", "scene:siemens?luminance=60", "-o", tmp_path / "a.png", "--camera", "EMVA-CCD",
        "--iso", 100, "--exposure-time", "1/900", "--f-number", 2.8, "--no-noise", "--ldr",
        "--size", "60x48", "--lens", "gaussian_psf_um=3", "--response", "power:2.2",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    assert "response power 2.2" in answer.out
    assert left_in(tmp_path) == ["a.masks.png", "a.png", "a.truth.exr"]
    truth = read_exr(tmp_path / "a.truth.exr")
    assert truth["R"].dtype == np.float32
    light = truth["G"].astype(float)
    assert 0.02 < light.min() < light.max() < 0.98
    half_dn = 0.5 / (np.floor(14.76 + 0.280063 * 14008) - 14.76)
    code = read_codes(tmp_path / "a.png").astype(float)
    for plane in np.moveaxis(code, -1, 0):
        low, high = (255 * (light + side * half_dn) ** (1 / 2.2) for side in (-1.001, 1.001))
        assert (plane >= low - 0.5001).all()
        assert (plane <= high + 0.5001).all()


def test_a_jpeg_and_its_facts(fullwell: Command, tmp_path: Path) -> None:
    ask = ("simulate", "scene:flat?luminance=10", *SHOT, "--ldr", "--size", "32x24", "--json")

    facts = json.loads(
        fullwell(*ask, "-o", tmp_path / "a.jpg", "--quality", "40", "--no-truth").out
    )

    assert left_in(tmp_path) == ["a.jpg", "a.masks.png"]
    assert (facts["jpeg_quality"], facts["truth"]) == (40, None)
    assert (facts["file"], facts["response"]["name"]) == ("a.jpg", "srgb")
    assert (facts["iso"], facts["exposure_time_s"], facts["f_number"]) == (400, 1 / 25, 2.8)


def test_light_beyond_any_half_float_is_kept_in_the_truth(
    fullwell: Command, tmp_path: Path
) -> None:
    answer = fullwell(
        "simulate", "scene:flat?luminance=1e9", "-o", tmp_path / "a.png", *SHOT, "--ldr",
        "--size", "32x24",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    share = 1e7 * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E / (15520 - BLACK_DN)
    assert read_exr(tmp_path / "a.truth.exr")["G"] == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize("taken", ["a.png", "a.masks.png", "a.truth.exr"])
def test_an_8_bit_camera_overwrites_nothing(fullwell: Command, tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")

    answer = fullwell("simulate", "none.exr", "-o", tmp_path / "a.png", *SHOT, "--ldr")

    refused(answer, 3, taken, "pass --force")
    assert left_in(tmp_path) == [taken]
