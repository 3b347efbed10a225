"""fullwell develop: the numbers of a raw file in the picture, and every choice on the way."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from apps.presets import preset
from isp.core.cfa import Cfa
from isp.stages.tone.filmic import tone_filmic
from tests.apps.cli.developed_grey import LINEAR_GREY, RANGE_DN, ROUNDING, srgb
from tests.apps.conftest import Command
from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    SIZE,
    WHITE_DN,
    dn_of,
    grey,
    left_in,
    read_codes,
    read_exr,
    shoot,
    write_exr,
)


def codes_of(path: Path) -> NDArray[Any]:
    """Codes as 0..1."""
    codes = read_codes(path)
    return codes / np.iinfo(codes.dtype).max


@pytest.mark.parametrize(
    ("name", "options", "dtype", "steps"),
    [
        ("a.png", (), np.uint8, 255),
        ("a.png", ("--bit-depth", "16"), np.uint16, 65535),
        ("a.png", ("--bit-depth", "8"), np.uint8, 255),
        ("a.tif", (), np.uint16, 65535),
        ("a.tiff", ("--bit-depth", "8"), np.uint8, 255),
        ("a.jpg", (), np.uint8, 255),
        ("a.JPEG", (), np.uint8, 255),
    ],
)
def test_grey_light_comes_out_as_its_srgb_code(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str, options: tuple[str, ...],
    dtype: type, steps: int,
) -> None:  # fmt: skip
    answer = fullwell("develop", grey_dng, "-o", tmp_path / name, *options)

    assert (answer.code, answer.err) == (0, "")
    codes = read_codes(tmp_path / name)
    assert (codes.dtype, codes.shape) == (dtype, (*SIZE, 3))
    slope = (srgb(LINEAR_GREY + 1e-4) - srgb(LINEAR_GREY)) / 1e-4
    wrong = abs(codes / steps - srgb(LINEAR_GREY)).max()
    jpeg = 1.0 if name.lower().endswith(("jpg", "jpeg")) else 0.0  # the DCT rounds once more
    assert wrong <= ROUNDING * slope + (0.5 + jpeg) / steps


def test_linear_light_is_one_where_green_reaches_white(fullwell: Command, tmp_path: Path) -> None:
    at_white = RANGE_DN / (ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E)
    scene = write_exr(tmp_path / "white.exr", grey(at_white))
    raw = shoot(scene, tmp_path / "white.dng", noise=False)
    assert dn_of(raw)[0, 1] == WHITE_DN

    answer = fullwell("develop", raw, "-o", tmp_path / "out.exr", "--linear")

    assert (answer.code, answer.err) == (0, "")
    channels = read_exr(tmp_path / "out.exr")
    for name in "RGB":
        # A half has 11 bits.
        assert abs(channels[name].astype(float) - 1).max() <= 2**-11 + ROUNDING, name


@pytest.mark.parametrize(
    "options",
    [
        (), ("--tone", "filmic"), ("--demosaic", "bilinear"), ("--preset", "srgb_fast"),
    ],
    ids=str,
)  # fmt: skip
def test_one_pass_gives_the_codes_of_the_stages_within_one(
    fullwell: Command, tmp_path: Path, steps_dng: Path, options: tuple[str, ...]
) -> None:
    slow = fullwell("develop", steps_dng, "-o", tmp_path / "a.tif", "--save-recipe", *options)
    fast = fullwell(
        "develop", steps_dng, "-o", tmp_path / "b.tif", "--save-recipe", "--fast", *options
    )

    assert (slow.code, fast.code, fast.err) == (0, 0, "")
    a, b = (read_codes(tmp_path / name).astype(int) for name in ("a.tif", "b.tif"))
    assert a.max() - a.min() > 10_000
    assert np.abs(a - b).max() <= 1
    assert fast.out.replace("b.tif", "a.tif") == slow.out  # the same steps, the same facts
    recipes = [json.loads((tmp_path / f"{n}.recipe.json").read_text()) for n in "ab"]
    assert recipes[1].pop("output") == {**recipes[0].pop("output"), "fast": True}
    assert recipes[0] == recipes[1]


@pytest.mark.parametrize("options", [("--dump", "frames"), ("--hdr", "gain_map")], ids=str)
def test_one_pass_keeps_no_frames(
    fullwell: Command, tmp_path: Path, steps_dng: Path, options: tuple[str, ...]
) -> None:
    answer = fullwell("develop", steps_dng, "-o", tmp_path / "a.jpg", "--fast", *options)

    assert answer.code == 2
    assert "--fast and --tile keep no frames" in answer.err
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(("name", "steps"), [("a.tif", 65535), ("a.png", 65535), ("a.exr", None)])
def test_linear_light_is_proportional_to_dn(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str, steps: int | None
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / name, "--linear")

    assert (answer.code, answer.err) == (0, "")
    if steps is None:
        channels = read_exr(tmp_path / name)
        light = np.stack([channels[c] for c in "RGB"], axis=-1).astype(float)
        tolerance = ROUNDING + LINEAR_GREY * 2**-11
    else:
        light = codes_of(tmp_path / name)
        tolerance = ROUNDING + 0.5 / steps
    assert abs(light - LINEAR_GREY).max() <= tolerance


def test_an_exr_is_linear_without_being_asked(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    fullwell("develop", grey_dng, "-o", tmp_path / "a.exr")
    fullwell("develop", grey_dng, "-o", tmp_path / "b.exr", "--preset", "hdr_linear")

    assert np.array_equal(read_exr(tmp_path / "a.exr")["G"], read_exr(tmp_path / "b.exr")["G"])
    assert abs(float(read_exr(tmp_path / "a.exr")["G"][0, 0]) - LINEAR_GREY) < 1e-3


def test_exposure_in_stops_doubles_light(fullwell: Command, tmp_path: Path, grey_dng: Path) -> None:
    fullwell("develop", grey_dng, "-o", tmp_path / "a.exr", "--exposure", "0")
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "b.exr", "--exposure", "1")

    a, b = (read_exr(tmp_path / f"{n}.exr")["G"] for n in "ab")
    assert np.array_equal(b, 2 * a)  # a doubling is exact in halves
    assert "automatic" not in answer.out


def test_automatic_exposure_is_printed_recorded_and_brings_grey_to_018(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.exr", "--exposure", "auto")

    ev = np.log2(0.18 / LINEAR_GREY)
    assert f"automatic exposure: {ev:+.2f} EV" in answer.out
    # 1e-6 stands under the logarithm.
    assert abs(float(read_exr(tmp_path / "a.exr")["G"][0, 0]) - 0.18) < 0.18 * 2**-11 + 2e-5
    machine = fullwell(
        "develop", grey_dng, "-o", tmp_path / "b.png", "--exposure", "auto", "--json"
    )
    (report,) = json.loads(machine.out)
    assert report["automatic"] == [f"automatic exposure: {ev:+.2f} EV"]
    assert dict(report["history"])["exposure"]["ev"] == pytest.approx([ev], abs=1e-3)


def test_grey_world_is_printed_and_as_shot_is_the_default(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    plain = fullwell("develop", grey_dng, "-o", tmp_path / "plain.png")
    as_shot = fullwell("develop", grey_dng, "-o", tmp_path / "shot.png", "--wb", "as_shot")
    world = fullwell("develop", grey_dng, "-o", tmp_path / "world.png", "--wb", "grey_world")

    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "shot.png").read_bytes()
    assert "white balance" not in plain.out + as_shot.out
    dn = dn_of(grey_dng).astype(float) - BLACK_DN
    gains = f"{dn[0, 1] / dn[0, 0]:.4f}, 1.0000, {dn[0, 1] / dn[1, 1]:.4f}"
    assert f"grey-world white balance: {gains}" in world.out


def test_given_gains_multiply_each_colour(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    frames = tmp_path / "frames"

    answer = fullwell(
        "develop", steps_dng, "-o", tmp_path / "a.png", "--wb", "2,1,1.5", "--dump", frames
    )

    assert answer.code == 0, answer.err
    before, after = (np.load(next(frames.glob(f"*_{n}.npy"))) for n in ("defects", "white_balance"))
    gains = np.array([[2.0, 1.0], [1.0, 1.5]], dtype=np.float32)
    assert np.array_equal(after, before * np.tile(gains, (16, 32)))


@pytest.mark.parametrize("tone", ["none", "reinhard2002", "filmic"])
def test_a_tone_curve_is_the_one_that_was_named(
    fullwell: Command, tmp_path: Path, grey_dng: Path, tone: str
) -> None:
    answer = fullwell(
        "develop", grey_dng, "-o", tmp_path / "a.png", "--tone", tone, "--bit-depth", 16
    )

    assert answer.code == 0, answer.err
    grey_light = torch.full((1, 3, 1, 1), LINEAR_GREY)
    wanted = {
        "none": LINEAR_GREY,
        # Reinhard et al. 2002, equation 4, white at luminance 4.
        "reinhard2002": LINEAR_GREY * (1 + LINEAR_GREY / 16) / (1 + LINEAR_GREY),
        "filmic": float(tone_filmic(grey_light, 2.0)[0, 0, 0, 0]),
    }[tone]
    assert abs(codes_of(tmp_path / "a.png") - srgb(wanted)).max() < 3 * ROUNDING + 1 / 65535


def test_gbtf_root_is_taken_and_each_demosaic_can_be_chosen(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    names = ("bilinear", "malvar2004", "gbtf_root")
    for name in names:
        fullwell("develop", steps_dng, "-o", tmp_path / f"{name}.png", "--demosaic", name)
    fullwell("develop", steps_dng, "-o", tmp_path / "plain.png")
    fullwell("develop", steps_dng, "-o", tmp_path / "quick.png", "--preset", "srgb_fast")

    plain, quick, *pictures = (
        (tmp_path / f"{n}.png").read_bytes() for n in ("plain", "quick", *names)
    )
    assert len(set(pictures)) == 3
    assert plain == pictures[2]
    assert quick == pictures[1]


@pytest.mark.parametrize("kind", ["toml", "json"])
def test_a_recipe_decides_and_options_change_it(
    fullwell: Command, tmp_path: Path, grey_dng: Path, kind: str
) -> None:
    recipe = preset("srgb", Cfa.RGGB).set("exposure", ev=-1.0).choose("tone", "filmic")
    place = tmp_path / f"mine.{kind}"
    if kind == "json":
        place.write_text(recipe.as_json())
    else:
        steps = [
            f'[[steps]]\nname = "{s.name}"\nstage = "{s.stage}"\n'
            + "".join(f"settings.{k} = {v}\n" for k, v in s.settings.items())
            for s in recipe.steps
        ]
        place.write_text("format_version = 1\n" + "\n".join(steps))

    fullwell("develop", grey_dng, "-o", tmp_path / "recipe.png", "--recipe", place)
    fullwell(
        "develop", grey_dng, "-o", tmp_path / "options.png", "--exposure=-1", "--tone", "filmic"
    )
    fullwell(
        "develop", grey_dng, "-o", tmp_path / "changed.png", "--recipe", place, "--exposure", "0",
        "--tone", "none",
    )  # fmt: skip
    fullwell("develop", grey_dng, "-o", tmp_path / "plain.png")

    picture = {
        n: (tmp_path / f"{n}.png").read_bytes() for n in ("recipe", "options", "changed", "plain")
    }
    assert picture["recipe"] == picture["options"] != picture["plain"]
    assert picture["changed"] == picture["plain"]


def test_a_parameter_of_a_stage_can_be_set(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    for name, options in {
        "set": ("--set", "exposure.ev=1", "--set", "white_balance.gains=2,1,1.5"),
        "said": ("--exposure", "1", "--wb", "2,1,1.5"),
    }.items():
        assert fullwell("develop", grey_dng, "-o", tmp_path / f"{name}.png", *options).code == 0

    assert (tmp_path / "set.png").read_bytes() == (tmp_path / "said.png").read_bytes()


def test_json_is_for_machines_and_quiet_for_nobody(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--json")
    (report,) = json.loads(answer.out)
    assert report["input"] == str(grey_dng)
    assert report["output"] == str(tmp_path / "a.png")
    assert (report["width"], report["height"], report["exit_code"]) == (32, 24, 0)

    assert fullwell("develop", grey_dng, "-o", tmp_path / "b.png", "--quiet") == (0, "", "")
