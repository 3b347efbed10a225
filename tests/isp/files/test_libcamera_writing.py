"""A tuning file goes into a profile and comes out as it was, but for what was changed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isp.core.errors import OutputError, ProfileError
from isp.core.sensor import SensorProfile
from isp.files.libcamera_profile import profile_from_tuning
from isp.files.libcamera_tuning import read_tuning, tuning_of
from isp.files.libcamera_writing import tuning_text, write_tuning
from isp.files.profile import load_profile, save_profile
from tests.isp.files.tuning_text import document, text


def a_profile(content: str | None = None) -> SensorProfile:
    return profile_from_tuning(tuning_of(content or text(), "mine"), bit_depth=10, name="mine")


def through_file(profile: SensorProfile, folder: Path) -> SensorProfile:
    save_profile(profile, folder / "camera.json", force=True)
    return load_profile(folder / "camera.json")


def test_an_unchanged_tuning_comes_back_byte_for_byte(tmp_path: Path) -> None:
    profile = through_file(a_profile(), tmp_path)

    write_tuning(tmp_path / "tuning.json", profile)

    assert (tmp_path / "tuning.json").read_bytes() == text().encode()


@pytest.mark.parametrize("name", ["imx219", "imx477", "imx708", "ov5647"])
@pytest.mark.parametrize("target", ["vc4", "pisp"])
def test_real_tunings_come_back_byte_for_byte(
    shared_data: Path, tmp_path: Path, target: str, name: str
) -> None:
    path = shared_data / "libcamera_tuning" / f"rpi_{target}_{name}.json"
    bits = 12 if name == "imx477" else 10

    profile = through_file(profile_from_tuning(read_tuning(path), bit_depth=bits), tmp_path)

    write_tuning(tmp_path / "out.json", profile)
    assert (tmp_path / "out.json").read_bytes() == path.read_bytes()
    changed = replace(profile, black_level_dn=(17.0,) * 4)
    before, after = json.loads(path.read_text()), json.loads(tuning_text(changed))
    (black,) = [a for a in before["algorithms"] if "rpi.black_level" in a]
    black["rpi.black_level"]["black_level"] = 17 << 16 - bits
    assert flat(after) == flat(before)


def flat(value: Any) -> str:
    """JSON text in the order and with the types of the values: 2 is not 2.0."""
    return json.dumps(value)


def test_only_what_changed_is_changed_and_the_order_stays(tmp_path: Path) -> None:
    profile = through_file(a_profile(), tmp_path)

    after = json.loads(tuning_text(replace(profile, black_level_dn=(65.0,) * 4)))

    wanted = document()
    wanted["algorithms"][0]["rpi.black_level"]["black_level"] = 65 * 64
    assert flat(after) == flat(wanted)


def test_a_profile_of_elsewhere_cannot_become_a_tuning() -> None:
    with pytest.raises(ProfileError, match="was not made of a libcamera tuning file"):
        tuning_text(load_profile("NikonD850"))


def test_an_existing_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "tuning.json").write_text("mine")

    with pytest.raises(OutputError, match="exists already"):
        write_tuning(tmp_path / "tuning.json", a_profile())
