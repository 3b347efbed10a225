"""The judge learns from spoilt captures, turned every way, to tell defects from the picture."""

from pathlib import Path

import pytest
import torch

from apps.defect_training import TURNS, examples, joined, main, spoilt, standards, trained
from isp.core.cfa import Cfa
from isp.stages.defect_judge import NUMBERS, DefectJudge, weights_of

NOISE = torch.tensor([[1e-6, 1e-4, 0.0]])


def noisy(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.4 + 6.4e-3 * torch.randn(1, 1, 300, 300, generator=generator)


def test_four_in_a_thousand_are_spoilt_and_the_rest_left() -> None:
    """360 +- 19 of 90000, five of these; a hot one is at most 1.05."""
    sound = noisy(1)
    sigma = torch.full_like(sound, 6.4e-3)

    changed = spoilt(sound, sigma, torch.ones_like(sound), torch.Generator().manual_seed(2))

    assert abs(int((changed != sound).sum()) - 360) < 95
    assert changed.max() <= 1.05
    nowhere = spoilt(sound, sigma, torch.zeros_like(sound), torch.Generator().manual_seed(2))
    assert torch.equal(nowhere, sound)


def test_each_turn_is_a_permutation_and_all_eight_differ() -> None:
    orders = {tuple(turn.tolist()) for turn in TURNS}

    assert len(orders) == 8
    assert all(sorted(order) == list(range(NUMBERS)) for order in orders)


def test_a_judge_trained_on_even_light_finds_defects_there() -> None:
    generator = torch.Generator().manual_seed(5)
    ones = torch.ones(1, 1, 300, 300)
    data = joined([examples(noisy(s), ones, NOISE, Cfa.RGGB, generator) for s in range(4)])
    # Even light leaves hardly any sound one that stands out: louder noise than was said does.
    loud = examples(
        noisy(9) + 0.03 * torch.randn(ones.shape, generator=generator), ones, NOISE, Cfa.RGGB,
        generator,
    )  # fmt: skip
    data = joined([data, loud])
    mean, spread = standards(data.numbers)
    standard = type(data)(
        numbers=(data.numbers - mean) / spread, defective=data.defective, weight=data.weight
    )

    judge = DefectJudge(weights_of(trained(standard, 200, generator), mean, spread))

    right = (judge(data.numbers) > 0) == (data.defective > 0)
    assert int(data.defective.sum()) > 1000
    assert float(right.float().mean()) > 0.95


def test_without_the_real_data_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)

    assert main(["-o", str(tmp_path / "judge.json")]) == 2
    assert "set FULLWELL_DATA" in capsys.readouterr().err
