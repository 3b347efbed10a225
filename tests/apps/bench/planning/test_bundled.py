"""A bundle's manifest says which form of a recipe its rows are of."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.bench.planning import bundled
from apps.bench.planning.alternatives import alternatives
from apps.bench.planning.bundled import digest_of, told_by, with_stages
from apps.bench.planning.measured import How, Measured, Part, Point
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.errors import FileError

ONNX = How("onnx", "CPUExecutionProvider", "fp32")
SHA = "a" * 64
FORMS = alternatives(preset("srgb_fast", Cfa.RGGB), Cfa.RGGB)
MALVAR, BILINEAR = (form.steps for form in FORMS)
CLASSES = {stage: name for name, stage in bundled.NAMES.items()}


def told(steps: tuple[tuple[str, str], ...], **more: Any) -> list[tuple[str, dict[str, Any]]]:
    """What a history says: the settings and, beside them, values of the shot."""
    return [(name, json.loads(settings) | more) for name, settings in steps]


def nameless() -> Measured:
    part = Part((("jetson as it was measured", "{}"),), ONNX, SHA)
    return Measured(points={}, nameless={part: [Point(megapixels=1, p50_ms=5)]})


def test_a_bundles_rows_are_those_of_the_form_with_its_stages() -> None:
    bundles = {SHA: told(BILINEAR, gains=[2.0, 1.0, 1.5])}

    named = with_stages(nameless(), bundles, [MALVAR, BILINEAR])

    assert named.points == {Part(BILINEAR, ONNX): [Point(megapixels=1, p50_ms=5)]}
    assert named.nameless == {}


@pytest.mark.parametrize("sha", ["b" * 64, SHA])
def test_another_bundle_or_another_setting_names_nothing(sha: str) -> None:
    other = told(MALVAR)
    other[-1][1]["transfer"] = "linear"

    named = with_stages(nameless(), {sha: other if sha == SHA else told(MALVAR)}, [MALVAR])

    assert named.points == {}
    assert len(named.nameless) == 1


def test_a_manifest_tells_stages_by_the_hash_that_rows_carry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [[CLASSES[name], said] for name, said in told(MALVAR)]
    manifest = {
        "files": {"00-a.onnx": {"sha256": SHA}}, "graphs": [{"file": "00-a.onnx"}],
        "about": {"stages": history},
    }  # fmt: skip
    monkeypatch.setattr(bundled, "read_manifest", lambda folder: manifest)

    assert told_by([tmp_path]) == {SHA: told(MALVAR)}


def test_a_folder_that_is_no_bundle_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=tmp_path.name):
        told_by([tmp_path])


def test_several_graphs_have_the_hash_that_the_runner_gives_them() -> None:
    # printf 'a\nb' | sha256sum
    joined = "7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78"

    assert digest_of(["a"]) == "a"
    assert digest_of(["a", "b"]) == joined
