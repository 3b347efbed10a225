"""The provider that was asked for, or an error that names what is missing: nothing in silence."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from apps.deploy import runtime
from apps.deploy.runtime import (
    Bundle,
    Graph,
    RunError,
    Settings,
    UsageError,
    check_providers,
    nodes_by_provider,
    read_bundle,
)
from tests.apps.deploy.small_bundle import a_raw, write_bundle


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("providers") / "bundle")


@pytest.mark.parametrize(
    ("provider", "library"),
    [("cuda", "no CUDAExecutionProvider; install onnxruntime-gpu in place of onnxruntime, with "
      "CUDA and cuDNN"),
     ("tensorrt", "no TensorrtExecutionProvider; install onnxruntime-gpu in place of onnxruntime, "
      "with CUDA, cuDNN and TensorRT")],
)  # fmt: skip
def test_a_provider_that_is_not_there_is_named_with_its_library(
    folder: Path, provider: str, library: str
) -> None:
    if runtime.PROVIDERS[provider][0] in onnxruntime.get_available_providers():
        pytest.skip(f"{provider} is there")

    with pytest.raises(RunError) as caught:
        Bundle(folder, Settings(provider))

    assert str(caught.value) == f"{provider} was asked for, but onnxruntime has {library}"
    assert caught.value.exit_code == 3


def test_without_onnxruntime_it_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(RunError, match="onnxruntime is not there; install onnxruntime"):
        Bundle(folder)


def test_an_unknown_provider_is_a_wrong_question(folder: Path) -> None:
    with pytest.raises(UsageError, match='one of cpu, cuda, tensorrt, not "openvino"'):
        Bundle(folder, Settings("openvino"))


def test_a_session_that_fell_back_is_an_error() -> None:
    with pytest.raises(RunError, match="could not load CUDAExecutionProvider and took CPU"):
        check_providers(["CPUExecutionProvider"], "cuda")
    with pytest.raises(RunError, match="could not load TensorrtExecutionProvider"):
        check_providers(["CUDAExecutionProvider", "CPUExecutionProvider"], "tensorrt")

    check_providers(["CUDAExecutionProvider", "CPUExecutionProvider"], "cuda")


def test_a_session_made_by_a_runtime_that_promises_cuda_and_falls_back_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As onnxruntime-gpu on a machine without a GPU: the list has CUDA, the session has not.
    made = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    monkeypatch.setattr(
        onnxruntime, "InferenceSession",
        lambda content, options, providers: made(content, options, ["CPUExecutionProvider"]),
    )  # fmt: skip

    with pytest.raises(RunError, match="cuda was asked for, but ONNX Runtime could not load"):
        Bundle(folder, Settings("cuda"))


def test_a_cuda_graph_on_the_cpu_is_a_wrong_question(folder: Path) -> None:
    with pytest.raises(UsageError, match="a CUDA graph needs the provider cuda"):
        Bundle(folder, Settings(cuda_graph=True))


def test_every_node_that_ran_is_counted_by_its_provider(folder: Path) -> None:
    counts = nodes_by_provider(Bundle(folder, Settings(threads=1)), folder, a_raw())

    # Unoptimised, the two graphs have 7 and 13 nodes for the picture; ONNX Runtime folds some.
    assert set(counts) == {"CPUExecutionProvider"}
    assert 10 <= counts["CPUExecutionProvider"] <= 30


def test_nodes_that_all_ran_elsewhere_are_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = Bundle(folder, Settings(threads=1))
    elsewhere = dict.fromkeys("ab", "AzureExecutionProvider")
    monkeypatch.setattr(runtime, "_provider_of_nodes", lambda events: elsewhere)

    with pytest.raises(RunError, match="cpu was asked for, but every node ran on Azure"):
        nodes_by_provider(bundle, folder, a_raw())


@pytest.mark.parametrize("masks", [False, True])
def test_bound_inputs_and_outputs_give_the_same_bits(folder: Path, masks: bool) -> None:
    # What a GPU does, with the memory of the host in the place of the device's.
    plain, bound = (Bundle(folder, Settings(threads=1)) for _ in range(2))
    manifest, contents, reaches = read_bundle(folder)
    bound.graphs = [
        Graph(g, contents[g["file"]], reaches[g["file"]], bound.settings, device="cpu")
        for g in manifest["graphs"]
    ]

    for tile in (None, 8):
        expected = plain.run(a_raw(), masks=masks, tile=tile)
        for result, right in zip(bound.run(a_raw(), masks=masks, tile=tile), expected, strict=True):
            np.testing.assert_array_equal(result, right)
    assert bound.graphs[0].copies_ns["to_device"] > 0


def test_kept_buffers_give_each_frame_its_own_picture(folder: Path) -> None:
    # As a CUDA graph is fed: inputs written into the same memory, frame after frame.
    manifest, contents, reaches = read_bundle(folder)
    bundle = Bundle(folder, Settings(threads=1))
    kept = Bundle(folder, Settings(threads=1))
    kept.graphs = [
        Graph(g, contents[g["file"]], reaches[g["file"]], kept.settings, device="cpu")
        for g in manifest["graphs"]
    ]
    for graph in kept.graphs:
        graph.settings = Settings(threads=1, cuda_graph=True)

    for frame in (a_raw(), a_raw()[::-1].copy()):
        np.testing.assert_array_equal(kept.run(frame).picture, bundle.run(frame).picture)
    with pytest.raises(RunError, match="a CUDA graph is of one size"):
        kept.run(a_raw(38, 46))
