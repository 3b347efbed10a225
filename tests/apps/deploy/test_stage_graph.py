"""A run of stages as one module gives what the pipeline gives, masks and all."""

import pytest
import torch
from torch import Tensor

from apps.deploy.example_frames import simulated_frames
from apps.deploy.stage_graph import StageGraph, inputs_of, runs_of, stage_graph
from apps.presets import preset, presets
from isp.core.cfa import Cfa
from isp.core.errors import StageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.sensor import Defect
from isp.core.stage import Stage
from isp.files.profile import load_profile
from isp.stages.lens_shading import LensShading
from tests.strategies import BAYER_PHASES


def raw(cfa: Cfa = Cfa.RGGB, number: int = 1, size: tuple[int, int] = (50, 66)) -> Frame:
    defects = (Defect(row=7, column=9), Defect(row=20, column=21))
    profile = load_profile("SonyA7S2").with_fields(cfa=cfa, defects=defects)
    return simulated_frames(profile, 1600.0)(*size, number)


def lowlight(cfa: Cfa) -> Pipeline:
    return preset("lowlight", cfa).set("exposure_diffusion", model="fw-5k").build(cfa)


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("name", ["srgb", "srgb_fast", "lowlight"])
def test_a_preset_in_one_module_is_the_pipeline_at_another_size(cfa: Cfa, name: str) -> None:
    pipeline = lowlight(cfa) if name == "lowlight" else presets(name, cfa)
    plan = stage_graph(pipeline.stages, raw(cfa))
    other = raw(cfa, 2, (41, 57))

    picture, measured, clipped = plan.module(*inputs_of(plan, other))

    developed = pipeline.develop(other)
    assert torch.equal(picture, developed.data)
    assert torch.equal(measured > 0, developed.measured)
    assert torch.equal(clipped > 0, developed.clipped)
    assert 0 < float(developed.measured.float().mean()) < 1
    assert bool(developed.clipped.any())


def test_stages_one_by_one_hand_picture_and_masks_on() -> None:
    pipeline = presets("srgb", Cfa.RGGB)
    runs = runs_of(pipeline, staged=True)
    frame = raw()
    now: tuple[Tensor, Tensor, Tensor] | None = None

    for _, run in runs:
        plan = stage_graph(run, frame)
        data, measured, clipped, values = plan.tensors
        now = plan.module(*(now or (data, measured, clipped)), values)
        frame = plan.after

    assert [name for name, _ in runs] == list(pipeline.names)
    assert now is not None
    assert torch.equal(now[0], pipeline.develop(raw()).data)


def test_inputs_are_told_apart_by_what_decides_them() -> None:
    pipeline = preset("srgb", Cfa.RGGB).set("exposure", ev="auto").build(Cfa.RGGB)

    plan = stage_graph(pipeline.stages, raw())

    kinds = {given.name: given.kind for given in plan.inputs}
    assert kinds["defects.defective"] == "defects"
    assert kinds["white_balance.gains"] == "value"
    assert not any("clipped" in name or "measured" in name for name in kinds)
    assert [given.name for given in plan.inputs if given.estimated] == ["exposure.ev"]


def test_the_place_of_a_tile_is_an_input() -> None:
    frame = presets("srgb", Cfa.RGGB)["black_level"].develop(raw())
    shading = LensShading(Cfa.RGGB, grid=(((1.0, 1.1), (1.2, 1.3)),))

    plan = stage_graph([("lens_shading", shading)], frame)

    assert {given.name: given.kind for given in plan.inputs} == {
        "lens_shading.grid": "value", "lens_shading.place": "place",
    }  # fmt: skip


def test_a_tile_of_a_run_is_what_all_its_stages_need() -> None:
    pipeline = presets("srgb", Cfa.RGGB)

    plan = stage_graph(pipeline.stages, raw())

    stages = [stage for _, stage in pipeline.stages]
    assert plan.halo == sum(max(s.halo, s.mask_support) for s in stages) > 9
    assert (plan.aligned, plan.multiple, plan.whole_frame) == (2, 1, False)


def test_what_becomes_no_graph_is_refused_with_its_reason() -> None:
    pipeline = preset("srgb", Cfa.RGGB).choose("highlights", "rebuild_highlights").build(Cfa.RGGB)

    with pytest.raises(
        StageError, match=r"highlights \(RebuildHighlights\) does not become a graph; \w"
    ):
        stage_graph(pipeline.stages, raw())


def test_a_picture_that_no_bundle_knows_is_refused() -> None:
    class Knows(Stage):
        domain_in = domain_out = raw().domain

        def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
            return frame.data, frame.data * 2

        def forward(self, dn: Tensor, secret: Tensor) -> Tensor:
            return dn + secret

    with pytest.raises(StageError, match="takes secret, a picture that no bundle knows"):
        stage_graph([("knows", Knows())], raw())


def test_the_module_is_in_evaluation() -> None:
    plan = stage_graph(presets("srgb", Cfa.RGGB).stages, raw())

    assert isinstance(plan.module, StageGraph)
    assert not plan.module.training
