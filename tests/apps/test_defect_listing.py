"""Raw files of one camera give a list of its defects, in the sensor's coordinates."""

from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest
import torch

from apps.defect_listing import departures, list_defects, sentence, with_defects
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import CalibrationError
from isp.core.frame import Frame
from isp.core.sensor import Defect, SensorProfile
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.profile import load_profile

DEFECTS = {(5, 7): 15520.0, (20, 30): 400.0, (31, 12): 9000.0}
BLACK, WHITE = 400.0, 15520.0  # NikonD850


def even(seed: int, level: float = 0.2) -> torch.Tensor:
    """DN of even light at ISO 100, whose noise the profile states: 0.5 % of it here."""
    generator = torch.Generator().manual_seed(seed)
    light = level + 0.002 * torch.randn(1, 1, 40, 48, generator=generator)
    dn = torch.round(BLACK + (WHITE - BLACK) * light)
    for (row, column), value in DEFECTS.items():
        dn[..., row, column] = value
    return dn


def shot_raw(path: Path, seed: int, profile: SensorProfile) -> Path:
    frame = Frame.start(
        even(seed), Domain.RAW, profile=profile,
        shot=Shot.single(iso=100, white_balance=(1.6, 1.0, 2.0)),
    )  # fmt: skip
    write_dng(path, frame)
    return path


@pytest.fixture
def raws(tmp_path: Path) -> list[Path]:
    profile = load_profile("NikonD850")
    return [shot_raw(tmp_path / f"{seed}.dng", seed, profile) for seed in range(4)]


def test_hot_dead_and_stuck_photosites_of_four_raws_are_listed(raws: list[Path]) -> None:
    listed = list_defects(raws, camera="NikonD850")

    assert [(d.row, d.column) for d in listed.found] == sorted(DEFECTS)
    assert listed.profile.defects == listed.found
    assert "4 frames" in listed.profile.sources["defects"]
    assert "3 defects stay in 4 frames, 0.156 % of the photosites" in sentence(listed)
    assert listed.record()["share"] == 3 / 1920


def test_three_raws_or_another_camera_s_are_refused(raws: list[Path], tmp_path: Path) -> None:
    other = load_profile("NikonD850").with_fields(cfa=Cfa.BGGR)
    raws[3] = shot_raw(tmp_path / "other.dng", 9, other)

    with pytest.raises(CalibrationError, match="not 3"):
        list_defects(raws[:3], camera="NikonD850")
    with pytest.raises(CalibrationError, match=r"other\.dng: it is of .* BGGR"):
        list_defects(raws, camera="NikonD850")


def test_a_frame_given_twice_under_any_name_is_refused(raws: list[Path], tmp_path: Path) -> None:
    twin = Path(copy(raws[1], tmp_path / "twin.dng"))

    with pytest.raises(CalibrationError, match=r"twin\.dng and .*1\.dng are the same frame"):
        list_defects([*raws, twin], camera="NikonD850")
    with pytest.raises(CalibrationError, match="are the same frame"):
        list_defects([raws[0]] * 4, camera="NikonD850")


def test_what_the_profile_lists_stays_listed_beside_what_is_found() -> None:
    profile = load_profile("NikonD850").with_fields(defects=(Defect(row=1, column=2),))
    frame = Frame.start(even(1), Domain.RAW, profile=profile)
    found = torch.zeros(1, 1, 40, 48, dtype=torch.bool)
    found[..., 0, 9] = True

    both = with_defects(frame, found, 8)

    assert both.defects == (Defect(row=0, column=9), Defect(row=1, column=2))


def test_departures_are_in_spreads_of_the_surroundings_and_noise_of_the_profile() -> None:
    profile = load_profile("NikonD850")
    frame = Frame.start(even(1), Domain.RAW, profile=profile, shot=Shot.single(iso=100))
    seen = departures(replace(frame, measured=torch.ones_like(frame.measured)))
    away = (seen.departure / seen.noise)[0, 0]

    assert away[5, 7] > 100
    assert away[20, 30] < -30
    sound = torch.ones(40, 48, dtype=torch.bool)
    for place in DEFECTS:
        sound[place] = False
    assert float(away[sound].abs().max()) < 5
