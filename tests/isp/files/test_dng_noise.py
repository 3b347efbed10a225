"""NoiseProfile: one pair, or one for each colour, out of a profile and back."""

import json
import math
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from isp.core.cfa import Cfa
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.dng_noise import noise_reading, noise_tags
from isp.files.profile import load_profile, save_profile
from isp.files.raw import read_raw
from tests.isp.files.samples import camera, raw_frame

CHANNELS = (("R", 0.5, 2.0), ("G", 0.4, 1.5), ("B", 0.6, 2.5))  # K in DN/e-, dark in DN


def coloured(cfa: Cfa = Cfa.RGGB) -> SensorProfile:
    """White 4095, blacks 60, 64, 66 and 70 of the sites, and another noise for each colour."""
    profile = camera(cfa, 12, (60.0, 64.0, 66.0, 70.0))
    reading = Reading(
        iso=400.0, system_gain_dn_per_e=0.48, read_noise_e=4.0, channel_noise=CHANNELS
    )
    return profile.with_fields(readings=(reading,))


def test_the_noise_profile_is_the_worked_example_of_the_conventions() -> None:
    # K = 0.8, B = 64, W = 1023, sigma = 2.5 e-: S = 8.342e-4, O = 4.440e-6.
    profile = replace(camera(bit_depth=10, black=(64.0,) * 4))

    [(code, _, count, (slope, offset), _)] = noise_tags(Shot.single(iso=400.0), profile)

    assert (code, count) == (51041, 2)
    assert slope == pytest.approx(8.342e-4, rel=1e-4)
    assert offset == pytest.approx(4.440e-6, rel=1e-3)


def test_no_noise_profile_is_made_up() -> None:
    assert noise_tags(Shot.single(iso=100_000.0), camera()) == []
    assert noise_tags(Shot(), camera()) == []


def test_every_colour_has_its_own_pair() -> None:
    """S = K / (W - B) and O = sigma^2 / (W - B)^2 with each colour's own black, as linearised."""
    [(code, _, count, numbers, _)] = noise_tags(Shot.single(iso=400.0), coloured())

    assert (code, count) == (51041, 6)
    expected = [
        number
        for (_, gain, dark), span in zip(CHANNELS, (4035.0, 4030.0, 4025.0), strict=True)
        for number in (gain / span, dark**2 / span**2)
    ]
    assert numbers == pytest.approx(expected, rel=1e-12)


def test_the_light_at_white_scales_every_pair() -> None:
    [(_, _, _, once, _)] = noise_tags(Shot.single(iso=400.0), coloured())
    [(_, _, _, fourfold, _)] = noise_tags(Shot.single(iso=400.0), coloured(), 4.0)

    assert [a / b for a, b in zip(once, fourfold, strict=True)] == pytest.approx([4.0, 16.0] * 3)


def test_one_converter_has_one_pair() -> None:
    [(_, _, count, _, _)] = noise_tags(Shot.single(iso=400.0), coloured(), one_gain=True)

    assert count == 2


def test_a_dng_gives_the_pairs_back_to_exiftool_and_to_us(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(coloured(Cfa.GBRG)))

    reading = read_raw(tmp_path / "a.dng").need_profile().readings[0]

    assert [name for name, _, _ in reading.channel_noise] == ["R", "G", "B"]
    for (_, gain, dark), (_, k, dn) in zip(reading.channel_noise, CHANNELS, strict=True):
        assert (gain, dark) == pytest.approx((k, dn), rel=1e-9)
    # Green stands for all, over the mean black of 65: its sites have 60 and 70.
    assert reading.system_gain_dn_per_e == pytest.approx(0.4, rel=1e-9)
    assert reading.read_noise_e == pytest.approx(math.sqrt(1.5**2 - 1 / 12) / 0.4, rel=1e-9)
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    said = subprocess.run(
        ["exiftool", "-j", "-n", "-NoiseProfile", str(tmp_path / "a.dng")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pairs = [float(number) for number in json.loads(said.stdout)[0]["NoiseProfile"].split()]
    spans = (
        4095 - 66,
        4095 - 65,
        4095 - 64,
    )  # of GBRG: R the third site, G the outer, B the second
    for index, ((_, gain, dark), span) in enumerate(zip(CHANNELS, spans, strict=True)):
        assert pairs[2 * index : 2 * index + 2] == pytest.approx(
            [gain / span, (dark / span) ** 2], rel=1e-6
        )


def test_pairs_that_agree_are_one_noise() -> None:
    facts = {"noise_profile": [1e-4, 1e-6] * 3, "iso": 400.0, "black_level_dn": (64.0,) * 4}

    (reading,) = noise_reading(facts, 4095.0, Cfa.RGGB)

    assert reading.channel_noise == ()
    assert reading.system_gain_dn_per_e == pytest.approx(0.4031)


def test_a_colour_without_sense_leaves_greens_noise() -> None:
    facts = {
        "noise_profile": [-1e-4, 1e-6, 1e-4, 1e-6, float("nan"), 1e-6], "iso": 400.0,
        "black_level_dn": (64.0,) * 4,
    }  # fmt: skip

    (reading,) = noise_reading(facts, 4095.0, Cfa.RGGB)

    assert reading.channel_noise == ()


def test_a_profile_keeps_its_colours_noise(tmp_path: Path) -> None:
    save_profile(coloured(), tmp_path / "a.json")

    assert load_profile(tmp_path / "a.json").readings[0].channel_noise == CHANNELS
