"""A machine that has only torch and numpy trains: nothing else is asked for, nor another device."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from apps.train.clean_light import CleanLight
from apps.train.eld_lines import ELD_LINES
from apps.train.raw_pairs import RawPairs
from apps.train.training_cameras import TrainingCameras, photographed
from enhance.nets.raw_nets import raw_net
from enhance.progressive_loss import progressive_loss
from isp.core import poisson, rng
from isp.core.rng import Draws, Effect
from simulate.fused import cpu, gpu
from tests.apps.train.small_light import RECIPE, course, small_pack
from tests.test_house import ABSENT_IN_TRAINING, in_fresh_python

ABSENT = (*ABSENT_IN_TRAINING, "safetensors", "scipy", "PIL", "typer", "rich", "matplotlib")


def two_steps(light: Path, out: Path, absent: tuple[str, ...]) -> None:
    in_fresh_python(f"""
import sys
sys.modules.update(dict.fromkeys({absent}))
from pathlib import Path
from apps.train import card_facts
from apps.train.denoiser_training import Course, train_denoiser
from apps.train.raw_pairs import Recipe
from enhance.training import Plan
card_facts.LEVELS = (0.1,)
course = Course(network="fw-5k", plan=Plan(steps=2), recipe=Recipe(count=2, side=16))
assert train_denoiser(course, Path({str(light)!r}), Path({str(out)!r})) is not None
""")


@pytest.mark.parametrize("absent", [ABSENT, (*ABSENT, "numba", "llvmlite")],
                         ids=["with numba", "torch and numpy"])  # fmt: skip
def test_two_steps_are_trained_where_all_else_is_missing(
    tmp_path: Path, absent: tuple[str, ...]
) -> None:
    two_steps(small_pack(tmp_path / "light"), tmp_path / "run", absent)

    kept = torch.load(tmp_path / "run" / "weights.pt", weights_only=True)
    assert sum(tensor.numel() for tensor in kept.values()) == 4581
    card = json.loads((tmp_path / "run" / "weights.json").read_text())
    assert card["network"] == "fw-5k"
    assert 0 < card["noise_left"] < 2


def test_batches_are_the_same_without_compiled_loops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = course()
    pairs = RawPairs(CleanLight(small_pack(tmp_path)), asked.training_cameras(), RECIPE, 3)
    with_numba = pairs.batch(5)
    _no_kernels(monkeypatch)

    without = pairs.batch(5)

    assert torch.equal(without.clean, with_numba.clean)
    assert torch.equal(without.captured.white_e, with_numba.captured.white_e)
    gain = float(15871 / (with_numba.captured.white_e.min() * with_numba.ratio.min()))
    away = (without.captured.electrons - with_numba.captured.electrons).abs()
    assert float((away > 1e-3).double().mean()) <= 1e-3  # of 4096 values; 1e-4 is what is promised
    assert float(away.max()) * gain <= 100  # one DN, in electrons of the lowest gain


def _no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (rng, poisson, cpu):
        monkeypatch.setattr(module, "numba_is_there", lambda: False)
    monkeypatch.setattr(gpu, "triton_is_there", lambda: False)


def test_a_batch_on_a_gpu_never_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced on tensors that only pretend: an operation across two devices would be refused."""
    _no_kernels(monkeypatch)
    # Values are unknown there, so what asks for one gets the answer of a sound batch.
    monkeypatch.setattr(FakeTensor, "__bool__", lambda self: True, raising=False)
    monkeypatch.setattr(Draws, "check", lambda *a: None)
    monkeypatch.setattr(poisson, "quantile", lambda lam, words: lam + 0 * words)
    cameras, items = TrainingCameras(lines=tuple(ELD_LINES.values())), torch.arange(3)
    noise = cameras.noise(items, torch.tensor([0.1, 0.5, 0.9]).double(), "eld", 0)
    ratio, sensor = torch.tensor([1.0, 30.0, 300.0]), cameras.sensor("training")
    net = raw_net("fw-5k")
    seen: list[Any] = []

    with FakeTensorMode(allow_non_fake_inputs=True):
        clean = torch.rand(3, 1, 32, 32, device="cuda")
        captured = photographed(clean, ratio, noise, sensor, 0, items)
        seen += [captured.electrons, captured.white_e, captured.dark_variance_e2]
        net.to("cuda")
        draws = Draws(seed=0, effect=Effect.NETWORK, sensor="increments", item=items)
        seen.append(progressive_loss(net, captured, captured.electrons, (1.0,), draws))

    assert [tensor.device.type for tensor in seen] == ["cuda"] * 4
