"""A training learns, is repeated by its card, and goes on where it stopped, to the bit."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from apps.train import denoiser_training
from apps.train.clean_light import CleanLight
from apps.train.denoiser_training import (
    TRAINED_ON,
    WEIGHTS,
    Course,
    batches_of,
    checked_device,
    loss_of,
    new_net,
    train_denoiser,
)
from apps.train.eld_lines import ELD_LINES, HELD_OUT
from apps.train.raw_pairs import RawPairs, Recipe
from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import raw_net
from enhance.training import Plan
from enhance.weights import load_weights, read_card, write_weights
from isp.core.errors import MissingError, UsageError
from isp.files.profile import load_profile
from tests.apps.train.small_light import RECIPE, course, small_pack

REFINED = replace(RECIPE, shared_ratio=True)
FACTS = {"noise_left": {"mean": 0.5}, "bias": {"mean": 0.0, "worst": 0.0}}


@pytest.fixture
def light(tmp_path: Path) -> Path:
    return small_pack(tmp_path / "light")


@pytest.fixture(autouse=True)
def _facts_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured for the card has a test of its own, and takes seconds."""
    monkeypatch.setattr(denoiser_training, "even_light_facts", lambda *a: dict(FACTS))


def weights(net: nn.Module | None) -> Tensor:
    assert net is not None
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def trained(asked: Course, light: Path, out: Path, **how: Any) -> Tensor:
    return weights(train_denoiser(asked, light, out, **how))


class StopsAt(Exception):
    pass


def stops_at(step: int) -> Any:
    def tell(now: int, _: float) -> None:
        if now >= step:
            raise StopsAt

    return tell


def test_thirty_steps_learn(light: Path, tmp_path: Path) -> None:
    asked = course(30)
    pairs = RawPairs(CleanLight(light), asked.training_cameras(), asked.recipe, asked.seed)
    unseen = [pairs.batch(number) for number in range(1000, 1008)]
    score = loss_of(asked)

    net = train_denoiser(asked, light, tmp_path / "run")

    assert net is not None
    with torch.no_grad():
        before, after = (
            sum(float(score(n, batch)) for batch in unseen) / len(unseen)
            for n in (new_net(asked), net)
        )
    # Decibels; 8 unseen batches of 4 differ by under a decibel from run to run.
    assert after < before - 3


@pytest.mark.parametrize("asked", [course(), course(recipe=REFINED, refining=2)],
                         ids=["one pass", "three passes"])  # fmt: skip
def test_a_run_that_was_stopped_goes_on_to_the_weights_of_an_unbroken_one(
    asked: Course, light: Path, tmp_path: Path
) -> None:
    whole = trained(asked, light, tmp_path / "whole")

    with pytest.raises(StopsAt):
        train_denoiser(asked, light, tmp_path / "parts", tell=stops_at(15))
    assert train_denoiser(asked, light, tmp_path / "parts", limit_s=0.0) is None
    resumed = trained(asked, light, tmp_path / "parts")

    assert torch.equal(whole, resumed)


@pytest.mark.slow
def test_the_course_on_the_card_repeats_the_run(light: Path, tmp_path: Path) -> None:
    asked = course(12, recipe=replace(REFINED, often=(20.0, 90.0)), refining=1, loss="l1",
                   profile=load_profile("GenericPhone"), seed=7)  # fmt: skip
    first = trained(asked, light, tmp_path / "first")

    card = read_card(tmp_path / "first" / WEIGHTS)
    again = Course.from_record(card.facts["course"])

    assert again.record() == asked.record()
    assert torch.equal(trained(again, light, tmp_path / "again"), first)


def test_the_card_says_network_scenes_light_and_what_was_measured(
    light: Path, tmp_path: Path
) -> None:
    trained(course(5), light, tmp_path / "run")

    card = read_card(tmp_path / "run" / WEIGHTS)
    assert (card.network, card.facts["parameters"]) == ("fw-5k", 4581)
    assert card.facts["scenes"] == ["scene 0", "scene 1"]
    assert card.facts["light_sha256"] == CleanLight(light).sha256
    assert card.facts["course"]["cameras"] == list(TRAINED_ON)
    assert card.facts["noise_left"]["mean"] == 0.5


def test_a_run_goes_on_from_weights_and_its_card_says_which(light: Path, tmp_path: Path) -> None:
    trained(course(5), light, tmp_path / "first")
    start = tmp_path / "first" / WEIGHTS
    asked = course(1, start=str(start), seed=3)

    begun = new_net(asked)
    trained(asked, light, tmp_path / "second")

    kept = load_weights(raw_net("fw-5k"), start)
    assert torch.equal(weights(begun), weights(kept))
    assert begun.training
    first, second = read_card(start), read_card(tmp_path / "second" / WEIGHTS)
    told = second.facts["start"]
    assert (told["sha256"], told["course"]) == (first.sha256, first.facts["course"])
    assert told["scenes"] == ["scene 0", "scene 1"]  # seen too, so never to be scored on
    assert Course.from_record(second.facts["course"]) == asked


def test_a_folder_whose_run_began_from_other_weights_is_refused(
    light: Path, tmp_path: Path
) -> None:
    start = tmp_path / "start.safetensors"
    write_weights(raw_net("fw-5k"), start, {"network": "fw-5k"})
    trained(course(1, start=str(start)), light, tmp_path / "run")
    write_weights(raw_net("fw-5k"), start, {"network": "fw-5k"})

    with pytest.raises(UsageError, match="start_sha256"):
        train_denoiser(course(1, start=str(start)), light, tmp_path / "run")


def test_weights_of_another_network_start_nothing(light: Path, tmp_path: Path) -> None:
    start = tmp_path / "start.safetensors"
    write_weights(raw_net("fw-100k"), start, {"network": "fw-100k"})

    with pytest.raises(UsageError, match=r"weights of fw-100k, not of fw-5k"):
        train_denoiser(course(1, start=str(start)), light, tmp_path / "run")


def test_a_card_from_before_starts_were_told_had_none() -> None:
    record = course().record()

    assert Course.from_record({k: v for k, v in record.items() if k != "start"}).start is None


def test_another_seed_is_another_run(light: Path, tmp_path: Path) -> None:
    one, other = (
        trained(course(5, seed=seed), light, tmp_path / str(seed)) for seed in (1, 2)
    )  # fmt: skip

    assert not torch.equal(one, other)


def test_weights_begin_as_the_seed_says_and_leave_the_global_generator_alone() -> None:
    state = torch.random.get_rng_state()
    one = new_net(course())
    torch.rand(3)
    other = new_net(course())

    assert torch.equal(weights(one), weights(other))
    torch.random.set_rng_state(state)
    expected = torch.rand(1)
    torch.random.set_rng_state(state)
    new_net(course())
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(
    ("other", "said"),
    [({"seed": 3}, "seed 0"), ({"loss": "l1"}, "loss decibels"), ({"steps": 50}, "steps 5"),
     ({"recipe": replace(RECIPE, noise="poisson_gaussian")}, "noise eld")],
)  # fmt: skip
def test_another_course_in_the_same_folder_is_refused_by_name(
    light: Path, tmp_path: Path, other: dict[str, Any], said: str
) -> None:
    train_denoiser(course(5), light, tmp_path / "run", limit_s=0.0)

    with pytest.raises(UsageError, match=f"holds a run with {said}"):
        train_denoiser(course(**({"steps": 5} | other)), light, tmp_path / "run")


def test_other_light_in_the_same_folder_is_refused(light: Path, tmp_path: Path) -> None:
    train_denoiser(course(5), light, tmp_path / "run", limit_s=0.0)
    index = light / "index.json"
    index.write_text(index.read_text().replace("scene 1", "another"))

    with pytest.raises(UsageError, match="light_sha256"):
        train_denoiser(course(5), light, tmp_path / "run")


def test_without_safetensors_the_state_is_written_and_the_same_call_elsewhere_writes_weights(
    light: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "safetensors", None)
        net = train_denoiser(course(5), light, out)
    assert not (out / WEIGHTS).exists()
    kept = torch.load(out / "weights.pt", weights_only=True)
    assert net is not None
    assert all(torch.equal(kept[n], p.half()) for n, p in net.state_dict().items())
    assert json.loads((out / "weights.json").read_text())["network"] == "fw-5k"

    seen: list[int] = []
    train_denoiser(course(5), light, out, tell=lambda step, _: seen.append(step))

    assert seen == []  # not a step more
    assert read_card(out / WEIGHTS).network == "fw-5k"


def test_cameras_that_are_not_there_and_unlike_ratios_to_refine_are_refused() -> None:
    with pytest.raises(UsageError, match="not Kodak"):
        course(cameras=("SonyA7S2", "Kodak"))
    with pytest.raises(UsageError, match="shared_ratio"):
        course(refining=2)
    with pytest.raises(UsageError, match="refining steps are 0 or more"):
        course(refining=-1)
    assert set(TRAINED_ON) == set(ELD_LINES) - set(HELD_OUT)


def test_a_device_that_is_not_there_is_missing_and_never_replaced(
    monkeypatch: pytest.MonkeyPatch, light: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(MissingError, match="no CUDA device"):
        train_denoiser(course(5), light, tmp_path / "run", device="cuda")
    assert not (tmp_path / "run").exists()
    with pytest.raises(UsageError, match="cpu or cuda"):
        checked_device("tpu")


class StandIn:
    """What of accelerate's Accelerator the training asks for, and what it was asked."""

    def __init__(self, index: int, count: int) -> None:
        self.process_index, self.num_processes = index, count
        self.is_main_process = index == 0
        self.device = torch.device("cpu")
        self.forwards = self.backwards = 0

    def prepare(self, *parts: Any) -> tuple[Any, ...]:
        model, *rest = parts

        def count(*_: Any) -> None:
            self.forwards += 1

        model.register_forward_pre_hook(count)
        return (model, *rest)

    def backward(self, value: Tensor) -> None:
        self.backwards += 1
        value.backward()


def test_processes_take_turns_with_the_batch_numbers(light: Path) -> None:
    asked = course()
    pairs = RawPairs(CleanLight(light), asked.training_cameras(), asked.recipe, asked.seed)

    def numbers(start: int, index: int, count: int) -> list[int]:
        walk: Iterator[Any] = batches_of(pairs, StandIn(index, count))(start)
        return [next(walk).number for _ in range(3)]

    assert numbers(0, 0, 2) == [0, 2, 4]
    assert numbers(0, 1, 2) == [1, 3, 5]
    assert numbers(4, 2, 3) == [14, 17, 20]


def test_an_accelerator_runs_every_step_through_what_it_prepared(
    light: Path, tmp_path: Path
) -> None:
    accelerator = StandIn(0, 1)

    alone = trained(course(6), light, tmp_path / "alone")
    together = trained(course(6), light, tmp_path / "together", accelerator=accelerator)

    # DistributedDataParallel exchanges gradients only for what its own forward ran.
    assert (accelerator.forwards, accelerator.backwards) == (6, 6)
    assert torch.equal(alone, together)


def test_only_the_main_process_writes(light: Path, tmp_path: Path) -> None:
    net = train_denoiser(course(6), light, tmp_path / "run", accelerator=StandIn(1, 2))

    assert isinstance(net, RawNet)
    assert [*(tmp_path / "run").iterdir()] == []


REFUSED = (("nosuch", 16, "no raw network"), ("fw-100k", 17, "of 8"), ("fw-5k", 4000, "of 8002"))


@pytest.mark.parametrize(("network", "side", "said"), REFUSED)
def test_a_refused_course_leaves_no_folder_that_refuses_the_next(
    network: str, side: int, said: str, light: Path, tmp_path: Path
) -> None:
    wrong = Course(network=network, plan=Plan(steps=1), recipe=Recipe(side=side))

    with pytest.raises(UsageError, match=said):
        train_denoiser(wrong, light, tmp_path / "run")

    assert not (tmp_path / "run").exists()


def test_weights_can_be_read_by_whom_the_card_can_be_read(tmp_path: Path) -> None:
    write_weights(raw_net("fw-5k"), tmp_path / "w.safetensors", {"network": "fw-5k"})

    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1
