"""fullwell enhance denoise: what is asked, what is said, what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from isp.files.raw import read_raw
from tests.apps.conftest import Command
from tests.apps.samples import left_in, refused
from tests.stage_cases import NET

MODEL = ("--model", NET)


def test_one_line_says_what_was_done_with_whose_noise(
    fullwell: Command, steps_dng: Path, tmp_path: Path
) -> None:
    answer = fullwell(
        "enhance", "denoise", steps_dng, "--ratio", 4, *MODEL, "-o", tmp_path / "a.dng"
    )

    assert (answer.code, answer.err) == (0, "")
    [line] = answer.out.splitlines()
    assert line.startswith(f"{tmp_path}/a.dng: 64 x 32 denoised by {NET}, ratio 4 at scale same; ")
    assert "; noise by the file's NoiseProfile: " in line
    assert line.endswith("; no NoiseProfile: the card does not say what noise the network leaves")
    assert left_in(tmp_path) == ["a.dng", "a.json"]
    own = read_raw(steps_dng).shot.baseline_exposure_ev
    assert own is None
    assert read_raw(tmp_path / "a.dng").shot.need("baseline_exposure_ev").tolist() == pytest.approx(
        [2.0], abs=0.1
    )


def test_json_says_settings_noise_and_what_was_cut(
    fullwell: Command, steps_dng: Path, tmp_path: Path
) -> None:
    answer = fullwell(
        "enhance", "denoise", steps_dng, "--ratio", 2, "--scale", "ratio", "--noise", "1e-4,1e-6",
        "--strength", 0.5, "--steps", 1, "--seed", 3, *MODEL, "--json", "-o", tmp_path / "a.dng",
    )  # fmt: skip

    [report] = json.loads(answer.out)
    settings = report["settings"]
    assert answer.code == report["exit_code"] == 0
    assert [settings[n] for n in ("ratio", "scale", "strength", "steps", "seed")] == [
        2.0, "ratio", 0.5, 1, 3,
    ]  # fmt: skip
    assert settings["variance"][0] == pytest.approx([1e-6, 1e-4, 0.0])
    assert report["noise_from"] == "--noise"
    assert report["cut_at_white"] > 0


def test_a_dump_is_taken_with_its_layout(fullwell: Command, tmp_path: Path) -> None:
    dump = tmp_path / "a.raw"
    dump.write_bytes(bytes([100, 1]) * 32 * 24)  # DN 356
    layout = ("--width", 32, "--height", 24, "--bits", 10, "--packing", "u16", "--cfa", "GBRG")

    answer = fullwell(
        "enhance", "denoise", dump, *layout, "--black-level", 64, "--white-level", 1023,
        "--noise", "1e-3,1e-5", *MODEL, "-o", tmp_path / "b.dng",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    assert read_raw(tmp_path / "b.dng").need_profile().cfa.name == "GBRG"


def test_several_files_go_to_a_folder_and_a_bad_one_stops_nobody(
    tmp_path: Path, grey_dng: Path, steps_dng: Path
) -> None:
    """The real command, its workers spawned: what users run."""
    bad = tmp_path / "bad.dng"
    bad.write_text("no raw\n")
    command = Path(sys.executable).with_name("fullwell")

    done = subprocess.run(
        [command, "enhance", "denoise", grey_dng, bad, steps_dng, *MODEL, "-o", f"{tmp_path}/out/"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 3
    assert done.stderr == f"error: {bad}: it is a text file, not a camera raw\n"
    assert left_in(tmp_path / "out") == ["grey.dng", "grey.json", "steps.dng", "steps.json"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--ratio", "1e12"), 2, "1 to 65536, not 1e+12"),
        (("--ratio", 0.5), 2, "1 to 65536, not 0.5"),
        (("--scale", "white"), 2, "ratio or same"),
        (("--strength", 2), 2, "at most 1, not 2"),
        (("--noise", "1e-4"), 2, "--noise is SLOPE,OFFSET"),
        (("--noise", "auto"), 2, "or measured, not"),
        (("--noise", "0,1e-6"), 2, "a slope above 0"),
        (("--noise", "inf,1"), 2, "neither above 1 (white)"),
        (("--steps", 65), 2, "steps"),
        (("--model", "fw-9z"), 3, 'no weights are named "fw-9z"'),
        (("--model", "none.safetensors"), 3, "none.safetensors: it is not there"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_left(
    fullwell: Command, grey_dng: Path, tmp_path: Path, options: tuple[object, ...], code: int,
    said: str,
) -> None:  # fmt: skip
    answer = fullwell(
        "enhance", "denoise", grey_dng, *MODEL, *options, "-o", f"{tmp_path}/out/a.dng"
    )

    refused(answer, code, said)
    assert left_in(tmp_path) == []


def test_an_output_that_is_there_stays(fullwell: Command, grey_dng: Path, tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_text("mine")

    answer = fullwell("enhance", "denoise", grey_dng, *MODEL, "-o", tmp_path / "a.dng")

    refused(answer, 3, "a.dng: it exists already; pass --force to replace it")
    assert (tmp_path / "a.dng").read_text() == "mine"
    assert (
        fullwell("enhance", "denoise", grey_dng, *MODEL, "--force", "-o", tmp_path / "a.dng").code
        == 0
    )
