"""fullwell calibrate defects: a profile with a list, by which frames are corrected."""

import json
from pathlib import Path

import torch

from apps.chosen_recipe import Choices
from apps.developing import pipeline_for
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from tests.apps.conftest import Command
from tests.apps.samples import refused
from tests.apps.test_defect_listing import DEFECTS, shot_raw


def four(folder: Path) -> list[Path]:
    profile = load_profile("NikonD850")
    return [shot_raw(folder / f"{seed}.dng", seed, profile) for seed in range(4)]


def test_the_written_profile_s_list_is_corrected_in_a_development(
    fullwell: Command, tmp_path: Path
) -> None:
    raws = four(tmp_path)
    camera = tmp_path / "camera.json"

    said = fullwell("calibrate", "defects", *raws, "-o", camera, "--camera", "NikonD850")

    assert (said.code, said.err) == (0, "")
    assert "3 defects stay in 4 frames" in said.out
    frame = read_raw(raws[0], profile=load_profile(camera))
    taps = {
        tap.name: tap.frame for tap in pipeline_for(frame, Choices(preset="hdr_linear")).tap(frame)
    }
    mosaic = taps["defects"].data[0, 0]
    rows, columns = torch.tensor(sorted(DEFECTS)).T
    assert (mosaic[rows, columns] - 0.2).abs().max() < 0.01
    assert not frame.measured[0, 0, rows, columns].any()


def test_json_on_stdout_has_the_count(fullwell: Command, tmp_path: Path) -> None:
    asked = fullwell(
        "calibrate", "defects", *four(tmp_path), "-o", tmp_path / "c.json", "--camera",
        "NikonD850", "--json",
    )  # fmt: skip

    assert json.loads(asked.out)["found"] == 3


def test_mistakes_are_told_with_their_codes(fullwell: Command, tmp_path: Path) -> None:
    raws = four(tmp_path)
    named = ("--camera", "NikonD850")
    verb = ("calibrate", "defects")
    (tmp_path / "there.json").write_text("{}")

    refused(fullwell(*verb, *raws, "-o", "c.txt", *named), 2, "is written as .json")
    refused(fullwell(*verb, *raws[:3], "-o", tmp_path / "c.json", *named), 3, "not 3")
    refused(fullwell(*verb, *raws, "-o", tmp_path / "there.json", *named), 3, "there.json")
    refused(fullwell(*verb, "none.dng", "-o", tmp_path / "c.json"), 3, "none.dng")
    refused(fullwell(*verb, *raws[:1] * 4, "-o", tmp_path / "c.json", *named), 3, "same frame")
    zero = ("-o", tmp_path / "c.json", "--sigmas", "0")
    refused(fullwell(*verb, *raws, *zero, *named), 2, "above 0")
    assert not (tmp_path / "c.json").exists()
