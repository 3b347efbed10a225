"""A user's own stage takes its place, runs, and explains itself when it does not fit."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.presets import presets
from apps.slots import Slot, parse_slot, slot_in
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, MissingError, StageError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline

SRGB = presets("srgb", Cfa.RGGB)
NAMES = SRGB.names

MODULE = '''
import numpy as np
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.stage import Stage


class Tone(Stage):
    """Takes the place of `tone` by its own name."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def forward(self, linear):
        return linear / 4


class RGBTint(Stage):
    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC

    def __init__(self, cfa: Cfa) -> None:
        super().__init__()
        self.cfa = cfa

    @property
    def name(self):
        return "white_balance"

    def forward(self, mosaic):
        return 3 * mosaic


class ForPictures(Stage):
    domain_in = Domain.SDR
    domain_out = Domain.SDR

    def forward(self, picture):
        return picture


def halve(array):
    return array / 2


def shorten(array):
    return array[1:]


def lose(array):
    return array * np.nan


def whole(array):
    return array.astype(int)


def fail(array):
    raise KeyError("no such lens")


number = 3
'''


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of a user's stages in the working folder; its dotted name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine_here.py").write_text(MODULE)
    (tmp_path / "half_written.py").write_text("def sharpen(array: pass")
    (tmp_path / "breaks.py").write_text("1 / 0")
    (tmp_path / "wants_more.py").write_text("import a_package_nobody_has")
    yield "mine_here"
    for name in ("mine_here", "breaks", "half_written", "wants_more"):
        sys.modules.pop(name, None)


def slotted(text: str, pipeline: Pipeline = SRGB) -> Pipeline:
    return slot_in(pipeline, text, Cfa.RGGB)


def run(pipeline: Pipeline, name: str, value: float) -> torch.Tensor:
    stage = pipeline[name]
    channels = stage.domain_in.channels or 1
    return stage.develop(Frame.start(torch.full((1, channels, 4, 6), value), stage.domain_in)).data


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("tone=a.b:C", Slot("replace", "tone", "a.b:C")),
        ("before:tone=a:f", Slot("before", "tone", "a:f")),
        ("after:tone=x.onnx", Slot("after", "tone", "x.onnx")),
        ("a.b:C", Slot("replace", None, "a.b:C")),
        ("tone=exec:sh x=1 {in} {out}", Slot("replace", "tone", "exec:sh x=1 {in} {out}")),
        ("exec:sh --x=1 {in} {out}", Slot("replace", None, "exec:sh --x=1 {in} {out}")),
    ],
)
def test_a_slot_is_a_place_a_name_and_a_spec(text: str, slot: Slot) -> None:
    assert parse_slot(text) == slot


@pytest.mark.parametrize("text", ["", "=a:f", "tone=", "before:=a:f", "before:a:f", "after:x.onnx"])
def test_half_a_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"\[before:\|after:\]NAME=SPEC or SPEC, got"):
        parse_slot(text)


def test_a_class_without_a_name_replaces_the_stage_it_is_named_after(mine: str) -> None:
    pipeline = slotted(f"{mine}:Tone")

    assert pipeline.names == NAMES
    assert run(pipeline, "tone", 1.0).unique().tolist() == [0.25]


def test_a_class_may_say_its_name_itself_and_gets_the_pattern(mine: str) -> None:
    pipeline = slotted(f"{mine}:RGBTint")

    assert pipeline["white_balance"].cfa is Cfa.RGGB  # type: ignore[comparison-overlap]
    assert run(pipeline, "white_balance", 0.5).unique().tolist() == [1.5]


def test_a_named_slot_replaces_that_stage(mine: str) -> None:
    pipeline = slotted(f"exposure={mine}:Tone")

    assert pipeline.names == NAMES
    assert run(pipeline, "exposure", 1.0).unique().tolist() == [0.25]


@pytest.mark.parametrize(("place", "shift"), [("before", 0), ("after", 1)])
def test_a_function_is_inserted_where_it_was_asked_for(mine: str, place: str, shift: int) -> None:
    pipeline = slotted(f"{place}:exposure={mine}:halve")

    index = NAMES.index("exposure") + shift
    assert pipeline.names == (*NAMES[:index], "halve", *NAMES[index:])
    assert run(pipeline, "halve", 1.0).unique().tolist() == [0.5]


def test_a_stage_whose_name_is_taken_is_named_after_its_place(mine: str) -> None:
    pipeline = slotted(f"after:exposure={mine}:Tone")

    assert pipeline.names[NAMES.index("exposure") + 1] == "after_exposure"


def test_before_takes_the_domain_that_comes_in_and_after_the_one_that_goes_out(mine: str) -> None:
    mosaic, camera = (slotted(f"{p}:demosaic={mine}:halve")["halve"] for p in ("before", "after"))

    assert (mosaic.domain_in, mosaic.domain_out) == (Domain.MOSAIC, Domain.MOSAIC)
    assert (camera.domain_in, camera.domain_out) == (Domain.CAMERA, Domain.CAMERA)


def test_one_of_our_own_stages_can_be_slotted_by_its_name() -> None:
    assert type(slotted("demosaic=bilinear")["demosaic"]).__name__ == "BilinearDemosaic"


def test_a_file_elsewhere_is_loaded_by_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "look.py").write_text(MODULE)

    pipeline = slotted(f"after:exposure={folder / 'look.py'}:halve")

    assert run(pipeline, "halve", 1.0).unique().tolist() == [0.5]
    assert "look" not in sys.modules


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{mine}:halve", "say where {mine}:halve goes: NAME={mine}:halve with one of black_level"),
        ("{mine}:number", "say where"),
        ("{mine}:ForPictures", '"for_pictures" is no stage of this pipeline; say NAME='),
        ("sharpen={mine}:halve", 'no stage is named "sharpen"; stages: black_level'),
        ("exposure={mine}:number", "neither a Stage class nor a function"),
        ("exposure={mine}:ForPictures", "colour_matrix gives LINEAR, but exposure after it takes"),
        ("after:exposure={mine}:ForPictures", "exposure gives LINEAR, but for_pictures after it"),
        ("exposure=mine", "module:Class, module:function, a .onnx or exec:"),
        ("exposure=:halve", "module:Class, module:function"),
        ("look.onnx", "say where look.onnx goes"),
        ("exec:cp {in} {out}", "say where exec:cp"),
        ("exposure=exec:cp {in}", "a program with {in} and {out}"),
        ("exposure=exec:", "a program with {in} and {out}"),
        ("exposure=exec:'cp {in} {out}", "No closing quotation"),
    ],
)
def test_a_slot_that_cannot_be_understood_is_a_usage_error(
    mine: str, text: str, reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        slotted(text.replace("{mine}", mine))
    assert reason.replace("{mine}", mine) in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("nobody_has_this:f", "cannot import nobody_has_this for --stage (No module named"),
        ("wants_more:f", "No module named 'a_package_nobody_has'"),
        ("{mine}:blur", "mine_here has no blur"),
        ("/nowhere/look.py:f", "cannot import /nowhere/look.py"),
    ],
)
def test_a_module_that_is_not_there_is_missing(mine: str, spec: str, reason: str) -> None:
    with pytest.raises(MissingError) as caught:
        slotted("exposure=" + spec.replace("{mine}", mine))
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [("half_written:sharpen", "SyntaxError"), ("breaks:f", "ZeroDivisionError: division by zero")],
)
def test_a_module_that_breaks_while_it_is_imported_is_named(
    mine: str, spec: str, reason: str
) -> None:
    with pytest.raises(StageError, match=f"importing {spec.split(':')[0]} failed: {reason}"):
        slotted(f"exposure={spec}")


@pytest.mark.parametrize(
    ("function", "kind", "reason"),
    [
        ("fail", StageError, "mine_here:fail failed: KeyError: 'no such lens'"),
        (
            "shorten",
            FrameError,
            r"\(4, 6, 3\) and must return \(4, 6, 3\), but returned \(3, 6, 3\)",
        ),
        ("lose", FrameError, "lose returned NaN or infinite values"),
        ("whole", FrameError, "whole must return floating point, but returned int64"),
    ],
)
def test_a_function_that_fails_is_named_with_its_reason(
    mine: str, function: str, kind: type[Exception], reason: str
) -> None:
    pipeline = slotted(f"after:exposure={mine}:{function}")

    with pytest.raises(kind, match=reason):
        run(pipeline, function, 1.0)


def program(folder: Path, body: str) -> str:
    place = folder / "program.py"
    place.write_text(f"import sys\nimport numpy as np\nsource, result = sys.argv[1:3]\n{body}\n")
    return f"exposure=exec:'{sys.executable}' '{place}' {{in}} {{out}}"


def test_a_program_gets_lossless_numbers_and_its_numbers_come_back(tmp_path: Path) -> None:
    body = "a = np.load(source); assert a.dtype == np.float32; np.save(result, np.nextafter(a, 9))"
    values = torch.rand(1, 3, 4, 6, generator=torch.Generator().manual_seed(3))
    stage = slotted(program(tmp_path, body))["exposure"]

    developed = stage.develop(Frame.start(values, Domain.LINEAR)).data

    assert np.array_equal(developed.numpy(), np.nextafter(values.numpy(), np.float32(9)))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit('out of ideas')", "ended with code 1: out of ideas"),
        (
            "sys.stderr.buffer.write(b'\\xff'); sys.exit(4)",
            "ended with code 4: \N{REPLACEMENT CHARACTER}",
        ),
        ("pass", "wrote no {out} file"),
        ("open(result, 'w').close()", "wrote no readable .npy"),
        ("open(result, 'w').write('text')", "wrote no readable .npy"),
        ("np.save(result, np.array([{}]), allow_pickle=True)", "wrote no readable .npy"),
    ],
)
def test_a_program_that_fails_is_named_with_its_reason(
    tmp_path: Path, body: str, reason: str
) -> None:
    pipeline = slotted(program(tmp_path, body))

    with pytest.raises(StageError) as caught:
        run(pipeline, "exposure", 1.0)
    assert reason in str(caught.value)


def test_a_program_that_is_not_there_is_missing() -> None:
    pipeline = slotted("exposure=exec:/nowhere/denoise {in} {out}")

    with pytest.raises(MissingError, match="cannot run /nowhere/denoise"):
        run(pipeline, "exposure", 1.0)


@pytest.mark.parametrize("line", ["raise SystemExit", "import sys; sys.exit(7)"])
def test_a_function_that_ends_the_process_ends_only_its_stage(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaves.py").write_text(f"def go(mosaic):\n    {line}\n")
    pipeline = slot_in(SRGB, "white_balance=leaves.py:go", Cfa.RGGB)

    with pytest.raises(StageError, match="SystemExit"):
        pipeline["white_balance"].develop(Frame.start(torch.ones(1, 1, 4, 4), Domain.MOSAIC))


def test_a_module_that_ends_the_process_is_named(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text("raise SystemExit(7)\n")

    with pytest.raises(StageError, match=r"leaves\.py failed: SystemExit"):
        slot_in(SRGB, f"tone={tmp_path / 'leaves.py'}:go", Cfa.RGGB)
