"""What cannot become the file that was asked for is refused before anything is read."""

from pathlib import Path
from typing import Any

import pytest
import torch

from apps.batch import develop_file
from apps.delivering import depth_of
from apps.job import Job
from apps.output_choices import settled
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.save import Delivery
from tests.apps.samples import left_in


def choices(name: str, options: dict[str, Any] | None = None, **chosen: Any) -> dict[str, Any]:
    return settled(chosen, Delivery(**(options or {})), Path(name))


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("a.png", {}, "srgb"),
        ("a.jpg", {"hdr": "gain_map"}, "srgb"),
        ("a.nv12", {}, "srgb"),
        ("a.exr", {}, "hdr_linear"),
        ("a.avif", {}, "hdr_linear"),
        ("a.png", {"hdr": "pq"}, "hdr_linear"),
    ],
)
def test_the_output_chooses_the_preset(name: str, options: dict[str, Any], expected: str) -> None:
    assert choices(name, options)["preset"] == expected


@pytest.mark.parametrize(
    ("name", "options", "chosen", "words"),
    [
        ("x.png", {}, {"preset": "hdr_linear"}, r"x\.png: .* the recipe ends in linear light"),
        ("x.jpg", {}, {"preset": "hdr_linear"}, "the recipe ends in linear light"),
        ("x.tif", {}, {"preset": "hdr_linear"}, "the recipe ends in linear light"),
        ("x.yuv", {}, {"preset": "hdr_linear"}, "the recipe ends in linear light"),
        ("x.exr", {}, {"preset": "srgb"}, "holds linear light, but the recipe ends in sdr codes"),
        ("x.hdr", {}, {"preset": "srgb"}, "holds linear light, but the recipe ends in sdr codes"),
        ("x.png", {"hdr": "pq"}, {"preset": "srgb"}, "pq was asked for, but .* srgb codes"),
        ("x.avif", {"hdr": "hlg"}, {"preset": "srgb"}, "hlg was asked for, but .* srgb codes"),
        ("x.exr", {}, {"lut": Path("a.cube")}, "a table for light is the stage lut3d"),
        ("x.png", {}, {"lut": Path("a.cube"), "linear": True}, "takes linear light"),
    ],
)
def test_a_recipe_that_ends_elsewhere_is_refused_before_the_raw_is_read(
    name: str, options: dict[str, Any], chosen: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        choices(name, options, **chosen)
    job = Job(choices=chosen, delivery=options)
    report = develop_file(job, tmp_path / "none.dng", tmp_path / name)  # there is no such file
    assert report["exit_code"] == 2
    assert "no such file" not in report["error"]
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "options", "chosen"),
    [
        ("x.avif", {}, {"preset": "srgb"}),
        ("x.png", {"hdr": "pq"}, {"preset": "srgb", "settings": [("encode", "transfer", "pq")]}),
        ("x.jpg", {"hdr": "gain_map"}, {"preset": "hdr_linear"}),
        ("x.png", {}, {"linear": True}),
        ("x.exr", {}, {"linear": True}),
    ],
)
def test_what_fits_is_let_through(
    name: str, options: dict[str, Any], chosen: dict[str, Any]
) -> None:
    choices(name, options, **chosen)


def test_a_recipe_of_the_users_is_judged_by_its_last_stage(tmp_path: Path) -> None:
    recipe = preset("srgb", Cfa.RGGB)
    (tmp_path / "mosaic.json").write_text(recipe.until("white_balance").as_json())
    (tmp_path / "light.json").write_text(recipe.until("exposure").as_json())

    with pytest.raises(UsageError, match="the recipe ends in mosaic"):
        choices("x.png", recipe=tmp_path / "mosaic.json")
    with pytest.raises(UsageError, match="the recipe ends in linear light"):
        choices("x.png", recipe=tmp_path / "light.json")
    choices("x.exr", recipe=tmp_path / "light.json")


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.png", {"hdr": "pq"}, 203.0),
        ("a.jxl", {"white_cd_m2": 100.0}, 100.0),
        ("a.exr", {}, None),
        ("a.exr", {"white_cd_m2": 100.0}, 100.0),
        ("a.png", {}, None),
    ],
)
def test_what_1_means_is_told_where_the_file_says_it(
    name: str, options: dict[str, Any], said: float | None, grey_dng: Path, tmp_path: Path
) -> None:
    report = develop_file(Job(delivery=options), grey_dng, tmp_path / name)

    assert report.get("white_cd_m2") == said
    assert ("1.0 is " in report["summary"]) == (said is not None)


def test_linear_light_in_a_png_takes_16_bits_unless_asked_otherwise() -> None:
    light = Frame.start(torch.ones(1, 3, 2, 2), Domain.SDR, colour=Colour(transfer="linear"))
    codes = Frame.start(torch.ones(1, 3, 2, 2), Domain.SDR, colour=Colour(transfer="srgb"))

    assert depth_of(None, light, Path("a.PNG")) == 16
    assert depth_of(None, codes, Path("a.png")) is None
    assert depth_of(8, light, Path("a.png")) == 8
