"""Less precision only where it was asked for and where there is something to gain."""

import onnx
import pytest

from apps.deploy.example_frames import simulated_frames
from apps.deploy.lowering import Lowered, check_lowered, check_precision, lowered
from apps.deploy.stage_graph import stage_graph
from apps.deploy.tracing import Traced
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.errors import CheckError, StageError, UsageError
from isp.files.profile import load_profile
from tests.apps.deploy.conftest import WHAT, Exported

FRAMES = simulated_frames(load_profile("SonyA7S2"), 1600.0)


def test_fp32_is_left_alone_and_a_precision_is_a_word_we_know() -> None:
    plan = stage_graph(presets("srgb", Cfa.RGGB).stages[:1], FRAMES(24, 30, 1))
    model = object()

    assert lowered(Traced(name="g", plan=plan, model=model), "fp32", [], []).model is model
    with pytest.raises(UsageError, match="fp32, fp16, int8"):
        check_precision("bf16")


def test_int8_without_any_network_is_refused() -> None:
    none = Lowered(model=None, precision="fp32", lost=None)

    check_lowered("fp32", [none])
    with pytest.raises(StageError, match="int8 is for networks"):
        check_lowered("int8", [none, none])


def test_half_floats_are_measured_against_fp32(
    exported_bundle: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.deploy.export_request import ExportRequest, pipeline_of

    frame = FRAMES(60, 80, 1)
    pipeline = pipeline_of(ExportRequest(what=WHAT), frame)
    plan = stage_graph(pipeline.stages, frame)
    model = onnx.load(str(exported_bundle.folder / exported_bundle.manifest["graphs"][0]["file"]))

    graph = Traced(name="g", plan=plan, model=model)
    made = lowered(graph, "fp16", [frame], [FRAMES(50, 70, 2)])

    assert made.lost is not None
    assert 60 < made.lost.psnr_db < 110
    assert made.record()["expected_error"]["delta_e_2000_mean"] <= 0.5
    monkeypatch.setitem(lowered.__globals__["check_budget"].__globals__["LEAST_DB"], "fp16", 110.0)
    with pytest.raises(CheckError, match="at least 110"):
        lowered(graph, "fp16", [frame], [FRAMES(50, 70, 2)])
