"""A bundle is opened only if every file and every field of its manifest is as it must be."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from apps.deploy import runtime
from apps.deploy.runtime import RunError, read_bundle
from tests.apps.deploy.small_bundle import load_manifest, save_manifest, write_bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


def refusal(folder: Path) -> str:
    with pytest.raises(RunError) as caught:
        read_bundle(folder)
    assert caught.value.exit_code == 3
    return str(caught.value)


def changed(folder: Path, *keys: Any, to: Any) -> None:
    """Set one field of the manifest."""
    manifest = load_manifest(folder)
    record = manifest
    for key in keys[:-1]:
        record = record[key]
    record[keys[-1]] = to
    save_manifest(folder, manifest)


def test_a_sound_bundle_is_read_whole(folder: Path) -> None:
    manifest, contents, reaches = read_bundle(folder)

    assert manifest == load_manifest(folder)
    assert contents == {n: (folder / n).read_bytes() for n in ("00-mosaic.onnx", "01-sdr.onnx")}
    assert reaches["00-mosaic.onnx"].operators["Conv"] == 1


@pytest.mark.parametrize("name", ["00-mosaic.onnx", "profile.json", "run.py"])
def test_a_changed_byte_in_any_file_is_found(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)

    assert refusal(folder) == f"{name}: its SHA-256 is not the manifest's; it was changed"


def test_a_longer_file_and_a_shorter_one_are_refused(folder: Path) -> None:
    sound = (folder / "profile.json").read_bytes()
    (folder / "profile.json").write_bytes(sound + b" ")
    assert refusal(folder) == (
        "profile.json: it has 4 bytes, and 3 at most are expected; it was changed, or is not the "
        "file it should be"
    )

    (folder / "profile.json").write_bytes(sound[:-1])
    assert refusal(folder) == "profile.json: it has 2 bytes, the manifest 3"


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "profile.json").unlink()

    assert refusal(folder).startswith("profile.json: it cannot be opened (No such file")


@pytest.mark.parametrize(
    "name",
    ["../outside.onnx", "..", "/etc/passwd", "sub/graph.onnx", "sub\\graph.onnx", "C:graph.onnx",
     "..\\graph.onnx", "a..onnx", ".hidden", "", "graph\n.onnx", "gr\u00e4ph.onnx", "x" * 200],
)  # fmt: skip
@pytest.mark.parametrize("place", ["files", "graphs"])
def test_a_name_that_is_no_plain_name_is_refused(folder: Path, name: str, place: str) -> None:
    if place == "files":
        changed(folder, "files", name, to={"sha256": "0" * 64, "bytes": 1})
    else:
        changed(folder, "graphs", 0, "file", to=name)

    assert refusal(folder) == f"manifest.json: {json.dumps(name)} is no plain file name inside " + (
        "the bundle"
    )


def test_a_name_that_stands_twice_is_refused(folder: Path) -> None:
    """Of two "files", one with ../ in it, another reader may take the other."""
    place = folder / "manifest.json"
    twice = '{"files": {"../x": {}}, ' + place.read_text().strip()[1:]
    place.write_text(twice)

    assert '"files" occurs twice' in refusal(folder)


def test_a_link_is_refused_even_to_the_right_bytes(folder: Path) -> None:
    graph = folder / "00-mosaic.onnx"
    graph.rename(folder.parent / "elsewhere.onnx")
    graph.symlink_to(folder.parent / "elsewhere.onnx")

    assert refusal(folder) == "00-mosaic.onnx: it cannot be opened (it is a link)"


def test_what_is_no_regular_file_is_refused(folder: Path) -> None:
    (folder / "profile.json").unlink()
    (folder / "profile.json").mkdir()

    assert refusal(folder) == "profile.json: it is no regular file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of Unix")
def test_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    (folder / "profile.json").unlink()
    os.mkfifo(folder / "profile.json")

    assert refusal(folder) == "profile.json: it is no regular file"


@pytest.mark.parametrize("name", ["extra.onnx", "00-mosaic.onnx.data", "weights.DATA"])
def test_a_graph_or_values_that_nobody_listed_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")

    said = f"{name}: it lies in the bundle, but the manifest does not list it"
    assert refusal(folder) == said


def test_listed_values_outside_the_graphs_are_refused(folder: Path) -> None:
    changed(folder, "files", "w.data", to={"sha256": "0" * 64, "bytes": 1})

    assert refusal(folder) == "manifest.json: w.data: values outside the graphs are not taken"


def test_a_graph_that_may_do_harm_is_refused_by_name(tmp_path: Path) -> None:
    from onnx import helper

    from tests.apps.deploy.small_bundle import model, tensor, to_sdr

    node = helper.make_node("RandomNormalLike", ["data"], ["picture"])
    drawn = model([node], [tensor("data", 1)], [tensor("picture", 1)])
    folder = write_bundle(tmp_path / "b", {"00-mosaic.onnx": drawn, "01-sdr.onnx": to_sdr()})

    assert refusal(folder).startswith("00-mosaic.onnx: it uses the operator RandomNormalLike")


@pytest.mark.parametrize(
    ("keys", "value", "reason"),
    [
        (("format",), "zip", 'no bundle of fullwell, its format is "zip"'),
        (("format_version",), 2, "format_version 2 is unknown; 1 is read here"),
        (("format_version",), True, '"format_version" of the manifest cannot be true'),
        (("name",), 7, '"name" of the manifest cannot be 7'),
        (("made_by",), None, '"made_by" of the manifest cannot be null'),
        (("precision",), "fp8", '"precision" of the manifest is one of fp32, fp16, int8'),
        (("domain_in",), "YUV", '"domain_in" of the manifest is one of'),
        (("domain_out",), "LINEAR", "the graphs end in SDR, but domain_out is LINEAR"),
        (("size",), [480], '"size" is [height, width] or null, not [480]'),
        (("size",), [480, 0], '"size" is [height, width] or null, not [480, 0]'),
        (("raw",), None, '"raw" is given for domain_in RAW'),
        (("raw", "pattern"), [["R"], ["G", "B"]], '"pattern" of "raw" must be rows'),
        (("raw", "bit_depth"), 99, '"bit_depth" of "raw" cannot be 99'),
        (("raw", "black_level_dn"), [1, 2, 3], '"black_level_dn" has 3 values for 4 sites'),
        (("raw", "black_level_dn"), [True], "black_level_dn cannot be true"),
        (("raw", "white_level_dn"), 64, '"white_level_dn" 64 is not above black 64.0'),
        (("raw", "saturation_limit_dn"), "high", '"saturation_limit_dn" of "raw" cannot be "high"'),
        (("raw", "defects"), [[1]], '"defects" of "raw" are [row, column], not [1]'),
        (("raw", "defects"), [[1, -2]], '"defects" of "raw" are [row, column], not [1, -2]'),
        (("files", "run.py", "sha256"), "abc", '"sha256" of run.py is no SHA-256'),
        (
            ("files", "run.py", "bytes"),
            2**31,
            '"bytes" of run.py is from 0 to 2147483647, not 2147483648',
        ),
        (("files", "run.py"), [], "run.py must be an object"),
        (("graphs",), [], '"graphs" is empty'),
        (("graphs", 0, "file"), "absent.onnx", '"absent.onnx" is not in "files"'),
        (("graphs", 0, "file"), "run.py", '"run.py" is not in "files", no .onnx'),
        (("graphs", 1, "file"), "00-mosaic.onnx", "used twice"),
        (("graphs", 1, "domain_in"), "CAMERA", "graph 1 takes CAMERA, but MOSAIC comes to it"),
        (("graphs", 0, "halo"), -1, '"halo" of graph 0 must be at least 0, not -1'),
        (("graphs", 0, "aligned"), 0, '"aligned" of graph 0 must be at least 1, not 0'),
        (("graphs", 0, "multiple"), 1.5, '"multiple" of graph 0 cannot be 1.5'),
        (("graphs", 0, "whole_frame"), 1, '"whole_frame" of graph 0 cannot be 1'),
        (("graphs", 0, "stages"), [1], '"stages" of graph 0 must be names'),
        (("graphs", 0, "inputs"), [], "graph 0 must have one picture among its inputs"),
        (("graphs", 0, "inputs", 1, "name"), "generated", "a mask is one of measured, clipped"),
        (("graphs", 0, "inputs", 1, "kind"), "sound", '"kind" of input "measured" of graph 0 is'),
        (("graphs", 0, "inputs", 3, "name"), "data", "are unknown or not all different"),
        (("graphs", 0, "outputs", 0, "name"), "out", 'first output of graph 0 must be "picture"'),
        (("graphs", 0, "outputs", 1, "name"), "log", "are unknown or not all different"),
        (("graphs", 1, "inputs", 1, "shape"), [2], "holds 3 numbers for the shape [2]"),
        (("graphs", 1, "inputs", 1, "shape"), ["n"], '"shape" of input "white_balance.gains"'),
        (("graphs", 1, "inputs", 1, "default"), ["x", 1, 1], 'white_balance.gains" of graph 1'),
    ],
)
def test_a_field_that_is_not_as_it_must_be_is_named(
    folder: Path, keys: tuple[Any, ...], value: Any, reason: str
) -> None:
    changed(folder, *keys, to=value)

    said = refusal(folder)
    assert said.startswith("manifest.json: ")
    assert reason in said


@pytest.mark.parametrize(
    "keys",
    [("format",), ("files",), ("graphs",), ("precision",), ("size",), ("raw",),
     ("raw", "floor_dn"), ("graphs", 0, "halo"), ("graphs", 0, "outputs"),
     ("graphs", 1, "inputs", 1, "shape"), ("files", "run.py", "bytes")],
)  # fmt: skip
def test_a_field_that_is_missing_is_named(folder: Path, keys: tuple[Any, ...]) -> None:
    manifest = load_manifest(folder)
    record: Any = manifest
    for key in keys[:-1]:
        record = record[key]
    del record[keys[-1]]
    save_manifest(folder, manifest)

    assert f'has no "{keys[-1]}"' in refusal(folder)


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a": NaN}', "[" * 100_000, "\x00"])
def test_a_manifest_that_is_no_object_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")

    assert refusal(folder).startswith("manifest.json: ")


def test_a_graph_that_the_manifest_describes_wrongly_is_refused(folder: Path) -> None:
    changed(folder, "graphs", 1, "inputs", 1, "name", to="gains")

    with pytest.raises(RunError, match=r"01-sdr.onnx: its inputs are data, white_balance.gains"):
        runtime.Bundle(folder)


def test_a_listed_graph_that_none_uses_is_refused(folder: Path) -> None:
    changed(folder, "files", "02-x.onnx", to={"sha256": "0" * 64, "bytes": 1})

    assert refusal(folder) == "manifest.json: 02-x.onnx: no graph uses it"


def test_numbers_and_lists_out_of_bounds_are_one_sentence(folder: Path) -> None:
    changed(folder, "raw", "white_level_dn", to=10**400)

    assert refusal(folder).startswith("manifest.json: a number or list in it is out of bounds")


def test_a_shape_that_the_graph_does_not_have_is_refused(folder: Path) -> None:
    manifest = load_manifest(folder)
    every = [given for graph in manifest["graphs"] for given in graph["inputs"]]
    gains = next(given for given in every if given["kind"] == "value")
    gains["shape"], gains["default"] = [7], [1.0] * 7
    save_manifest(folder, manifest)

    with pytest.raises(RunError, match=r"is \[.*\] there, not \[7\]"):
        runtime.Bundle(folder)


def test_a_bench_never_writes_over_its_own_bundle(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "manifest.json").read_bytes()

    code = runtime.main(
        ["bench", "--bundle", str(folder), "--json", str(folder / "manifest.json"), "--force"]
    )

    assert code == 3
    assert "manifest.json" in capsys.readouterr().err
    assert (folder / "manifest.json").read_bytes() == before
