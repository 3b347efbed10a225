"""A machine that has only torch and numpy trains: nothing else is asked for, nor another device."""

import json
from pathlib import Path

import pytest
import torch

from apps.train.clean_light import CleanLight
from apps.train.eld_lines import ELD_LINES
from apps.train.raw_pairs import RawPairs
from apps.train.training_cameras import TrainingCameras
from enhance.exposure_diffusion import Growth
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
    assert 0 < card["noise_left"]["mean"] < 2


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


def test_a_batch_on_another_device_never_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Traced on tensors without values: an operation across two devices would be refused."""
    _no_kernels(monkeypatch)
    says, counts = torch.Tensor.__bool__, torch.Tensor.__float__
    # What asks for a value gets the answer of a sound batch, in deep wells.
    monkeypatch.setattr(torch.Tensor, "__bool__", lambda t: t.is_meta or says(t))
    monkeypatch.setattr(torch.Tensor, "__float__", lambda t: 2.0**23 if t.is_meta else counts(t))
    monkeypatch.setattr(Draws, "check", lambda *a: None)
    monkeypatch.setattr(poisson, "quantile", lambda lam, words: lam + 0 * words)
    light = CleanLight(small_pack(tmp_path), "meta")
    pairs = RawPairs(light, TrainingCameras(lines=tuple(ELD_LINES.values())), RECIPE)
    with pytest.raises(RuntimeError, match="device"):
        torch.ones(2, device="meta") + torch.ones(2)

    batch = pairs.batch(4)
    draws = Draws(seed=0, effect=Effect.NETWORK, sensor="increments", item=torch.arange(4))
    loss = progressive_loss(
        raw_net("fw-5k").to("meta"), batch.captured, batch.clean, (1.0, 7.0), draws,
        growth=Growth(poisson=False),
    )  # fmt: skip

    captured = batch.captured
    made = [captured.electrons, captured.white_e, captured.dark_variance_e2, batch.clean, loss]
    assert [tensor.device.type for tensor in made] == ["meta"] * 5
    assert batch.ratio.device.type == "cpu"
