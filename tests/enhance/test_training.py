"""The training loop: resumed runs are the unbroken run, to the bit."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from enhance.training import CHECKPOINT, LOG, Plan, train
from isp.core.errors import UsageError
from tests.enhance.small_net import loss, net

PLAN = Plan(steps=40, learning_rate=0.05, warm_up=5, average=0.9, checkpoint_every=10, log_every=5)


def batches(start: int) -> Iterator[Tensor]:
    step = start
    while True:
        yield torch.randn(16, 3, generator=torch.Generator().manual_seed(step))
        step += 1


def weights(model: nn.Module | None) -> Tensor:
    assert model is not None
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def logged(path: Path) -> list[tuple[int, float, float]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["step"], line["loss"], line["rate"]) for line in lines]


def test_it_learns(tmp_path: Path) -> None:
    plan = Plan(steps=300, learning_rate=0.05, warm_up=5, average=0.9)

    trained = train(net(), batches, loss, tmp_path, plan)

    assert trained is not None
    with torch.no_grad():
        before, after = (float(loss(m, next(batches(10_000)))) for m in (net(), trained))
    assert after < 0.05 < before


def test_a_run_stopped_anywhere_goes_on_to_the_same_weights_to_the_bit(tmp_path: Path) -> None:
    whole = train(net(), batches, loss, tmp_path / "whole", PLAN)

    class Cut(Exception):
        pass

    def breaks(start: int) -> Iterator[Tensor]:
        for number, batch in enumerate(batches(start), start):
            if number == 27:
                raise Cut
            yield batch

    with pytest.raises(Cut):
        train(net(), breaks, loss, tmp_path / "parts", PLAN)
    resumed = train(net(), batches, loss, tmp_path / "parts", PLAN)

    assert torch.equal(weights(whole), weights(resumed))
    whole_log, parts_log = (logged(tmp_path / name / LOG) for name in ("whole", "parts"))
    assert whole_log == parts_log
    assert [step for step, _, _ in whole_log] == list(range(5, 41, 5))


def test_time_that_runs_out_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    assert train(net(), batches, loss, tmp_path, PLAN, limit_s=0.0) is None
    kept = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    assert kept["step"] == 1

    whole = train(net(), batches, loss, tmp_path.parent / "unbroken", PLAN)
    resumed = train(net(), batches, loss, tmp_path, PLAN)

    assert torch.equal(weights(whole), weights(resumed))


def test_what_comes_back_is_the_average_of_the_weights_and_not_the_last(tmp_path: Path) -> None:
    model = net()

    averaged = train(model, batches, loss, tmp_path, PLAN)

    assert not torch.equal(weights(averaged), weights(model))
    kept = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    assert torch.equal(kept["averaged"]["0.weight"], dict(averaged.named_parameters())["0.weight"])


def test_a_finished_run_asked_again_changes_nothing(tmp_path: Path) -> None:
    first = train(net(), batches, loss, tmp_path, PLAN)

    assert torch.equal(weights(first), weights(train(net(), batches, loss, tmp_path, PLAN)))


def test_another_plan_or_network_in_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    train(net(), batches, loss, tmp_path, PLAN)

    longer = Plan(steps=50, learning_rate=0.05, warm_up=5, average=0.9, checkpoint_every=10,
                  log_every=5)  # fmt: skip
    with pytest.raises(UsageError, match="a run with steps 40"):
        train(net(), batches, loss, tmp_path, longer)
    with pytest.raises(UsageError, match="another network"):
        train(nn.Linear(3, 1), batches, loss, tmp_path, PLAN)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="loss is nan at step 5"):
        train(net(), batches, lambda m, b: loss(m, b) * float("nan"), tmp_path, PLAN)


def test_bfloat16_is_used_for_its_share_of_the_steps_and_then_no_more(tmp_path: Path) -> None:
    seen = []

    def looks(model: nn.Module, batch: Tensor) -> Tensor:
        seen.append(model[0](batch).dtype)  # type: ignore[index]
        return loss(model, batch).float()

    plan = Plan(steps=8, bfloat16_share=0.5, checkpoint_every=10, log_every=5)
    train(net(), batches, looks, tmp_path, plan)

    assert seen == [torch.bfloat16] * 4 + [torch.float32] * 4


def test_the_rate_warms_up_and_falls_to_a_hundredth() -> None:
    rates = [PLAN.rate_at(step) for step in range(PLAN.steps)]

    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.05)
    assert rates.index(max(rates)) in (4, 5)
    assert rates[-1] == pytest.approx(0.0005)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"steps": 1, "average": 1.0}, {"steps": 1, "clip_norm": 0.0},
              {"steps": 1, "learning_rate": -1.0}, {"steps": 1, "bfloat16_share": 2.0}],
)  # fmt: skip
def test_numbers_that_make_no_run_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Plan(**wrong)  # type: ignore[arg-type]
