"""What a session writes is what a calibration finds."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apps.capture_session import Plan, exposures, session
from apps.session_files import DESCRIPTOR, MARK, count_of, with_darks, write_session
from calibration.capture_folder import find_captures
from calibration.captures import CaptureSet
from calibration.noise import measure_noise
from isp.core.errors import UsageError
from isp.core.sensor import SensorProfile
from isp.files.profile import load_profile

PLAN = Plan(levels=5, stack=4, size=(32, 40), varies="time")
CCD = load_profile("EMVA-CCD").with_fields(black_level_dn=(64.0,))


def same_frames(found: CaptureSet, planned: CaptureSet) -> None:
    """Every stack of the plan is found, of that kind and time, with its very frames."""
    assert len(found.stacks) == len(planned.stacks)
    for stack in planned.stacks:
        (same,) = [
            each for each in found.stacks
            if (each.dark, each.count) == (stack.dark, stack.count)
            and math.isclose(each.exposure_time_s, stack.exposure_time_s, rel_tol=1e-6)
            and (each.photons is None or math.isclose(each.photons, stack.photons or 0))
        ]  # fmt: skip
        for one, other in zip(same.frames(), stack.frames(), strict=True):
            assert np.array_equal(one, other)


def test_a_folder_of_raws_is_found_by_its_names(tmp_path: Path) -> None:
    profile = load_profile("RaspberryPi-HQ-IMX477")

    facts = write_session(profile, [100.0], PLAN, tmp_path / "s", seed=3, body=1)

    assert (facts["flats"], facts["darks"]) == (14, 14)
    assert count_of(profile, [100.0], PLAN) == 28
    found = find_captures(tmp_path / "s")
    assert found.cfa.name == "BGGR"
    assert found.isos == (100.0,)
    same_frames(found, session(profile, 100.0, with_darks(PLAN), seed=3, body=1))
    kept = json.loads((tmp_path / "s" / MARK).read_text())
    assert len(kept["files"]["darks"]) == 14
    assert kept["profile"]["name"] == "RaspberryPi-HQ-IMX477"


@pytest.mark.parametrize("varies", ["time", "light"])
def test_a_descriptor_says_times_and_photons(tmp_path: Path, varies: str) -> None:
    plan = replace(PLAN, varies=varies)

    write_session(CCD, [100.0], plan, tmp_path / "s", emva=True)

    found = find_captures(tmp_path / "s" / DESCRIPTOR)
    same_frames(found, session(CCD, 100.0, with_darks(plan)))
    assert not list((tmp_path / "s").rglob("*.masks.png"))


def test_a_written_session_gives_the_cameras_gain(tmp_path: Path) -> None:
    write_session(CCD, [100.0], Plan(levels=8, stack=16, size=(64, 64), varies="time"),
                  tmp_path / "s", emva=True)  # fmt: skip

    gain = measure_noise(find_captures(tmp_path / "s"), 100.0).figures["system_gain_dn_per_e"]

    truth = CCD.readings[0].system_gain_dn_per_e
    assert gain.value == pytest.approx(truth, abs=2 * gain.half_width)
    assert gain.half_width < 0.05 * truth


def test_two_isos_share_no_frame_number() -> None:
    profile = load_profile("RaspberryPi-HQ-IMX477")
    first = exposures(profile, 100.0, PLAN)

    second = exposures(profile, 200.0, PLAN, first=first[-1].numbers.stop)

    assert not {n for e in first for n in e.numbers} & {n for e in second for n in e.numbers}


@pytest.mark.parametrize(
    ("profile", "isos", "plan", "emva", "said"),
    [
        (CCD, [100.0, 200.0], PLAN, True, "of one gain"),
        (CCD, [100.0], replace(PLAN, stack=2), True, "3 or more"),
        (CCD, [100.0], replace(PLAN, varies="light"), False, "only times"),
    ],
)
def test_a_session_that_files_cannot_tell_is_refused(
    tmp_path: Path, profile: SensorProfile, isos: list[float], plan: Plan, emva: bool, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        write_session(profile, isos, plan, tmp_path / "s", emva=emva)

    assert list(tmp_path.iterdir()) == []
