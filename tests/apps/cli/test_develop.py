"""fullwell develop: the numbers of a raw file in the picture, and every option on the way."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper

from apps.developing import Choices, pipeline_for
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.files.raw import read_raw
from isp.stages.tone.filmic import tone_filmic
from tests.apps.conftest import Command
from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    GREY,
    SIZE,
    WHITE_DN,
    dn_of,
    grey,
    left_in,
    read_codes,
    read_exr,
    refused,
    shoot,
    write_exr,
)
from tests.isp.files.second_readers import read_by_oiio

RANGE_DN = WHITE_DN - BLACK_DN
LINEAR_GREY = round(GREY * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E) / RANGE_DN
# Red and blue round to a DN too, and their gains (2.22, 1.25) and the matrix enlarge that.
ROUNDING = 0.5 / RANGE_DN * 2.22 * 2


def srgb(linear: float) -> float:
    """IEC 61966-2-1 above its toe."""
    return float(1.055 * linear ** (1 / 2.4) - 0.055)


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


@pytest.mark.parametrize("options", [(), ("--tone", "filmic"), ("--demosaic", "bilinear")], ids=str)
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
    assert recipes[0] == recipes[1]


@pytest.mark.parametrize("options", [("--dump", "frames"), ("--hdr", "gain_map")], ids=str)
def test_one_pass_keeps_no_frames(
    fullwell: Command, tmp_path: Path, steps_dng: Path, options: tuple[str, ...]
) -> None:
    answer = fullwell("develop", steps_dng, "-o", tmp_path / "a.jpg", "--fast", *options)

    assert answer.code == 2
    assert "one pass keeps no frames" in answer.err
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


def test_bilinear_is_not_malvar_and_each_can_be_chosen(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    for name in ("bilinear", "malvar2004"):
        fullwell("develop", steps_dng, "-o", tmp_path / f"{name}.png", "--demosaic", name)
    fullwell("develop", steps_dng, "-o", tmp_path / "plain.png")

    pictures = {
        n: (tmp_path / f"{n}.png").read_bytes() for n in ("bilinear", "malvar2004", "plain")
    }
    assert pictures["plain"] == pictures["malvar2004"] != pictures["bilinear"]


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


MODULE = """
from isp.core.domain import Domain
from isp.core.stage import Stage


class Exposure(Stage):
    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def forward(self, linear):
        return 2 * linear


def double(array):
    return array * 2
"""
PROGRAM = "import sys, numpy as np\nnp.save(sys.argv[2], 2 * np.load(sys.argv[1]))\n"


def doubling_graph(path: Path) -> Path:
    made = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "double",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", "c", "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["b", "c", "h", "w"])],
    )
    onnx.save(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path
    )
    return path


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("doubling_stages:Exposure", "colour_matrix -> exposure -> tone"),
        ("exposure=doubling_stages:Exposure", "colour_matrix -> exposure -> tone"),
        ("exposure=doubling_stages:double", "colour_matrix -> exposure -> tone"),
        ("exposure=doubling_stages.py:double", "colour_matrix -> exposure -> tone"),
        ("before:exposure=doubling_stages:double", "colour_matrix -> double -> exposure -> tone"),
        ("after:exposure=doubling_stages:double", "exposure -> double -> tone"),
        ("after:exposure=doubling_stages:Exposure", "exposure -> after_exposure -> tone"),
        ("exposure={folder}/twice.onnx", "colour_matrix -> exposure -> tone"),
        ("after:exposure={folder}/twice.onnx", "exposure -> twice -> tone"),
        ("exposure=exec:{python} program.py {in} {out}", "colour_matrix -> exposure -> tone"),
        ("after:tone=exec:{python} program.py {in} {out}", "tone -> exec -> encode"),
    ],
)
def test_a_users_stage_does_what_one_stop_of_exposure_does(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch, spec: str,
    names: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "doubling_stages.py").write_text(MODULE)
    (tmp_path / "program.py").write_text(PROGRAM)
    doubling_graph(tmp_path / "twice.onnx")
    filled = spec.replace("{folder}", str(tmp_path)).replace("{python}", sys.executable)

    answer = fullwell("develop", grey_dng, "-o", "mine.png", "--stage", filled)
    sys.modules.pop("doubling_stages", None)

    assert (answer.code, answer.err) == (0, "")
    assert names in answer.out
    fullwell("develop", grey_dng, "-o", "ours.png", "--exposure", "1")
    assert Path("mine.png").read_bytes() == Path("ours.png").read_bytes()


def test_several_stages_are_slotted_in_turn(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    doubling_graph(tmp_path / "twice.onnx")

    answer = fullwell(
        "develop", grey_dng, "-o", "a.exr", "--stage", "after:exposure=twice.onnx",
        "--stage", "after:twice=exec:cp {in} {out}",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    assert "exposure -> twice -> exec" in answer.out


@pytest.mark.parametrize(
    ("spec", "code", "reason"),
    [
        ("sharpen=a:f", 2, 'no stage is named "sharpen"; stages: black_level'),
        ("a", 2, "say where a goes"),
        ("exposure=a", 2, "module:Class, module:function, a .onnx or exec:"),
        ("exposure=nobody_has_this:f", 3, "cannot import nobody_has_this"),
        ("exposure=math:nothing", 3, "math has no nothing"),
        ("exposure=math:pi", 2, "neither a Stage class nor a function"),
        ("exposure=math:sqrt", 3, "math:sqrt failed: TypeError"),
        ("numpy:sqrt", 2, "say where numpy:sqrt goes"),
        ("collections:Counter", 2, "say where collections:Counter goes"),
        ("exposure=isp.stages.encode:Encode", 2, "exposure gives SDR, but tone after it takes"),
        ("exposure=none.onnx", 3, "none.onnx: no such file"),
        ("exposure=exec:cp {in}", 2, "needs a program with {in} and {out}"),
        ("exposure=exec:/none {in} {out}", 3, "cannot run /none"),
        ("exposure=exec:false {in} {out}", 3, "false ended with code 1"),
        ("exposure=exec:touch {in} {out}", 3, "touch wrote no readable .npy"),
        ("before:exposure", 2, "NAME=SPEC"),
    ],
)
def test_a_stage_that_does_not_fit_says_why_and_leaves_nothing(
    fullwell: Command, tmp_path: Path, grey_dng: Path, spec: str, code: int, reason: str
) -> None:
    answer = fullwell(
        "develop",
        grey_dng,
        "-o",
        tmp_path / "a.png",
        "--stage",
        spec,
        "--dump",
        tmp_path / "frames",
    )

    refused(answer, code, reason, str(grey_dng) if "onnx" not in spec else "none.onnx")
    assert left_in(tmp_path) == []


def test_every_frame_is_dumped_as_it_was_tapped(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    frames = tmp_path / "frames"

    answer = fullwell("develop", steps_dng, "-o", tmp_path / "a.png", "--dump", frames)

    assert answer.code == 0, answer.err
    raw = read_raw(steps_dng)
    taps = list(pipeline_for(raw, Choices()).tap(raw))
    expected = [("read", raw), *((t.name, t.frame) for t in taps)]
    assert left_in(frames) == [
        f"{i:02d}_{name}{suffix}"
        for i, (name, _) in enumerate(expected)
        for suffix in (".json", ".masks.npy", ".npy", ".png")
    ] + ["recipe.json"]
    for i, (name, frame) in enumerate(expected):
        stem = frames / f"{i:02d}_{name}"
        assert np.array_equal(np.load(stem.with_suffix(".npy")), frame.data.numpy()), name
        facts = json.loads(stem.with_suffix(".json").read_text())
        assert facts["domain"] == frame.domain.name
        assert facts["shot"]["iso"] == [400.0]
        assert facts["measured_fraction"] == pytest.approx(float(frame.measured.float().mean()))
        assert read_codes(stem.with_suffix(".png")).shape == (*frame.size, 3)
    assert facts["parameters"] == {"space": "bt709", "transfer": "srgb"}


def test_a_dump_is_not_replaced_without_force(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    frames = ("--dump", tmp_path / "frames")
    assert fullwell("develop", grey_dng, "-o", tmp_path / "a.png", *frames).code == 0

    refused(fullwell("develop", grey_dng, "-o", tmp_path / "b.png", *frames), 3, "holds a dump")
    assert not (tmp_path / "b.png").exists()
    assert fullwell("develop", grey_dng, "-o", tmp_path / "b.png", *frames, "--force").code == 0


def test_nothing_is_overwritten_without_force(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    for taken in ("a.png", "a.masks.png"):
        (tmp_path / taken).write_text("mine")

        answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--masks")

        refused(answer, 3, taken, "it exists already; pass --force to replace it")
        assert left_in(tmp_path) == [taken]
        assert (tmp_path / taken).read_text() == "mine"
        (tmp_path / taken).unlink()

    (tmp_path / "a.png").write_text("mine")
    assert fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--force").code == 0
    assert read_codes(tmp_path / "a.png").shape == (*SIZE, 3)


def test_json_is_for_machines_and_quiet_for_nobody(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--json")
    (report,) = json.loads(answer.out)
    assert report["input"] == str(grey_dng)
    assert report["output"] == str(tmp_path / "a.png")
    assert (report["width"], report["height"], report["exit_code"]) == (32, 24, 0)

    assert fullwell("develop", grey_dng, "-o", tmp_path / "b.png", "--quiet") == (0, "", "")


def test_a_folder_with_a_point_in_its_name_is_a_folder(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    answer = fullwell("develop", grey_dng, "-o", f"{tmp_path}/june.2026/")

    assert answer.code == 0, answer.err
    assert left_in(tmp_path) == ["june.2026", "june.2026/grey.png"]


def break_files(folder: Path, whole: Path) -> None:
    """Files that are no raw, by the names the test below uses."""
    content = whole.read_bytes()
    (folder / "folder.dng").mkdir()
    (folder / "empty.dng").touch()
    (folder / "text.dng").write_text("my holiday\n")
    (folder / "cut.dng").write_bytes(content[: len(content) // 2])
    (folder / "head.dng").write_bytes(content[:200])
    (folder / "zeros.dng").write_bytes(bytes(4096))
    (folder / "noise.cr2").write_bytes(bytes(range(256)) * 16)
    (folder / "picture.dng").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (folder / "photo.dng").write_bytes(b"\xff\xd8\xff\xe0" + bytes(64))
    (folder / "scene.dng").write_bytes(write_exr(folder / "scene.exr", grey()).read_bytes())
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7\n")
    (folder / "grey.dng").write_bytes(content)
    (folder / "recipe.toml").write_text("[[steps]\n")
    (folder / "old.json").write_text('{"format_version": 0, "steps": []}')
    (folder / "magic.json").write_text(
        '{"format_version": 1, "steps": [{"name": "magic"}, {"name": "encode"}]}'
    )
    (folder / "backwards.json").write_text(
        '{"format_version": 1, "steps": [{"name": "encode"}, {"name": "black_level"}]}'
    )
    (folder / "camera.json").write_text('{"format_version": 1, "name": "mine"}')


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder.dng", "it is a folder; a file is needed"),
        ("empty.dng", "the file is empty"),
        ("none.dng", "there is no such file"),
        ("text.dng", "it is a text file, not a camera raw"),
        ("cut.dng", "cut short"),
        ("head.dng", "head.dng"),
        ("zeros.dng", "no raw format's signature"),
        ("noise.cr2", "no raw format's signature"),
        ("picture.dng", "it is a PNG picture, not a camera raw"),
        ("photo.dng", "it is a JPEG picture, not a camera raw"),
        ("scene.dng", "it is an OpenEXR picture, not a camera raw"),
        ("scene.exr", "it is an OpenEXR picture, not a camera raw"),
        ("paper.pdf", "it is a PDF, not a camera raw"),
    ],
)
def test_what_is_no_raw_is_refused_and_nothing_is_left(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str, reason: str
) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    out.mkdir()
    break_files(inputs, grey_dng)

    answer = fullwell("develop", inputs / name, "-o", out / "a.png", "--dump", out / "frames")

    refused(answer, 3, str(inputs / name), reason)
    assert answer.out == ""
    assert left_in(out) == []


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--recipe", "recipe.toml"), 3, ("recipe.toml", "not a readable recipe")),
        (("--recipe", "old.json"), 3, ("old.json", "recipe format 0 is not 1")),
        (("--recipe", "none.json"), 3, ("none.json", "No such file")),
        (("--recipe", "grey.dng"), 3, ("grey.dng", "not a readable recipe")),
        (("--recipe", "magic.json"), 2, ('no stage "magic"',)),
        (("--recipe", "backwards.json"), 3, ("encode gives SDR, but black_level",)),
        (("--camera", "Nikon"), 3, ('no camera is named "Nikon"',)),
        (("--camera", "camera.json"), 3, ("camera.json", "cfa")),
        (("--preset", "film"), 2, ('no preset is named "film"',)),
        (("--demosaic", "ahd"), 2, ('no demosaic is named "ahd"',)),
        (("--tone", "curve"), 2, ('no tone is named "curve"',)),
        (("--wb", "daylight"), 2, ("white balance is as_shot, grey_world",)),
        (("--wb", "2,1"), 2, ("gains are three numbers",)),
        (("--wb", "0,1,1"), 2, ("gains are three positive numbers",)),
        (("--exposure", "bright"), 2, ("expected stops, auto or highlights",)),
        (("--exposure", "nan"), 2, ("expected stops, auto or highlights",)),
        (("--set", "exposure.ev"), 2, ("expected name=value",)),
        (("--set", "ev=1"), 2, ("STAGE.PARAMETER=VALUE",)),
        (("--set", "sharpen.amount=1"), 2, ('no stage is named "sharpen"',)),
        (("--set", "exposure.stops=1"), 2, ("Exposure has no stops; it takes ev",)),
        (("--set", "exposure.ev=1,2"), 2, ("Exposure.ev takes float | str",)),
        (("--linear", "--tone", "filmic"), 2, ("leave --tone out",)),
        (("--linear", "--bit-depth", "8"), 2, ("linear light needs 16 bits",)),
        (("--bit-depth", "12"), 2, ("bit depth is 8 or 16, got 12",)),
        (("--preset", "hdr_linear"), 3, ("a picture is written from sdr", "a.png")),
        (("--workers", "0"), 2, ("--workers",)),
        (("--brighter",), 2, ("--brighter",)),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_and_nothing_is_left(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...], code: int, words: tuple[str, ...],
) -> None:  # fmt: skip
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    out.mkdir()
    break_files(inputs, grey_dng)
    monkeypatch.chdir(inputs)

    answer = fullwell("develop", "grey.dng", "-o", out / "a.png", *options)

    refused(answer, code, *words)
    assert left_in(out) == []


@pytest.mark.parametrize(
    ("output", "code", "reason"),
    [
        ("a.bmp", 2, "a picture is written as .png, .tif"),
        ("a.dng", 2, "a picture is written as"),
        ("no/a.png", 3, "does not exist; create it first"),
        ("/proc/a.png", 3, "/proc/a.png"),
        ("/proc/pictures/", 3, "/proc/pictures: cannot make the folder"),
        ("file/", 3, "cannot make the folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused(
    fullwell: Command, tmp_path: Path, grey_dng: Path, output: str, code: int, reason: str
) -> None:
    (tmp_path / "file").write_text("mine")
    place = output if output.startswith("/") else f"{tmp_path}/{output}"

    refused(fullwell("develop", grey_dng, "-o", place), code, reason)
    assert left_in(tmp_path) == ["file"]


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


def light_of_pq(code: NDArray[Any], bits: int) -> NDArray[Any]:
    """Luminance in cd/m2, SMPTE ST 2084 equation 4.1."""
    power = (code / (2**bits - 1)) ** (32 / 2523)
    light = np.maximum(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)
    return np.asarray(10000 * light ** (8192 / 1305))


@pytest.mark.parametrize("name", ["a.avif", "a.png"])
def test_hdr_codes_stand_for_the_luminance_that_was_asked_for(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str
) -> None:
    import imagecodecs

    if name == "a.avif":
        pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")
    options = ("--hdr", "pq") if name == "a.png" else ()

    answer = fullwell("develop", grey_dng, "-o", tmp_path / name, "--white", "100", *options)

    assert (answer.code, answer.err) == (0, "")
    stored = (tmp_path / name).read_bytes()
    codes = imagecodecs.avif_decode(stored) if name == "a.avif" else read_codes(tmp_path / name)
    bits = 10 if name == "a.avif" else 16
    step = 100 * LINEAR_GREY * 10 / 2**bits  # a code of PQ is at most 1 % of light at 10 bits here
    off = np.abs(light_of_pq(codes.astype(float), bits) - 100 * LINEAR_GREY)
    assert off.max() <= 100 * ROUNDING * 2 + step


def test_an_ultra_hdr_jpeg_has_the_preset_s_picture_and_the_light_before_the_tone_curve(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    from isp.files.jpeg_bytes import decode_jpeg
    from isp.files.ultrahdr import read_ultrahdr

    fullwell("develop", grey_dng, "-o", tmp_path / "sdr.jpg", "--tone", "filmic")

    answer = fullwell(
        "develop", grey_dng, "-o", tmp_path / "a.jpg", "--tone", "filmic", "--hdr", "gain_map",
        "--space", "p3",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    # OpenImageIO would read the HDR rendition.
    base, alone = (decode_jpeg((tmp_path / n).read_bytes()) for n in ("a.jpg", "sdr.jpg"))
    assert np.abs(base.astype(int) - alone).max() <= 1  # grey is grey in any primaries
    light = read_ultrahdr(tmp_path / "a.jpg").data.numpy()
    assert np.abs(light - LINEAR_GREY).max() <= ROUNDING + 0.02 * LINEAR_GREY


@pytest.mark.parametrize("name", ["a.jxl", "a.hdr", "a.exr"])
def test_light_formats_hold_linear_light(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / name)

    assert (answer.code, answer.err) == (0, "")
    light = read_by_oiio(tmp_path / name, "float")
    assert np.abs(light - LINEAR_GREY).max() <= ROUNDING + LINEAR_GREY * 2**-7


def test_yuv_is_written_with_its_sidecar(fullwell: Command, tmp_path: Path, grey_dng: Path) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.nv12", "--full-range")

    assert (answer.code, answer.err) == (0, "")
    assert json.loads((tmp_path / "a.nv12.json").read_text())["full_range"] is True
    luma = np.frombuffer((tmp_path / "a.nv12").read_bytes(), np.uint8)[: SIZE[0] * SIZE[1]]
    assert np.abs(luma / 255 - srgb(LINEAR_GREY)).max() <= 1.5 / 255 + 2 * ROUNDING


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-o", "a.jpg", "--hdr", "pq"), "pq is written as .png"),
        (("-o", "a.png", "--hdr", "gain_map"), "gain_map is written as .jpg"),
        (("-o", "a.hdr", "--space", "p3"), "its space is bt709"),
        (("-o", "a.avif", "--bit-depth", "8"), "bit depth is 10 or 12"),
        (("-o", "a.png", "--white", "100"), "white is of linear light"),
        (("-o", "a.avif", "--white", "-3"), "white is above 0"),
        (("-o", "a.png", "--quality", "90"), "takes no quality"),
        (("-o", "a.png", "--full-range"), "have a range to choose"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    fullwell: Command, tmp_path: Path, grey_dng: Path, options: tuple[str, ...], sentence: str
) -> None:
    name, *rest = options[1:]

    answer = fullwell("develop", grey_dng, "-o", tmp_path / name, *rest)

    assert answer.code == 2
    assert sentence in answer.err
    assert "try: fullwell develop --help" in answer.err
    assert left_in(tmp_path) == []


def test_a_missing_codec_is_exit_3_and_leaves_nothing(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)

    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.heic")

    assert answer.code == 3
    assert 'pip install "fullwell[codecs]"' in answer.err
    assert left_in(tmp_path) == []


def test_developing_goes_on_from_any_dumped_frame_to_the_same_bytes(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    options = ("--wb", "grey_world", "--exposure", "auto", "--tone", "filmic", "--bit-depth", 16)
    frames = tmp_path / "frames"
    assert fullwell(
        "develop", steps_dng, "-o", tmp_path / "whole.png", "--dump", frames, *options
    ).code == 0  # fmt: skip
    arrays = sorted(f for f in frames.glob("*.npy") if not f.name.endswith(".masks.npy"))
    assert len(arrays) == 10

    for array in arrays[:-1]:
        part = tmp_path / f"{array.stem}.png"
        again = tmp_path / array.stem
        answer = fullwell(
            "develop", "--from", array, "-o", part, "--bit-depth", 16, "--dump", again
        )

        assert (answer.code, answer.err) == (0, "")
        assert part.read_bytes() == (tmp_path / "whole.png").read_bytes(), array.name
        assert [f.name[3:] for f in sorted(again.glob("*.png"))] == [
            f"{a.stem[3:]}.png" for a in arrays[arrays.index(array) :]
        ]

    refused(
        fullwell("develop", "--from", arrays[-1], "-o", tmp_path / "x.png"), 2, "is the last stage"
    )


def test_another_recipe_can_go_on_from_a_frame(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    frames = tmp_path / "frames"
    fullwell("develop", steps_dng, "-o", tmp_path / "a.png", "--dump", frames)
    fullwell("develop", steps_dng, "-o", tmp_path / "b.png", "--tone", "reinhard2002")

    for options in (("--tone", "reinhard2002"), ("--preset", "srgb", "--tone", "reinhard2002")):
        answer = fullwell(
            "develop", "--from", frames / "06_colour_matrix.npy", "-o", tmp_path / "c.png",
            "--force", *options,
        )  # fmt: skip

        assert (answer.code, answer.err) == (0, "")
        assert (tmp_path / "c.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_frame_of_a_dump_is_the_only_input_and_knows_its_camera(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    frames, out = tmp_path / "frames", tmp_path / "x.png"
    fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--dump", frames)
    frame = frames / "04_highlights.npy"

    refused(fullwell("develop", grey_dng, "--from", frame, "-o", out), 2, "leave the raw files out")
    refused(fullwell("develop", "--from", frame, "-o", out, "--camera", "NikonD850"), 2, "--camera")
    recipe = tmp_path / "short.json"
    recipe.write_text('{"format_version": 1, "steps": [{"name": "encode"}]}')
    refused(
        fullwell("develop", "--from", frame, "-o", out, "--recipe", recipe), 2,
        'the stage "highlights", which the recipe does not have',
    )  # fmt: skip
    (frames / "recipe.json").unlink()
    refused(fullwell("develop", "--from", frame, "-o", out), 3, "recipe.json")


def test_the_recipe_as_it_was_used_is_saved_when_asked_and_gives_the_same_picture(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    answer = fullwell(
        "develop", steps_dng, "-o", tmp_path / "a.png", "--save-recipe", "--exposure", "auto"
    )

    assert (answer.code, answer.err) == (0, "")
    assert left_in(tmp_path) == ["a.png", "a.recipe.json"]
    record = json.loads((tmp_path / "a.recipe.json").read_text())
    (exposure,) = [s for s in record["steps"] if s["name"] == "exposure"]
    assert exposure["asked"] == {"ev": "auto"}
    assert isinstance(exposure["settings"]["ev"], float)
    assert record["about"]["input"] == "steps.dng"
    assert record["about"]["automatic"][0].startswith("automatic exposure")

    fullwell("develop", steps_dng, "-o", tmp_path / "b.png", "--recipe", tmp_path / "a.recipe.json")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    refused(
        fullwell("develop", steps_dng, "-o", tmp_path / "a.tif", "--save-recipe"), 3,
        "a.recipe.json: it exists already",
    )  # fmt: skip
    assert not (tmp_path / "a.tif").exists()


def test_a_recipe_of_a_run_with_a_users_stage_asks_for_it_again(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    (tmp_path / "mine.py").write_text("def halve(linear):\n    return linear / 2\n")
    slot = f"after:exposure={tmp_path / 'mine.py'}:halve"
    saved = tmp_path / "a.recipe.json"
    fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--save-recipe", "--stage", slot)

    without = fullwell("develop", grey_dng, "-o", tmp_path / "b.png", "--recipe", saved)
    answer = fullwell(
        "develop", grey_dng, "-o", tmp_path / "b.png", "--recipe", saved, "--stage", slot
    )

    refused(without, 2, "runs no code of its own", slot)
    assert (answer.code, answer.err) == (0, "")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_bits_of_a_recipe_are_seen_in_the_dump_and_in_the_history(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    steps = [s.record() for s in preset("srgb", Cfa.RGGB).steps]
    steps[2] |= {"bits": 4, "headroom": 1.5}
    recipe = tmp_path / "pipe.json"
    recipe.write_text(json.dumps({"format_version": 1, "steps": steps}))

    answer = fullwell(
        "develop", steps_dng, "-o", tmp_path / "a.png", "--recipe", recipe, "--dump",
        tmp_path / "frames", "--json",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    balanced = np.load(tmp_path / "frames" / "03_white_balance.npy")
    codes = balanced / 1.5 * 15
    assert np.abs(codes - np.rint(codes)).max() < 1e-5
    (report,) = json.loads(answer.out)
    note = dict(report["history"])["white_balance"]["quantised"]
    # Light that clips the sensor passes 1.5 in red alone, whose gain is 2.22.
    assert (note["bits"], note["top"], note["below"]) == (4, 1.5, 0)
    assert 0 < note["above"] < balanced.size / 4
    assert balanced.max() == 1.5
