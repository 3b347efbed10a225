"""What holds for every stage: one contract, asked of each of our own stages and of a user's."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError
from isp.core.frame import Frame
from isp.core.stage import Run
from tests.exports import exported
from tests.stage_cases import MASKS, SIZE, Case, every_export, every_stage, frame_for, frame_in


def tensors_of(frame: Frame) -> dict[str, Tensor]:
    named = {name: getattr(frame, name) for name in ("data", *MASKS)}
    shot = (
        "exposure_time_s",
        "iso",
        "white_balance",
        "baseline_exposure_ev",
        "frame_number",
        "item",
    )
    return named | {name: getattr(frame.shot, name) for name in shot}


@every_stage
def test_a_stage_stays_in_its_domain_or_goes_forward(case: Case) -> None:
    stage = case.build()

    developed = stage.develop(frame_for(case))

    assert stage.domain_out >= stage.domain_in
    assert developed.domain is stage.domain_out


@every_stage
def test_a_frame_of_another_domain_is_refused_by_a_sentence_naming_both(case: Case) -> None:
    stage = case.build()

    for domain in Domain:
        if domain is not stage.domain_in:
            expected = f"takes {stage.domain_in.name}, but the frame is in {domain.name}"
            with pytest.raises(DomainError, match=expected):
                stage.develop(frame_in(domain, case.cfa))


@every_stage
def test_a_gradient_flows_and_is_finite_or_the_stage_says_that_none_does(case: Case) -> None:
    stage, frame = case.build(), frame_for(case)
    data = frame.data.clone().requires_grad_()

    torch.set_warn_always(True)  # of a gradient lost in a number, which is a mistake where warned
    try:
        developed = stage.develop(replace(frame, data=data)).data
    finally:
        torch.set_warn_always(False)

    if not developed.requires_grad:
        assert "Not differentiable" in (type(stage).__doc__ or ""), type(stage).__name__
        return
    (gradient,) = torch.autograd.grad(developed.sum(), data)
    assert bool(torch.isfinite(gradient).all())


@every_stage
def test_nothing_that_came_in_is_written_to(case: Case) -> None:
    frame = frame_for(case)
    before = {name: tensor.clone() for name, tensor in tensors_of(frame).items()}

    developed = case.build().develop(frame)
    developed.data.add_(1)  # and the result does not share the input's storage

    for name, tensor in tensors_of(frame).items():
        assert torch.equal(tensor, before[name]), name


@every_stage
def test_forward_writes_to_none_of_its_inputs(case: Case) -> None:
    stage = case.build()
    inputs = tuple(tensor.clone() for tensor in stage.inputs(frame_for(case)))
    before = [tensor.clone() for tensor in inputs]

    stage(*inputs)

    assert all(torch.equal(a, b) for a, b in zip(inputs, before, strict=True))


@every_stage
def test_float32_comes_out_finite_in_the_layout_of_the_domain(case: Case) -> None:
    stage = case.build()

    developed = stage.develop(frame_for(case))

    assert all(tensor.dtype == torch.float32 for tensor in stage.inputs(frame_for(case)))
    assert developed.data.dtype == torch.float32
    assert developed.data.shape == (3, stage.domain_out.channels, *SIZE)
    assert bool(torch.isfinite(developed.data).all())


@every_stage
def test_a_batch_is_its_images_one_by_one(case: Case) -> None:
    stage, frame = case.build(), frame_for(case)

    together = tensors_of(stage.develop(frame))

    single = [stage.develop(frame.select(slice(i, i + 1))) for i in range(3)]
    for name, tensor in together.items():
        alone = torch.cat([tensors_of(one)[name] for one in single])
        torch.testing.assert_close(
            tensor, alone, rtol=1e-6, atol=case.within, msg=f"{name} differs"
        )


@every_stage
def test_masks_are_boolean_and_three_planes_only_in_camera(case: Case) -> None:
    developed = case.build().develop(frame_for(case))

    planes = 3 if developed.domain is Domain.CAMERA else 1
    for name in MASKS:
        mask = getattr(developed, name)
        assert mask.dtype == torch.bool
        assert mask.shape == (3, planes, *SIZE), name
    assert not bool((developed.measured & developed.clipped).any())


@every_stage
def test_masks_worked_out_as_in_a_graph_are_those_of_the_frame(case: Case) -> None:
    stage, frame = case.build(), frame_for(case)
    if not stage.exportable:
        pytest.skip(f"{stage.name} does not become a graph")
    inputs = stage.inputs(frame)

    run = Run(inputs[0], inputs[1:], stage(*inputs))
    measured, clipped = stage.masks_after(frame.measured, frame.clipped, run)

    developed = stage.develop(frame)
    assert torch.equal(measured, developed.measured)
    assert torch.equal(clipped, developed.clipped)


@every_stage
def test_a_frame_measured_everywhere_stays_so(case: Case) -> None:
    frame = frame_for(case)
    everywhere = torch.ones_like(frame.measured)
    # A slope: nothing looks like a defect, and there is an edge for what looks for edges.
    slope = torch.linspace(0.9, 1.1, frame.size[1]) * frame.data.mean()
    frame = replace(
        frame, data=slope.expand_as(frame.data).clone(), measured=everywhere,
        clipped=~everywhere, generated=~everywhere,
    )  # fmt: skip

    developed = case.build().develop(frame)

    assert bool(developed.measured.all())
    assert not bool(developed.clipped.any())
    assert not bool(developed.generated.any())


@every_stage
@pytest.mark.parametrize("poison", [-30.0, 70.0])
def test_poison_at_unmeasured_pixels_reaches_no_pixel_that_is_still_measured(
    case: Case, poison: float
) -> None:
    stage, frame = case.build(), frame_for(case)
    level = poison * (4000 if frame.domain is Domain.RAW else 1)
    poisoned = replace(frame, data=torch.where(frame.measured, frame.data, level))

    clean, spoilt = stage.develop(frame), stage.develop(poisoned)

    measured = clean.measured.expand_as(clean.data)
    assert 0 < measured.float().mean() < 1
    assert torch.equal(clean.measured, spoilt.measured)
    torch.testing.assert_close(spoilt.data[measured], clean.data[measured], rtol=0, atol=1e-6)


@every_stage
def test_a_tile_with_its_halo_is_the_crop_of_the_whole(case: Case) -> None:
    stage, frame = case.build(), frame_for(case, size=(36, 41))
    if not stage.tileable:
        pytest.skip(f"{stage.name} takes its pixels from anywhere in the frame")
    if stage.whole_frame:
        pytest.skip(f"{stage.name} takes whole frames: any pixel may depend on all others")
    stage = case.build()
    more = 2 * max(0, stage.halo - 6)  # so that the tile has a core
    rows, columns = case.cfa.period
    aligned = stage.aligned if stage.aligned > 1 else 0
    frame = frame_for(case, size=(36 + more + aligned, 41 + more + aligned))
    inputs = stage.inputs(frame)
    # The tile starts on a whole period, so that the pattern is the same; its core after the halo.
    top, left, bottom, right = 2 * rows, 2 * columns, 29 + more + aligned, 33 + more + aligned
    if rows == 6 or stage.aligned > 1:
        top, left = math.lcm(rows, stage.aligned), math.lcm(columns, stage.aligned)

    parts = [t[..., top:bottom, left:right] if t.ndim == 4 else t for t in inputs]
    if stage.place_input is not None:
        shift = torch.tensor([[float(top), float(left), 0.0, 0.0]])
        parts[stage.place_input] = inputs[stage.place_input] + shift
    tile = stage(*parts)

    halo = stage.halo
    core = tile[..., halo : tile.shape[-2] - halo, halo : tile.shape[-1] - halo]
    whole = stage(*inputs)[..., top + halo : bottom - halo, left + halo : right - halo]
    assert core.numel() > 0
    torch.testing.assert_close(core, whole, rtol=0, atol=1e-6)


@every_stage
def test_the_history_gains_one_entry_of_plain_values_and_no_clock(case: Case) -> None:
    stage, frame = case.build(), frame_for(case)

    first, second = stage.develop(frame), stage.develop(frame)

    assert first.history[:-1] == frame.history
    name, parameters = first.history[-1]
    assert name == stage.name
    assert json.loads(json.dumps(parameters, allow_nan=False)).keys() == parameters.keys()
    assert not {"time", "seconds", "duration"} & parameters.keys()
    assert first.history == second.history


@every_stage
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (3, 5), (7, 6)], ids=str)
def test_any_size_that_is_a_multiple_is_developed(case: Case, size: tuple[int, int]) -> None:
    stage = case.build()
    if any(side % stage.multiple for side in size):
        pytest.skip(f"{stage.name} takes multiples of {stage.multiple}")
    if min(size) < case.smallest:
        pytest.skip(f"{case} estimates nothing from a side below {case.smallest}")
    frame = frame_for(case, size)
    everywhere = torch.ones_like(frame.measured)
    frame = replace(frame, measured=everywhere, clipped=~everywhere, data=frame.data + 0.5)

    developed = stage.develop(frame)

    assert developed.size == size
    assert bool(torch.isfinite(developed.data).all())


@every_export
@pytest.mark.usefixtures("unchecked")
def test_the_exported_graph_gives_what_eager_gives_at_other_sizes(case: Case) -> None:
    stage = case.build()
    if not stage.exportable:
        pytest.skip(f"{stage.name} does not become a graph; its class says why")
    run = exported(stage, stage.inputs(frame_for(case, (24, 28), batch=2)))

    for batch, size in ((1, (13, 17)), (3, (37, 22))):
        inputs = stage.inputs(frame_for(case, size, batch))
        eager = stage(*inputs).numpy()
        tolerance = 1e-5 * (1 + np.abs(eager).max())
        np.testing.assert_allclose(run(inputs), eager, rtol=0, atol=tolerance)


@pytest.mark.slow
@pytest.mark.usefixtures("unchecked")
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
def test_a_chain_of_stages_compiles_as_one_graph() -> None:
    keys = ("black_level", "defects", "white_balance", "highlights", "malvar2004",
            "colour_matrix", "exposure", "reinhard2002", "encode")  # fmt: skip
    cases = [Case(key) for key in keys]
    frame = frame_in(Domain.RAW, Cfa.RGGB, (33, 47))
    stages = [case.build() for case in cases]
    extras: list[tuple[Tensor, ...]] = []
    developed = frame
    for stage in stages:
        extras.append(stage.inputs(developed)[1:])
        developed = stage.develop(developed)

    def chain(data: Tensor, extras: list[tuple[Tensor, ...]]) -> Tensor:
        for stage, more in zip(stages, extras, strict=True):
            data = stage(data, *more)
        return data

    compiled = torch.compile(chain, fullgraph=True, dynamic=True)

    torch.testing.assert_close(compiled(frame.data, extras), developed.data, rtol=1e-4, atol=1e-5)
