"""ELD's folders become pairs with the nearest reference; ratios come out of the tags."""

from pathlib import Path

import pytest

from apps.train.eld_folder import eld_pairs, nearest_reference
from isp.core.errors import FileError, UsageError
from tests.apps.train.folders import write_scene

ISOS = (800.0, 1600.0, 3200.0)


def eld_copy(root: Path, camera: str, scene: int) -> Path:
    """One scene: references of 2 s at ISO 100, shorts at rising ISO, but for factors 1 and 10.

    The factor is that of ISO x time, so at ISO 800 the short at x100 has 1/800 of the time.
    """
    folder = root / camera / f"scene-{scene}"
    for number in range(1, 17):
        group, place = divmod(number - 1, 5)
        if place in (1, 2) or number == 1:
            continue
        if place == 0:
            iso, seconds = 100.0, 2.0
        else:
            iso = ISOS[group]
            seconds = 200 / iso / (1, 10, 100, 200)[place - 1]
        scratch = root / "long.dng"
        write_scene(folder / f"IMG_{number:04d}.dng", scratch, ratio=50.0, seconds=seconds, iso=iso)
        scratch.unlink()
        scratch.with_suffix(".json").unlink()
    return folder


def test_images_meet_the_nearest_reference_at_the_ratio_of_their_tags(tmp_path: Path) -> None:
    eld_copy(tmp_path, "NikonD850", 1)

    pairs = eld_pairs(tmp_path, scenes=(1,)).pairs

    told = [(p.short.stem[-2:], p.long.stem[-2:], p.factor, p.iso) for p in pairs]
    assert told == [
        ("04", "06", 100, 800), ("09", "11", 100, 1600), ("14", "16", 100, 3200),
        ("05", "06", 200, 800), ("10", "11", 200, 1600), ("15", "16", 200, 3200),
    ]  # fmt: skip
    assert [p.ratio for p in pairs] == pytest.approx([100] * 3 + [200] * 3, rel=1e-6)
    assert {p.name.rsplit("/", 1)[0] for p in pairs} == {"NikonD850/scene-1"}


@pytest.mark.parametrize(
    ("image", "reference"),
    [(2, 1), (3, 1), (4, 6), (5, 6), (7, 6), (8, 6), (9, 11), (10, 11), (13, 11), (14, 16)],
)
def test_the_reference_is_the_nearest_by_number(image: int, reference: int) -> None:
    assert nearest_reference(image) == reference


def test_all_missing_files_of_all_scenes_are_named_once(tmp_path: Path) -> None:
    for number in (4, 5, 6, 9, 11, 14, 15, 16):
        path = tmp_path / "SonyA7S2/scene-1" / f"IMG_{number:04d}.ARW"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    with pytest.raises(FileError, match="1 raw file is missing: SonyA7S2/scene-1/IMG_0010;"):
        eld_pairs(tmp_path, scenes=(1,))
    with pytest.raises(FileError, match=r"10 raw files are missing: .*scene-2/IMG_0004"):
        eld_pairs(tmp_path, scenes=(1, 2))


def test_a_camera_that_was_asked_for_and_is_not_there_is_missing_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="9 raw files are missing: CanonEOS70D/scene-1/IMG_0004"):
        eld_pairs(tmp_path, cameras=["CanonEOS70D"], scenes=(1,))


def test_other_factors_and_folders_without_scenes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="1, 10, 100 and 200, not 300"):
        eld_pairs(tmp_path, factors=(300,))
    with pytest.raises(FileError, match="no camera's folder holds scenes"):
        eld_pairs(tmp_path)
    with pytest.raises(FileError, match="no such folder"):
        eld_pairs(tmp_path / "nothing")
