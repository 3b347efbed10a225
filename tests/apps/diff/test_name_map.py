"""Another program's arrays become frames by what a map says about them."""

import json
from pathlib import Path

import numpy as np
import pytest

from apps.diff.name_map import Entry, is_name_map, read_entry, read_name_map
from isp.core.domain import Domain
from isp.core.errors import FileError
from tests.apps.samples import write_exr

TOML = """
format_version = 1
[[frames]]
name = "demosaic"
file = "cfa.npy"
domain = "CAMERA"
scale = 4095
"""


def entry(**changes: object) -> Entry:
    return Entry.model_validate({"name": "x", "file": "a.npy", "domain": "CAMERA"} | changes)


def test_a_map_in_toml_or_json_lists_frames_in_order(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(TOML)
    (tmp_path / "map.json").write_text(
        json.dumps({"format_version": 1, "frames": [entry().model_dump()] * 2})
    )

    (one,) = read_name_map(tmp_path / "map.toml").frames
    assert (one.name, one.file, one.domain, one.scale) == ("demosaic", "cfa.npy", "CAMERA", 4095)
    assert len(read_name_map(tmp_path / "map.json").frames) == 2
    assert is_name_map(tmp_path / "map.toml")


def test_a_recipe_or_anything_else_is_no_map(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"format_version": 1, "steps": []}')
    (tmp_path / "text.json").write_text("frames")

    assert not is_name_map(tmp_path / "recipe.json")
    assert not is_name_map(tmp_path / "text.json")
    assert not is_name_map(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TOML.replace("= 4095", "= 0"), r"frames\.0\.scale: .*greater than 0"),
        (TOML.replace("CAMERA", "PAINT"), r"frames\.0\.domain: "),
        (TOML.replace("scale", "gain"), r"frames\.0\.gain: Extra inputs"),
        (TOML.replace("= 1\n", "= 2\n"), r"format_version: "),
        ("format_version = 1\nframes = []", "frames: .*at least 1"),
        ("frames = [", "neither readable TOML nor JSON"),
    ],
)
def test_a_map_that_is_not_sound_is_refused_naming_the_place(
    tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "map.toml").write_text(text)

    with pytest.raises(FileError, match=reason):
        read_name_map(tmp_path / "map.toml")


@pytest.mark.parametrize("shape", [(4, 5, 3), (3, 4, 5), (1, 3, 4, 5)])
def test_layouts_are_told_by_the_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    picture = np.arange(60, dtype=np.uint16).reshape(4, 5, 3)
    layout = {4: picture, 3: np.moveaxis(picture, 2, 0), 1: np.moveaxis(picture, 2, 0)[None]}
    np.save(tmp_path / "a.npy", layout[shape[0]])

    frame = read_entry(tmp_path, entry(scale=2.0, offset=1.0))

    assert frame.domain is Domain.CAMERA
    assert np.array_equal(frame.data[0].permute(1, 2, 0).numpy(), (picture - 1.0) / 2)
    assert bool(frame.measured.all())


def test_a_mosaic_has_one_plane_and_a_doubtful_shape_needs_a_layout(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((4, 5), np.uint16))
    assert read_entry(tmp_path, entry(domain="RAW")).data.shape == (1, 1, 4, 5)

    np.save(tmp_path / "a.npy", np.ones((3, 5, 3)))
    with pytest.raises(FileError, match="does not say its layout"):
        read_entry(tmp_path, entry())
    assert read_entry(tmp_path, entry(layout="chw")).data.shape == (1, 3, 5, 3)
    with pytest.raises(FileError, match="is not hw"):
        read_entry(tmp_path, entry(layout="hw"))


def test_pictures_and_exr_are_read_too_with_their_colour(tmp_path: Path) -> None:
    from isp.files.png_bytes import png_bytes

    codes = np.full((24, 24, 3), (10, 20, 30), np.uint8)
    (tmp_path / "a.png").write_bytes(png_bytes(codes))
    write_exr(tmp_path / "a.exr", np.full((4, 4, 3), 0.25, np.float32))

    sdr = read_entry(tmp_path, entry(file="a.png", domain="SDR", scale=255))
    light = read_entry(tmp_path, entry(file="a.exr", domain="LINEAR", space="p3"))

    assert sdr.data[0, :, 0, 0].tolist() == pytest.approx([10 / 255, 20 / 255, 30 / 255])
    assert sdr.colour is not None
    assert (sdr.colour.space, sdr.colour.transfer) == ("bt709", "srgb")
    assert light.colour is not None
    assert (light.colour.space, light.colour.transfer) == ("p3", "linear")
    assert float(light.data.mean()) == 0.25


def test_arrays_that_cannot_be_the_domain_are_refused_naming_the_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((4, 5)))
    with pytest.raises(FileError, match=r"a\.npy: it cannot be CAMERA"):
        read_entry(tmp_path, entry())
    np.save(tmp_path / "a.npy", np.full((4, 5, 3), np.nan))
    with pytest.raises(FileError, match="NaN or infinity"):
        read_entry(tmp_path, entry())
    with pytest.raises(FileError, match="no such file"):
        read_entry(tmp_path, entry(file="b.npy"))
