"""A resolved recipe alone writes its output again, to the last byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.batch import develop_file, recipe_path
from apps.job import Job
from apps.recipe_files import read_recipe
from apps.recipe_output import as_recipe_says, output_of
from isp.core.errors import FileError

RUNS: list[tuple[str, Job]] = [
    ("a.png", Job(delivery={"space": "p3"}, bit_depth=16)),
    ("a.png", Job(delivery={"hdr": "hlg", "white_cd_m2": 100.0})),
    ("a.exr", Job(delivery={"space": "acescg", "white_cd_m2": 80.0})),
    ("a.jpg", Job(delivery={"hdr": "gain_map", "quality": 70}, choices={"tone": "filmic"})),
    ("a.nv12", Job(delivery={"full_range": True})),
    ("a.dng", Job(delivery={"compression": "lossless_jpeg"})),
    ("a.png", Job(choices={"fast": True, "crop": False, "demosaic": "malvar2004"})),
    ("a.png", Job(choices={"fast": True, "exposure": "auto"}, bit_depth=16)),
    ("a.png", Job(choices={"fast": True, "exposure": "highlights", "tone": "reinhard2002"})),
    ("a.tif", Job(choices={"fast": True, "wb": "grey_world"})),
    ("a.tif", Job(choices={"fast": True, "wb": "5200K"})),
    ("a.exr", Job(choices={"wb": "shades_of_grey", "exposure": "auto"})),
]


@pytest.mark.parametrize(("name", "job"), RUNS, ids=lambda value: str(value)[:60])
def test_a_resolved_recipe_repeats_its_output_to_the_bit(
    steps_dng: Path, tmp_path: Path, name: str, job: Job
) -> None:
    first, second, plain = (tmp_path / f"{folder}_{name}" for folder in ("1", "2", "3"))
    report = develop_file(job, steps_dng, first)
    (tmp_path / "r.json").write_text(json.dumps(report["recipe"], allow_nan=False))

    again = develop_file(Job(choices={"recipe": tmp_path / "r.json"}), steps_dng, second)
    silent = dict(report["recipe"]) | {"format_version": 1}
    del silent["output"]
    (tmp_path / "old.json").write_text(json.dumps(silent))
    develop_file(Job(choices={"recipe": tmp_path / "old.json"}), steps_dng, plain)

    assert again["exit_code"] == 0, again["error"]
    assert second.read_bytes() == first.read_bytes()
    assert again["recipe"] == report["recipe"]
    if job.delivery and not name.endswith("dng"):  # else the choice changes nothing by itself
        assert not plain.exists() or plain.read_bytes() != first.read_bytes()


def test_what_is_asked_beside_a_recipe_goes_first_and_another_format_has_its_own(
    tmp_path: Path,
) -> None:
    record: dict[str, Any] = {"format_version": 2, "steps": [{"name": "encode"}]}
    record["output"] = {"format": "png", "space": "p3", "bit_depth": 16, "fast": True}
    place = tmp_path / "r.json"
    place.write_text(json.dumps(record))
    asked = Job(choices={"recipe": place, "crop": True}, delivery={"space": "bt709", "hdr": None})

    same = as_recipe_says(asked, Path("b.PNG"))
    other = as_recipe_says(asked, Path("b.jpg"))

    assert (same.delivery, same.bit_depth) == ({"space": "bt709", "hdr": None}, 16)
    assert (other.delivery, other.bit_depth) == (asked.delivery, None)
    assert same.choices["fast"]
    assert other.choices["fast"]
    assert other.choices["crop"]
    assert output_of(same, Path("b.png")) == {
        "format": "png", "space": "bt709", "bit_depth": 16, "fast": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"format_version": 1, "output": {"format": "png"}}, "format_version 2"),
        ({"format_version": 2, "output": {"format": "png", "wide": 1}}, "output.wide"),
        ({"format_version": 2, "output": {"format": "png", "fast": "no"}}, "output.fast"),
        ({"format_version": 3}, "is not 1 or 2"),
    ],
)
def test_an_output_that_cannot_be_meant_is_refused(
    tmp_path: Path, record: dict[str, Any], told: str
) -> None:
    place = tmp_path / "r.json"
    place.write_text(json.dumps({"steps": [{"name": "encode"}]} | record))

    with pytest.raises(FileError, match=told):
        read_recipe(place)


def test_the_recipe_beside_a_picture_says_the_output(steps_dng: Path, tmp_path: Path) -> None:
    develop_file(Job(save_recipe=True, delivery={"space": "p3"}), steps_dng, tmp_path / "a.png")

    written = json.loads(recipe_path(tmp_path / "a.png").read_text())

    assert (written["format_version"], written["output"]) == (2, {"format": "png", "space": "p3"})
