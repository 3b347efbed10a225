"""fullwell simulate writes the DN that were asked for, and nothing when it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest
import rawpy

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
    read_codes,
    read_exr,
    refused,
    shoot,
    write_exr,
    write_hdr,
)

SIGNAL_DN = GREY * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E


def green(path: Path) -> float:
    """Mean DN over black of the green photosites in red's rows."""
    return float(dn_of(path)[0::2, 1::2].astype(float).mean()) - BLACK_DN


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


def test_nothing_is_overwritten_without_force(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    for taken, way_out in (("a.dng", "pass --force"), ("a.json", "move it")):
        (tmp_path / taken).write_text("mine")
        answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT)

        refused(answer, 3, taken, way_out)
        assert left_in(tmp_path) == [taken]
        assert (tmp_path / taken).read_text() == "mine"
        (tmp_path / taken).unlink()

    (tmp_path / "a.dng").write_text("mine")
    assert fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--force").code == 0
    assert dn_of(tmp_path / "a.dng").shape == (24, 32)


NAN = np.full((24, 32, 3), np.nan, dtype=np.float32)
INFINITE = np.full((24, 32, 3), np.inf, dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nan.exr", "2304 values are NaN and 0 infinite"),
        ("infinite.exr", "0 values are NaN and 2304 infinite"),
        ("cut.exr", "damaged"),
        ("text.exr", "by its first bytes it is a text file"),
        ("empty.exr", "the file is empty"),
        ("folder", "it is a folder"),
        ("none.exr", "there is no such file"),
        ("small.exr", "too small"),
        ("grey.hdr", "by its first bytes it is an OpenEXR picture"),
        ("picture.png", "but this is SDR"),
        ("raw.dng", "but this is RAW"),
    ],
)
def test_a_scene_that_cannot_be_used_is_refused_and_nothing_is_left(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str, reason: str
) -> None:
    scenes = tmp_path / "scenes"
    (scenes / "folder").mkdir(parents=True)
    write_exr(scenes / "nan.exr", NAN)
    write_exr(scenes / "infinite.exr", INFINITE)
    whole = write_exr(scenes / "grey.hdr", grey()).read_bytes()
    write_exr(scenes / "small.exr", grey(size=(9, 9)))
    (scenes / "cut.exr").write_bytes(whole[: len(whole) * 2 // 3])
    (scenes / "text.exr").write_text("a scene\n")
    (scenes / "empty.exr").touch()
    (scenes / "raw.dng").write_bytes(grey_dng.read_bytes())
    fullwell("develop", grey_dng, "-o", scenes / "picture.png")
    out = tmp_path / "out"
    out.mkdir()

    answer = fullwell("simulate", scenes / name, "-o", out / "a.dng", *SHOT)

    refused(answer, 3, reason)
    assert name in answer.err or "a.dng" in answer.err
    assert answer.out == ""
    assert left_in(out) == []


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--camera", "Nikon"), 3, 'no camera is named "Nikon"; known: CanonEOS5D4'),
        (("--camera", "none.json"), 3, "there is no such file"),
        (("--camera", "/proc"), 3, "/proc: it is a folder"),
        (("--iso", "50"), 3, "ISO 50 is outside 100..6400"),
        (("--iso", "high"), 2, "--iso"),
        (("--iso", "0"), 2, "--iso"),
        (("--exposure-time", "1/0"), 2, "--exposure-time"),
        (("--f-number", "f/2"), 2, "--f-number"),
        (("--seed", "-1"), 2, "--seed"),
        (("--seed", str(2**64)), 2, "--seed"),
        (("--body", "1.5"), 2, "--body"),
        (("--luminance-scale", "-3"), 2, "--luminance-scale"),
        (("--illuminant", "candle"), 2, 'no illuminant is named "candle"'),
        (("--set", "full_well_e"), 2, "expected name=value"),
        (("--set", "full_well=3"), 2, "a camera has no full_well"),
        (("--set", "prnu_percent=3", "--set", "prnu_percent=4"), 2, "prnu_percent came twice"),
        (("--size", "30"), 2, "WIDTHxHEIGHT in photosites"),
        (("--size", "99999x99999"), 2, "megapixels of scene, but the limit is 200"),
        (("--fov", "180"), 2, "between 0 and 180 degrees"),
        (("--fov", "0"), 2, "--fov"),
        (("--lens", "blur=3"), 2, "a lens has no field blur"),
        (("--lens", "defocus_um=1e6"), 2, "wider than the sensor's diagonal"),
        (("--lens", "cos4=true"), 3, "needs a focal length"),
        (("--view", "30,0"), 2, "needs --fov and --size"),
        (("--view", "30,0", "--fov", "60", "--size", "30x30"), 2, "twice as wide as high"),
        (("--bracket=-2;2",), 2, "stops with commas"),
        (("--bracket=2000",), 2, "within 30 of 0"),
        (("--burst", "0"), 2, "--burst"),
        (("--burst", "2", "--bracket=0,1"), 2, "choose one"),
        (("--burst", "2", "--no-noise"), 2, "noise-free electrons"),
        (("--burst", "2", "--jitter", "3"), 2, "--jitter does nothing without --bracket"),
        (("--bracket=0,1", "--jitter", "inf"), 2, "0 to 100 percent"),
        (("--bracket=0,1", "--jitter", "-1"), 2, "--jitter"),
        (("--burst", "2", "--shake-px", "inf"), 2, "shake_px is 0 or more"),
        (("--shake-px", "1"), 2, "--shake-px does nothing without"),
        (("--no-truth",), 2, "--no-truth does nothing without"),
        (("--response", "linear"), 2, "--response does nothing without --ldr"),
        (("--quality", "90"), 2, "--quality does nothing without --ldr"),
        (("--ldr",), 2, "an 8-bit camera writes .png, .jpg"),
        (("--set", "full_well_e=-3"), 3, "full_well_e must be positive"),
        (("--set", "black_level_dn=16000"), 3, "is not below white_level_dn"),
        (("--nosuch",), 2, "--nosuch"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_and_nothing_is_left(
    fullwell: Command,
    tmp_path: Path,
    grey_exr: Path,
    options: tuple[str, ...],
    code: int,
    reason: str,
) -> None:
    answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, *options)

    refused(answer, code, reason)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("output", "code", "reason"),
    [
        ("a.png", 2, "written as .dng, .tif or .raw"),
        ("no/a.dng", 3, "does not exist; create it first"),
        (".", 2, "written as .dng, .tif or .raw"),
        ("folder.dng", 3, "it is a folder; a file name is needed"),
        ("/proc/a.dng", 3, "/proc/a."),
    ],
)
def test_an_output_that_cannot_be_is_refused(
    fullwell: Command, tmp_path: Path, grey_exr: Path, output: str, code: int, reason: str
) -> None:
    (tmp_path / "folder.dng").mkdir()

    refused(fullwell("simulate", grey_exr, "-o", tmp_path / output, *SHOT), code, reason)
    assert left_in(tmp_path) == ["folder.dng"]


def test_a_missing_option_is_named(fullwell: Command, tmp_path: Path, grey_exr: Path) -> None:
    answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT[:-2])

    refused(answer, 2, "--f-number")


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


def test_an_8_bit_picture_is_the_response_of_the_truth_within_half_a_code(
    fullwell: Command, tmp_path: Path
) -> None:
    """A monochrome sensor has no mosaic: only half a DN and half a code are in between."""
    answer = fullwell(
        "simulate", "scene:siemens?luminance=60", "-o", tmp_path / "a.png", "--camera", "EMVA-CCD",
        "--iso", 100, "--exposure-time", "1/900", "--f-number", 2.8, "--no-noise", "--ldr",
        "--size", "60x48", "--lens", "gaussian_psf_um=3", "--response", "power:2.2",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    assert "response power 2.2" in answer.out
    assert left_in(tmp_path) == ["a.masks.png", "a.png", "a.truth.exr"]
    truth = read_exr(tmp_path / "a.truth.exr")
    assert truth["R"].dtype == np.float32
    light = truth["G"].astype(float)
    assert 0.02 < light.min() < light.max() < 0.98
    half_dn = 0.5 / (np.floor(14.76 + 0.280063 * 14008) - 14.76)
    code = read_codes(tmp_path / "a.png").astype(float)
    for plane in np.moveaxis(code, -1, 0):
        low, high = (255 * (light + side * half_dn) ** (1 / 2.2) for side in (-1.001, 1.001))
        assert (plane >= low - 0.5001).all()
        assert (plane <= high + 0.5001).all()


def test_a_jpeg_and_its_facts(fullwell: Command, tmp_path: Path) -> None:
    ask = ("simulate", "scene:flat?luminance=10", *SHOT, "--ldr", "--size", "32x24", "--json")

    facts = json.loads(
        fullwell(*ask, "-o", tmp_path / "a.jpg", "--quality", "40", "--no-truth").out
    )

    assert left_in(tmp_path) == ["a.jpg", "a.masks.png"]
    assert (facts["jpeg_quality"], facts["truth"]) == (40, None)
    assert (facts["file"], facts["response"]["name"]) == ("a.jpg", "srgb")
    assert (facts["iso"], facts["exposure_time_s"], facts["f_number"]) == (400, 1 / 25, 2.8)


def test_light_beyond_any_half_float_is_kept_in_the_truth(
    fullwell: Command, tmp_path: Path
) -> None:
    answer = fullwell(
        "simulate", "scene:flat?luminance=1e9", "-o", tmp_path / "a.png", *SHOT, "--ldr",
        "--size", "32x24",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    share = 1e7 * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E / (15520 - BLACK_DN)
    assert read_exr(tmp_path / "a.truth.exr")["G"] == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize("taken", ["a.png", "a.masks.png", "a.truth.exr"])
def test_an_8_bit_camera_overwrites_nothing(fullwell: Command, tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")

    answer = fullwell("simulate", "none.exr", "-o", tmp_path / "a.png", *SHOT, "--ldr")

    refused(answer, 3, taken, "pass --force")
    assert left_in(tmp_path) == [taken]


def test_a_bracket_is_told_frame_by_frame(fullwell: Command, tmp_path: Path) -> None:
    ask = ("simulate", "scene:flat?luminance=5", *SHOT, "--size", "32x24", "--bracket=-2,0,2")
    answer = fullwell(*ask, "-o", tmp_path / "a.dng", "--jitter", 2, "--shake-px", 1)
    facts = json.loads(
        fullwell(*ask, "-o", tmp_path / "b.dng", "--jitter", 2, "--shake-px", 1, "--json").out
    )

    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert [line.rpartition(" RGGB")[0].rpartition("/")[2] for line in lines] == [
        f"a_{i}.dng: 32 x 24" for i in range(3)
    ]
    assert ["0.01 s, f/2.8" in lines[0], "0.04 s" in lines[1], "0.16 s" in lines[2]] == [True] * 3
    assert [f["file"] for f in facts] == ["b_0.dng", "b_1.dng", "b_2.dng"]
    assert len({f["true_exposure_time_s"] / f["exposure_time_s"] for f in facts}) == 3
    for i in range(3):
        assert np.array_equal(dn_of(tmp_path / f"a_{i}.dng"), dn_of(tmp_path / f"b_{i}.dng"))
    assert len(left_in(tmp_path)) == 18


def test_a_burst_without_truth_leaves_raws_alone(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell(
        "simulate", "scene:dark", "-o", tmp_path / "a.dng", *SHOT, "--size", "32x24", "--burst", 2,
        "--no-truth",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    assert left_in(tmp_path) == ["a_0.dng", "a_0.json", "a_1.dng", "a_1.json"]
    assert not np.array_equal(dn_of(tmp_path / "a_0.dng"), dn_of(tmp_path / "a_1.dng"))


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
