"""A bundle is timed by its own runner, or by OpenVINO against it."""

import hashlib
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from apps.bench.latency.bundles import bundle_rows, is_bundle, openvino_subject
from apps.bench.latency.timing import Plan
from isp.core.domain import Domain
from isp.core.errors import FileError, MissingError, UsageError
from isp.files.profile import load_profile, save_profile
from tests.apps.deploy.small_bundle import load_manifest, save_manifest, write_bundle

SIZE = (24, 36)
CEILING = {"copy_bytes_per_s": 1e9}
OPENVINO = importlib.util.find_spec("openvino") is not None


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Two graphs, with the profile of a camera in place of the empty one."""
    folder = write_bundle(tmp_path / "small")
    save_profile(load_profile("GenericPhone"), folder / "profile.json", force=True)
    manifest = load_manifest(folder)
    content = (folder / "profile.json").read_bytes()

    manifest["files"]["profile.json"] = {
        "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
    }  # fmt: skip
    save_manifest(folder, manifest)
    return folder


def test_whole_and_graphs_have_rows_with_what_the_machine_moved(bundle: Path) -> None:
    rows = bundle_rows(bundle, SIZE, None, "cpu", 1, Plan(frames=3), CEILING)

    assert is_bundle(str(bundle))
    assert [row["stage"] for row in rows] == ["whole", "mosaic", "sdr"]
    assert {(row["variant"], row["provider"], row["n"]) for row in rows} == {
        ("onnx", "CPUExecutionProvider", 3)
    }
    graphs = sum(file.stat().st_size for file in bundle.glob("*.onnx"))
    whole = rows[0]
    assert whole["bytes_per_pixel"] == pytest.approx(4 * (1 + 3) + graphs / (24 * 36))
    peak = whole["peak_memory_bytes"]
    assert peak is None or peak < 100e6  # of the bundle, without this process's torch
    assert whole["parity"]["before"] <= whole["parity"]["limit"]


def test_a_tampered_graph_and_a_provider_that_is_not_there_are_refused(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(FileError, match="small: cuda was asked for, but onnxruntime has no CUDA"):
        bundle_rows(bundle, SIZE, None, "cuda", 1, Plan(frames=3), CEILING)

    with (bundle / "01-sdr.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(FileError, match=r"01-sdr\.onnx"):
        bundle_rows(bundle, SIZE, None, "cpu", 1, Plan(frames=3), CEILING)


def test_without_openvino_nothing_runs_in_its_place(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)

    with pytest.raises(MissingError, match="needs the library openvino"):
        openvino_subject(bundle, SIZE, None, "fp32", 1)
    with pytest.raises(UsageError, match="fp32 or bf16 with OpenVINO, not int8"):
        openvino_subject(bundle, SIZE, None, "int8", 1)


@pytest.mark.skipif(not OPENVINO, reason="openvino is not here")
def test_openvino_gives_the_bundles_picture(bundle: Path) -> None:
    made = openvino_subject(bundle, SIZE, None, "fp32", 1)

    assert made.domain is Domain.SDR
    assert made.reference is not None
    for number in range(3):
        picture = made.picture(made.work(number))
        np.testing.assert_allclose(picture, made.reference(number), atol=1e-5)
