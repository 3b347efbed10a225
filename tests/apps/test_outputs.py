"""Every input has an output of its own: in a folder, by a format, or by a pattern."""

from pathlib import Path

import pytest

from apps.outputs import outputs, remove_empty
from isp.core.errors import OutputError, UsageError
from tests.apps.samples import left_in

RAWS = (Path("x/a.dng"), Path("y/b.c.nef"))


@pytest.mark.parametrize(
    ("output", "format_", "expected"),
    [
        ("out/", None, ["out/a.png", "out/b.c.png"]),
        ("out", "exr", ["out/a.exr", "out/b.c.exr"]),
        ("out.2026/", ".AVIF", ["out.2026/a.avif", "out.2026/b.c.avif"]),
        ("out/{name}_small.jpg", None, ["out/a_small.jpg", "out/b.c_small.jpg"]),
        ("{name}.exr", "EXR", ["a.exr", "b.c.exr"]),
        ("{name}/picture.tif", None, ["a/picture.tif", "b.c/picture.tif"]),
        ("{name}/", "tif", ["a/a.tif", "b.c/b.c.tif"]),
    ],
)
def test_names_come_from_the_inputs(
    output: str, format_: str | None, expected: list[str], tmp_path: Path
) -> None:
    found = outputs(RAWS, f"{tmp_path}/{output}", format_)

    assert [str(p.relative_to(tmp_path)) for p in found] == expected
    assert all(path.parent.is_dir() for path in found)


def test_one_file_goes_where_it_is_told() -> None:
    assert outputs(RAWS[:1], "no/a.tif", "tif") == [Path("no/a.tif")]


@pytest.mark.parametrize(
    ("output", "format_", "words"),
    [
        ("a.exr", None, r"2 files need a folder as output: -o DIR/, .* -o DIR/\{name\}\.exr"),
        ("{name}.exr", "png", r"its name says \.exr, but --format says png"),
    ],
)
def test_an_output_that_cannot_serve_is_refused(
    output: str, format_: str | None, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        outputs(RAWS, tmp_path / output, format_)
    with pytest.raises(UsageError, match="but --format says png"):
        outputs(RAWS[:1], tmp_path / "a.exr", "png")
    assert left_in(tmp_path) == []


def test_two_inputs_of_one_name_are_refused_unless_the_pattern_tells_them_apart(
    tmp_path: Path,
) -> None:
    twins = (Path("x/a.dng"), Path("y/a.dng"))

    for output in ("out/", "out/{name}.jpg", "same_{name}.jpg"):
        with pytest.raises(UsageError, match="several inputs would become"):
            outputs(twins, f"{tmp_path}/{output}")
    assert left_in(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="cannot make the folder"):
        outputs(RAWS, f"{tmp_path}/file/below/")


def test_folders_that_were_made_and_stay_empty_are_removed_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    made: list[Path] = []
    outputs(RAWS, f"{tmp_path}/old/new/{{name}}/", None, made)
    assert [p.relative_to(tmp_path).as_posix() for p in made] == [
        "old/new", "old/new/a", "old/new/b.c",
    ]  # fmt: skip
    (tmp_path / "old/new/a/a.png").touch()

    remove_empty(made)

    assert left_in(tmp_path / "old" / "new") == ["a", "a/a.png"]
    remove_empty(outputs(RAWS[:1], f"{tmp_path}/old/", None, made := []) and made)
    assert (tmp_path / "old").is_dir()
