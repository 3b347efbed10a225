"""Files are developed one by one or in workers, and one bad file stops nobody."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from apps import batch
from apps.batch import develop_file, run_jobs
from apps.job import Job
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.errors import OutputError, UsageError
from tests.apps.samples import left_in, read_codes


def test_one_file_becomes_one_picture_and_a_report(tmp_path: Path, grey_dng: Path) -> None:
    named: list[str] = []

    (report,) = run_jobs(
        Job(), [grey_dng], tmp_path / "grey.png", workers=2, advance=named.append
    )  # fmt: skip

    assert report["exit_code"] == 0
    assert (report["width"], report["height"], report["domain"]) == (32, 24, "SDR")
    assert report["measured_percent"] == 100.0
    assert report["automatic"] == []
    assert [name for name, _ in report["history"]][:2] == ["read_raw", "black_level"]
    assert tuple(named) == presets("srgb", Cfa.RGGB).names
    assert left_in(tmp_path) == ["grey.png"]


def test_an_exr_is_light_and_anything_else_a_picture(tmp_path: Path, grey_dng: Path) -> None:
    domains = {
        suffix: develop_file(Job(), grey_dng, tmp_path / f"grey{suffix}")["domain"]
        for suffix in (".exr", ".png", ".jpg", ".tif")
    }

    assert domains == {".exr": "LINEAR", ".png": "SDR", ".jpg": "SDR", ".tif": "SDR"}


def test_linear_light_in_a_png_takes_16_bits(tmp_path: Path, grey_dng: Path) -> None:
    develop_file(Job(choices={"linear": True}), grey_dng, tmp_path / "grey.png")

    assert read_codes(tmp_path / "grey.png").dtype == np.uint16


def test_a_failure_is_reported_with_file_reason_and_code(tmp_path: Path, grey_dng: Path) -> None:
    missing = develop_file(Job(), tmp_path / "none.dng", tmp_path / "out.png")
    asked_wrongly = develop_file(Job(choices={"tone": "x"}), grey_dng, tmp_path / "out.png")

    assert missing["exit_code"] == 3
    assert missing["error"] == f"{tmp_path / 'none.dng'}: there is no such file"
    assert asked_wrongly["exit_code"] == 2
    assert asked_wrongly["error"].startswith(f"{grey_dng}: no tone is named")
    assert left_in(tmp_path) == []


def test_a_picture_that_exists_is_refused_before_the_raw_is_read(tmp_path: Path) -> None:
    (tmp_path / "out.png").write_text("mine")

    report = develop_file(Job(), tmp_path / "none.dng", tmp_path / "out.png")

    assert "out.png: it exists already; pass --force" in report["error"]
    assert (tmp_path / "out.png").read_text() == "mine"


@pytest.mark.parametrize("name", ["out", "out/", "out.2024/", "a/b/out"])
def test_a_folder_is_made_and_files_keep_their_names(
    tmp_path: Path, grey_dng: Path, name: str
) -> None:
    (report,) = run_jobs(Job(), [grey_dng], f"{tmp_path}/{name}", workers=1)

    assert report["output"] == str(tmp_path / name / "grey.png")
    assert Path(report["output"]).is_file()


def test_several_files_need_a_folder(tmp_path: Path, grey_dng: Path, steps_dng: Path) -> None:
    with pytest.raises(UsageError, match="2 files need a folder as output: -o DIR/"):
        run_jobs(Job(), [grey_dng, steps_dng], tmp_path / "out.png", workers=2)
    assert left_in(tmp_path) == []


def test_two_inputs_of_one_name_are_refused_and_no_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"several inputs would become a\.png; rename them"):
        run_jobs(Job(), [Path("x/a.dng"), Path("y/a.dng")], f"{tmp_path}/out/", workers=2)
    assert left_in(tmp_path) == []


def test_frames_of_several_files_are_not_dumped_over_each_other(tmp_path: Path) -> None:
    job = Job(dump=tmp_path / "frames")

    with pytest.raises(UsageError, match="one raw file at a time"):
        run_jobs(job, [Path("a.dng"), Path("b.dng")], f"{tmp_path}/out/", workers=2)
    assert left_in(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path, grey_dng: Path) -> None:
    (tmp_path / "file").write_text("")

    for folder in (f"{tmp_path}/file/", f"{tmp_path}/file/below/", "/proc/pictures/"):
        with pytest.raises(OutputError, match="cannot make the folder"):
            run_jobs(Job(), [grey_dng], folder, workers=1)


def test_a_dump_of_a_run_that_fails_leaves_nothing(tmp_path: Path, grey_dng: Path) -> None:
    job = Job(dump=tmp_path / "frames", choices={"slots": ["tone=exec:false {in} {out}"]})

    report = develop_file(job, grey_dng, tmp_path / "out.png")

    assert "false ended with code 1" in report["error"]
    assert left_in(tmp_path) == []


def kill_worker(array: np.ndarray) -> np.ndarray:
    """Stand in for a worker that the system ends, for want of memory."""
    if os.environ.get("FULLWELL_TEST_WORKER") != "dies":
        return array
    time.sleep(0.2)
    os._exit(9)


def test_a_worker_that_dies_is_reported_and_not_a_traceback(
    tmp_path: Path, grey_dng: Path, steps_dng: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLWELL_TEST_WORKER", "dies")
    job = Job(choices={"slots": [f"after:exposure={__file__}:kill_worker"]})

    reports = run_jobs(job, [grey_dng, steps_dng], f"{tmp_path}/out/", workers=2)

    assert [r["exit_code"] for r in reports] == [3, 3]
    for raw, report in zip((grey_dng, steps_dng), reports, strict=True):
        assert report["error"].startswith(f"{raw}: its worker died")
    assert not [name for name in left_in(tmp_path) if name.endswith(".png")]


def test_workers_are_spawned_and_never_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def context(method: str) -> None:
        asked.append(method)
        raise KeyboardInterrupt

    monkeypatch.setattr(batch.multiprocessing, "get_context", context)
    with pytest.raises(KeyboardInterrupt):
        run_jobs(Job(), [Path("a.dng"), Path("b.dng")], f"{tmp_path}/out/", workers=2)
    assert asked == ["spawn"]


def test_what_a_format_cannot_hold_is_counted_in_the_report(tmp_path: Path, grey_dng: Path) -> None:
    """Grey light of 0.18 at 10000 cd/m2 is 1800, and HLG ends at 1000: every value."""
    choices = Job(delivery={"hdr": "hlg", "white_cd_m2": 10000.0})

    report = develop_file(choices, grey_dng, tmp_path / "a.png")

    assert report["clipped_values"] == 24 * 32 * 3
    assert "2304 values cut to what the format holds" in report["summary"]
    assert develop_file(Job(), grey_dng, tmp_path / "b.png")["clipped_values"] == 0


def test_a_run_that_fails_leaves_no_empty_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "bad.dng").write_bytes(b"no raw at all")

    one = run_jobs(Job(), [tmp_path / "bad.dng"], f"{tmp_path}/new/deep/", workers=1)
    with pytest.raises(UsageError):
        run_jobs(
            Job(delivery={"quality": 900}), [tmp_path / "bad.dng", tmp_path / "b.dng"],
            f"{tmp_path}/other/", workers=1,
        )  # fmt: skip

    assert one[0]["exit_code"] == 3
    assert left_in(tmp_path) == ["bad.dng"]
