"""fullwell simulate writes the DN that were asked for, and nothing when it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest
import rawpy

from tests.apps.cli.simulated_grey import SIGNAL_DN, green
from tests.apps.conftest import Command
from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    GREY,
    SHOT,
    dn_of,
    grey,
    left_in,
    refused,
    shoot,
    write_exr,
    write_hdr,
)


def test_without_noise_the_expected_dn_are_written(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--no-noise")

    assert (answer.code, answer.err) == (0, "")
    assert "no noise" in answer.out
    dn = dn_of(tmp_path / "a.dng")
    assert set(dn[0::2, 1::2].flat) == {round(BLACK_DN + SIGNAL_DN)}
    assert left_in(tmp_path) == ["a.dng", "a.json"]


def test_libraw_reads_what_was_written_with_its_levels_and_balance(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--seed", 3)

    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        assert np.array_equal(raw.raw_image_visible, dn_of(tmp_path / "a.dng"))
        assert list(raw.black_level_per_channel) == [BLACK_DN] * 4
        assert raw.white_level == 15520


def test_noise_has_the_mean_of_the_truth_and_the_variance_of_the_model(
    fullwell: Command, tmp_path: Path
) -> None:
    size = (120, 160)
    flat = write_exr(tmp_path / "flat.exr", grey(size=size))

    fullwell("simulate", flat, "-o", tmp_path / "a.dng", *SHOT, "--seed", 3)

    dn = dn_of(tmp_path / "a.dng")[0::2, 1::2].astype(float) - BLACK_DN
    n = dn.size
    # Shot noise, and at most a tenth of it for read and row noise, PRNU and rounding.
    shot = SIGNAL_DN * D850_ISO400_DN_PER_E
    assert abs(dn.mean() - SIGNAL_DN) < 5 * np.sqrt(1.1 * shot / n) + 0.5
    assert shot * (1 - 5 * np.sqrt(2 / n)) < dn.var() < 1.1 * shot * (1 + 5 * np.sqrt(2 / n))


def test_the_same_seed_gives_the_same_file_to_the_byte(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        answer = fullwell(
            "simulate", grey_exr, "-o", tmp_path / folder / "a.dng", *SHOT, "--seed", 7
        )
        assert "seed 7, body 0" in answer.out

    for name in ("a.dng", "a.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_is_another_frame_of_the_same_body(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    """With fixed patterns far above the noise: frames share them, bodies do not."""
    loud = ("--set", "prnu_percent=20")
    for name, numbers in {
        "a": ("--seed", 1), "b": ("--seed", 2), "c": ("--seed", 1, "--body", 9),
    }.items():  # fmt: skip
        answer = fullwell(
            "simulate", grey_exr, "-o", tmp_path / f"{name}.dng", *SHOT, *loud, *numbers
        )
        assert answer.code == 0, answer.err

    a, b, c = (dn_of(tmp_path / f"{n}.dng")[0::2, 1::2].astype(float).flatten() for n in "abc")
    assert not np.array_equal(a, b)
    # PRNU has 20 % of 4080 DN against 82 DN of shot noise: r = 1 / (1 + 0.1^2) = 0.99; and of
    # 192 independent photosites |r| stays under 5 / sqrt(192) = 0.36.
    assert np.corrcoef(a, b)[0, 1] > 0.97
    assert abs(np.corrcoef(a, c)[0, 1]) < 0.36


def test_a_smaller_full_well_clips_at_its_own_dn(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    answer = fullwell(
        "simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--no-noise",
        "--set", "full_well_e=1500", "--json",
    )  # fmt: skip

    # Green, 2458 e-, and blue, 1961 e-, are cut to 1500 e-; red, 1107 e-, is not.
    dn = dn_of(tmp_path / "a.dng").astype(int)
    assert set(dn[0::2, 1::2].flat) == set(dn[1::2, 1::2].flat) == {
        round(BLACK_DN + 1500 * D850_ISO400_DN_PER_E)
    }  # fmt: skip
    assert dn[0, 0] < dn[0, 1]
    assert json.loads(answer.out)["clipped_percent"] == 75.0


def test_several_fields_of_the_camera_can_be_set(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    fullwell(
        "simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--no-noise",
        "--set", "black_level_dn=512", "--set", "quantum_efficiency=0.1",
    )  # fmt: skip

    assert abs(float(dn_of(tmp_path / "a.dng")[0, 1]) - 512 - SIGNAL_DN / 2) <= 0.5


def test_a_time_is_seconds_or_a_fraction_of_one(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    for name, time in (("decimal", "0.04"), ("fraction", "1/25"), ("half", "1/50")):
        fullwell(
            "simulate", grey_exr, "-o", tmp_path / f"{name}.dng", *SHOT, "--no-noise",
            "--exposure-time", time,
        )  # fmt: skip

    decimal, fraction, half = (
        green(tmp_path / f"{n}.dng") for n in ("decimal", "fraction", "half")
    )
    assert decimal == fraction
    assert abs(half - SIGNAL_DN / 2) <= 0.5


def test_a_radiance_picture_is_a_scene_too(fullwell: Command, tmp_path: Path) -> None:
    value = 0.1875  # 3/16: RGBE holds it exactly
    scene = write_hdr(tmp_path / "grey.hdr", grey(value))

    answer = fullwell("simulate", scene, "-o", tmp_path / "a.dng", *SHOT, "--no-noise")

    assert (answer.code, answer.err) == (0, "")
    assert abs(green(tmp_path / "a.dng") - SIGNAL_DN * value / GREY) <= 0.5


def test_the_scale_is_the_options_or_the_files_or_100(fullwell: Command, tmp_path: Path) -> None:
    bright = write_exr(tmp_path / "bright.exr", grey(), whiteLuminance=200.0)
    plain = write_exr(tmp_path / "plain.exr", grey())
    for name, scene, options in (
        ("silent", plain, ()),
        ("file", bright, ()),
        ("option", bright, ("--luminance-scale", "50")),
    ):
        answer = fullwell(
            "simulate", scene, "-o", tmp_path / f"{name}.dng", *SHOT, "--no-noise", *options
        )
        assert answer.code == 0, answer.err

    for name, factor in (("silent", 1.0), ("file", 2.0), ("option", 0.5)):
        assert abs(green(tmp_path / f"{name}.dng") - factor * SIGNAL_DN) <= 0.5, name


def neutral(path: Path) -> list[float]:
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        values = tiff.pages[0].tags["AsShotNeutral"].value
    return [n / d for n, d in zip(values[::2], values[1::2], strict=True)]


def test_another_light_is_another_as_shot_neutral(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    for light in ("D65", "A"):
        answer = fullwell(
            "simulate", grey_exr, "-o", tmp_path / f"{light}.dng", *SHOT, "--no-noise",
            "--illuminant", light,
        )  # fmt: skip
        assert answer.code == 0, answer.err

    day, lamp = neutral(tmp_path / "D65.dng"), neutral(tmp_path / "A.dng")
    assert lamp[0] > 1.5 * day[0]  # a lamp is redder
    assert lamp[2] < 0.7 * day[2]
    # The neutral is what a grey surface reads: the DN themselves, to half a DN.
    for name, said in (("D65", day), ("A", lamp)):
        dn = dn_of(tmp_path / f"{name}.dng").astype(float) - BLACK_DN
        assert said[0] == pytest.approx(dn[0, 0] / dn[0, 1], abs=1.1 / dn[0, 1])
        assert said[2] == pytest.approx(dn[1, 1] / dn[0, 1], abs=1.1 / dn[0, 1])
        history = json.loads((tmp_path / f"{name}.json").read_text())["history"]
        assert dict(history)["expose"]["illuminant"] == name


def test_a_camera_of_the_users_own_is_a_file(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    record = json.loads(fullwell("cameras", "list", "--json").out)
    mine = next(r for r in record if r["name"] == "NikonD850") | {"name": "mine", "cfa": "BGGR"}
    (tmp_path / "mine.json").write_text(json.dumps(mine))

    answer = fullwell(
        "simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--camera", tmp_path / "mine.json"
    )

    assert answer.code == 0, answer.err
    assert "32 x 24 BGGR, mine" in answer.out


def test_a_dump_and_its_sidecar_hold_the_same_dn(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT)
    fullwell("simulate", grey_exr, "-o", tmp_path / "b.raw", *SHOT)

    stored = np.fromfile(tmp_path / "b.raw", dtype="<u2").reshape(24, 32)
    assert np.array_equal(stored, dn_of(tmp_path / "a.dng"))
    assert json.loads((tmp_path / "b.json").read_text())["cfa"] == "RGGB"


def test_json_reports_the_facts_and_quiet_says_nothing(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--json", "--seed", 4)
    facts = json.loads(answer.out)
    assert (facts["camera"], facts["seed"], facts["body"]) == ("NikonD850", 4, 0)

    quiet = fullwell("simulate", grey_exr, "-o", tmp_path / "b.dng", *SHOT, "--quiet")
    assert quiet == (0, "", "")


def test_a_size_and_a_lens_reach_the_picture_and_its_history(
    fullwell: Command, tmp_path: Path
) -> None:
    """Vignetting of -0.5 at r = 1 takes a corner photosite to 1 - 0.5 r^2, worked out by hand."""
    answer = fullwell(
        "simulate", "scene:flat?luminance=20", "-o", tmp_path / "a.dng", *SHOT, "--no-noise",
        "--size", "48x32", "--lens", "vignetting=-0.5", "--lens", "veiling_glare=0.1",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    assert "48 x 32 RGGB" in answer.out

    # Green at row 0, column 47: 23.5 and 15.5 photosites from the axis; half diagonal 28.84.
    # Over the photosite the mean of r^2 is 1/12 + 1/12 more, but for the 4 x 4 pixels' own 1/16.
    def share(down: float, right: float) -> float:
        square = (down**2 + right**2 + (1 / 6) * (1 - 1 / 16)) / (24**2 + 16**2)
        return 1 - 0.5 * square

    middle = np.arange(48) - 23.5, np.arange(32) - 15.5
    mean = np.mean([[share(y, x) for x in middle[0]] for y in middle[1]])
    light = 0.9 * share(15.5, 23.5) + 0.1 * mean
    expected = BLACK_DN + 0.2 * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E * light
    assert abs(float(dn_of(tmp_path / "a.dng")[0, 47]) - expected) <= 0.51
    step = dict(json.loads((tmp_path / "a.json").read_text())["history"])["view"]
    assert step["lens"] == {"name": "lens", "vignetting": [-0.5], "veiling_glare": 0.1}


def test_a_random_view_is_told_and_recorded_and_the_same_again(
    fullwell: Command, tmp_path: Path
) -> None:
    rows = np.linspace(1, 2, 16, dtype=np.float32)[:, None, None]
    columns = np.linspace(0, 1, 32, dtype=np.float32)[None, :, None]
    sphere = write_exr(tmp_path / "sphere.exr", 0.05 * np.tile(rows + columns, (1, 1, 3)))
    ask = (*SHOT, "--fov", "60", "--size", "36x24", "--no-noise", "--seed", "3")

    drawn = fullwell("simulate", sphere, "-o", tmp_path / "a.dng", *ask, "--view", "random")
    facts = json.loads(
        fullwell(
            "simulate", sphere, "-o", tmp_path / "b.dng", *ask, "--view", "random", "--json"
        ).out
    )
    yaw, pitch = facts["view"]["yaw_deg"], facts["view"]["pitch_deg"]
    said = fullwell("simulate", sphere, "-o", tmp_path / "c.dng", *ask, f"--view={yaw!r},{pitch!r}")

    assert f"view {yaw:.1f},{pitch:.1f} (drawn), no noise" in drawn.out
    assert f"view {yaw:.1f},{pitch:.1f}, no noise" in said.out
    assert facts["view"]["drawn"] is True
    recorded = dict(json.loads((tmp_path / "a.json").read_text())["history"])["panorama_view"]
    assert (recorded["yaw_deg"], recorded["pitch_deg"]) == (yaw, pitch)
    assert np.array_equal(dn_of(tmp_path / "a.dng"), dn_of(tmp_path / "c.dng"))


SPECTRAL = {
    "wavelengths_nm": [400, 500, 600, 700],
    "quantum_efficiency": {
        "R": [0, 0.02, 0.4, 0.1], "G": [0, 0.4, 0.1, 0], "B": [0.4, 0.2, 0, 0],
        "W": [0.4, 0.6, 0.6, 0.4],
    },
}  # fmt: skip


def test_spectra_through_a_pattern_that_no_dng_holds(fullwell: Command, tmp_path: Path) -> None:
    record = json.loads(fullwell("cameras", "list", "--json").out)
    mine = next(r for r in record if r["name"] == "NikonD850") | {
        "name": "mine", "cfa": "RGBW", "spectral_sensitivity": SPECTRAL, "colour_matrices": [],
    }  # fmt: skip
    (tmp_path / "mine.json").write_text(json.dumps(mine))
    ask = ("simulate", "scene:colorchecker-spectral", *SHOT, "--camera", tmp_path / "mine.json")

    written = fullwell(*ask, "-o", tmp_path / "a.tif", "--size", "36x24", "--no-noise")
    assert written.code == 0, written.err
    dn = dn_of(tmp_path / "a.tif").astype(int) - BLACK_DN
    assert dn[0::2, 1::2].mean() > 1.2 * dn[1::2, 0::2].mean()  # W has more than G at 3 of 4 knots
    assert json.loads((tmp_path / "a.json").read_text())["cfa"] == "RGBW"
    for output, options, code, reason in (
        ("b.dng", (), 3, "cannot hold the pattern RGBW"),
        ("b.tif", ("--luminance-scale", "50"), 2, "is absolute and takes no --luminance-scale"),
        ("b.png", ("--ldr",), 2, "truth is RGB light, but scene:colorchecker-spectral is spectral"),
    ):
        answer = fullwell(*ask, "-o", tmp_path / output, "--size", "36x24", *options)
        refused(answer, code, reason)
    assert left_in(tmp_path) == ["a.json", "a.tif", "mine.json"]


def test_the_command_gives_what_the_function_gives(fullwell: Command, tmp_path: Path) -> None:
    fullwell("simulate", "scene:flat", "-o", tmp_path / "a.dng", *SHOT, "--size", "32x24")

    from apps.light import Seen

    shoot("scene:flat", tmp_path / "b.dng", seen=Seen(size=(24, 32)))
    assert (tmp_path / "a.dng").read_bytes() == (tmp_path / "b.dng").read_bytes()
