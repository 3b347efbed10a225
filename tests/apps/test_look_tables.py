"""The page of estimates and highlights: how it was made, and rows that hold what was measured."""

from pathlib import Path

import pytest
import torch

from apps.clipped_scenes import clipped_scene
from apps.lit_pictures import lit_pictures
from apps.look_tables import highlight_errors, light_errors, main, page, real_errors, summary
from isp.core.domain import Domain
from isp.core.frame import Frame


@pytest.fixture
def scene() -> Frame:
    """Grey surfaces of all brightnesses, each larger than a period, and one far above."""
    steps = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(9))
    light = steps.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3) + 0.01
    light[..., 24:40, 24:40] = 3.0
    return Frame.start(light.expand(1, 3, -1, -1).clone(), Domain.SCENE)


def test_a_grey_world_is_estimated_without_error_by_every_method(scene: Frame) -> None:
    errors = light_errors(clipped_scene(scene, 5.0, "FL2"))

    assert errors.pop("none") > 10
    assert set(errors) == {"grey_world", "shades_of_grey", "grey_edge", "white_patch", "planckian"}
    # Codes are rounded to half a DN of some hundreds.
    assert max(errors.values()) < 0.1


def test_each_method_s_error_is_counted_where_its_colours_clipped(scene: Frame) -> None:
    """Green's level is 1, and 3 is 2.5 times red's, the last to clip: truth 3, cut 1."""
    seen = clipped_scene(scene, 30.0)
    errors = highlight_errors(seen)

    top = float(seen.truth.max())
    assert errors["cut"][2] == pytest.approx(float(torch.log2(torch.tensor(top))), rel=0.02)
    assert errors["rebuilt"][2] < errors["left alone"][2] < errors["cut"][2]
    # LibRaw clips where we cut; its demosaic and ours leave own photosites alone.
    assert errors["LibRaw Clip"] == pytest.approx(errors["cut"], abs=0.02, nan_ok=True)


def test_the_page_has_a_row_for_each_and_its_command() -> None:
    lights = {"A": {"none": [10.0, 20.0, 60.0], "grey_world": [1.0, 2.0, 6.0]}}
    nan = float("nan")
    highlights = {2.0: {"cut": [[0.5, 1.0, nan], [1.5, 2.0, 3.0]]}}

    text = page(lights, {"a phone": {"none": 19.0}}, highlights, "python -m apps.look_tables")

    assert "```\npython -m apps.look_tables\n```" in text
    assert "of 3 HDR scenes" in text
    assert "| none | 20.0 / 30.0 / 60.0 |" in text
    assert "| grey_world | 2.0 / 3.0 / 6.0 |" in text
    assert "| method | a phone |" in text
    assert "| none | 19.0 | 19.0 / 19.0 / 19.0 |" in text
    assert "| cut | 1.00 | 1.50 | 3.00 |" in text


def test_a_folder_without_scenes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FULLWELL_DATA", str(tmp_path))

    assert main([]) == 2
    assert "holds no hdr scenes; set FULLWELL_DATA" in capsys.readouterr().err


def test_the_worst_quarter_is_the_mean_of_the_largest() -> None:
    assert summary([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 20.0]) == "4.5 / 6.0 / 13.5"


def test_the_real_picture_s_light_is_found_within_six_degrees(shared_data: Path) -> None:
    """What was measured with grey world: 0.9 degrees; unbalanced it is 19."""
    errors = real_errors(lit_pictures(shared_data)["Sony IMX135 (INTEL-TAU)"]())

    assert errors["none"] > 15
    assert errors["grey_world"] < 1.5
    assert max(v for name, v in errors.items() if name != "none") < 6.5
