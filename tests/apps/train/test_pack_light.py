"""Clean light of pictures and scenes: linear, unbalanced, white at 1."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.train.clean_light import CleanLight
from apps.train.pack_light import clean_mosaic, main
from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.transfer import encode_srgb
from isp.files.picture import write_picture
from isp.files.profile import load_profile
from simulate.exposure import rgb_to_relative_electrons

PROFILE = load_profile("CanonEOS70D")


def picture(linear: torch.Tensor) -> Frame:
    return Frame.start(encode_srgb(linear), Domain.SDR, colour=Colour())


def test_a_neutral_photograph_is_as_unbalanced_as_the_cameras_raw() -> None:
    mosaic = clean_mosaic(picture(torch.full((1, 3, 4, 6), 0.3)), PROFILE, "D65")

    _, neutral = rgb_to_relative_electrons(PROFILE, Colour(), "D65")
    expected = 0.3 * torch.tensor(np.asarray(neutral) / max(neutral)).float()
    torch.testing.assert_close(mosaic[:2, :2].flatten(), expected[[0, 1, 1, 2]], rtol=1e-4, atol=0)


def test_white_of_a_photograph_is_white_and_of_a_scene_its_brightest_but_lamps() -> None:
    white = clean_mosaic(picture(torch.ones(1, 3, 4, 4)), PROFILE, "D65")
    light = torch.full((1, 3, 40, 50), 2.0)
    light[..., 0, 0] = 900.0
    scene = clean_mosaic(Frame.start(light, Domain.SCENE, colour=Colour()), PROFILE, "D65")

    assert float(white.max()) == pytest.approx(1.0)
    assert float(scene[1:].max()) == pytest.approx(1.0)
    assert float(scene.max()) <= 1.0


def test_large_pictures_are_brought_down_in_linear_light_by_whole_areas() -> None:
    stripes = torch.zeros(1, 3, 8, 8)
    stripes[..., ::2] = 1.0

    mosaic = clean_mosaic(picture(stripes), PROFILE, "D65", longest=4)

    assert mosaic.shape == (4, 4)
    assert float(mosaic.max()) == pytest.approx(0.5, rel=1e-4)


def test_odd_sides_lose_their_last_row_and_column() -> None:
    assert clean_mosaic(picture(torch.ones(1, 3, 5, 7)), PROFILE, "D65").shape == (4, 6)


def test_raw_is_refused() -> None:
    raw = Frame.start(torch.ones(1, 1, 4, 4), Domain.RAW)

    with pytest.raises(UsageError, match="not RAW"):
        clean_mosaic(raw, PROFILE, "D65")


def test_the_command_packs_files_and_the_same_seed_packs_the_same(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    light = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(1))
    write_picture(photo, Frame.start(light, Domain.SDR, colour=Colour(transfer="srgb")))

    codes = [main([str(photo), "-o", str(tmp_path / name)]) for name in ("one", "two")]

    one, two = (CleanLight(tmp_path / name) for name in ("one", "two"))
    assert codes == [0, 0]
    assert [name.endswith("/photo.png") for name in one.names] == [True]
    assert torch.equal(one.crop(0, 0, 0, 12), two.crop(0, 0, 0, 12))
    assert math.isfinite(float(one.crop(0, 0, 0, 12).sum()))


def test_a_file_that_is_no_picture_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"no picture")

    assert main([str(wrong), "-o", str(tmp_path / "pack")]) == 3
    assert "wrong.png" in capsys.readouterr().err
    assert not (tmp_path / "pack").exists()


def test_cells_begin_with_red() -> None:
    assert Cfa.RGGB.pattern[0][0] == "R"
    red = torch.zeros(1, 3, 4, 4)
    red[:, 0] = 1.0
    mosaic = clean_mosaic(picture(red), PROFILE, "D65")

    assert float(mosaic[0, 0]) > float(mosaic[0, 1])
