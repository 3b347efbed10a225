"""fullwell develop: several files, a folder, and workers."""

import json
import subprocess
import sys
from pathlib import Path

from tests.apps.conftest import Command
from tests.apps.samples import (
    left_in,
)


def test_a_folder_with_a_point_in_its_name_is_a_folder(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    answer = fullwell("develop", grey_dng, "-o", f"{tmp_path}/june.2026/")

    assert answer.code == 0, answer.err
    assert left_in(tmp_path) == ["june.2026", "june.2026/grey.png"]


def test_several_files_go_to_a_folder_and_a_bad_one_stops_nobody(
    tmp_path: Path, grey_dng: Path, steps_dng: Path
) -> None:
    """The real command, its workers spawned: what users run."""
    bad = tmp_path / "bad.dng"
    bad.write_text("no raw\n")
    command = Path(sys.executable).with_name("fullwell")

    done = subprocess.run(
        [command, "develop", grey_dng, bad, steps_dng, "-o", f"{tmp_path}/out/"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 3
    assert done.stderr == f"error: {bad}: it is a text file, not a camera raw\n"
    assert left_in(tmp_path / "out") == ["grey.png", "steps.png"]
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{tmp_path}/out/grey.png: 32 x 24 SDR")
    assert second.startswith(f"{tmp_path}/out/steps.png: 64 x 32 SDR")


def test_a_worker_writes_what_this_process_would(
    fullwell: Command, tmp_path: Path, grey_dng: Path, steps_dng: Path
) -> None:
    answer = fullwell(
        "develop", grey_dng, steps_dng, "-o", tmp_path / "many", "--tone", "filmic", "--json"
    )

    assert (answer.code, answer.err) == (0, "")
    assert [r["exit_code"] for r in json.loads(answer.out)] == [0, 0]
    for raw in (grey_dng, steps_dng):
        alone = tmp_path / f"{raw.stem}.png"
        assert fullwell("develop", raw, "-o", alone, "--tone", "filmic").code == 0
        assert alone.read_bytes() == (tmp_path / "many" / alone.name).read_bytes()


def test_a_folder_of_raws_becomes_a_folder_of_any_format_and_the_bad_one_is_named(
    fullwell: Command, tmp_path: Path, grey_dng: Path, steps_dng: Path
) -> None:
    raws = tmp_path / "raws"
    raws.mkdir()
    (raws / "b.dng").write_bytes(steps_dng.read_bytes())
    (raws / "a.dng").write_bytes(grey_dng.read_bytes())
    (raws / "cut.dng").write_bytes(grey_dng.read_bytes()[:1500])

    answer = fullwell("develop", raws, "-o", f"{tmp_path}/out/", "--format", "exr", "--workers", 1)

    assert answer.code == 3
    assert f"error: {raws / 'cut.dng'}: " in answer.err
    assert left_in(tmp_path / "out") == ["a.exr", "b.exr"]


def test_what_is_wrong_for_every_file_is_said_once(
    fullwell: Command, tmp_path: Path, grey_dng: Path, steps_dng: Path
) -> None:
    answer = fullwell(
        "develop", grey_dng, steps_dng, "-o", f"{tmp_path}/{{name}}.jpg", "--preset", "hdr_linear"
    )

    assert answer.code == 2
    assert answer.err.count("the recipe ends in linear light") == 1
    assert left_in(tmp_path) == []
