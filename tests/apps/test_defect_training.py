"""The judge learns from spoilt captures, turned every way, and its limits are chosen on others."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from apps.defect_examples import examples, joined
from apps.defect_training import (
    TURNS,
    Judged,
    judged,
    limits,
    main,
    standards,
    trained,
)
from isp.core.errors import CalibrationError
from isp.stages.defect_judge import LIMITS, NUMBERS, DefectJudge, shipped_weights, weights_of
from tests.apps.test_defect_examples import capture, noisy


def test_each_turn_is_a_permutation_and_all_eight_differ() -> None:
    orders = {tuple(turn.tolist()) for turn in TURNS}

    assert len(orders) == 8
    assert all(sorted(order) == list(range(NUMBERS)) for order in orders)


def test_a_judge_trained_on_even_light_finds_defects_there() -> None:
    # Even light leaves hardly any sound one that stands out: louder noise than was said does.
    generator = torch.Generator().manual_seed(5)
    loud = replace(
        capture(9), mosaic=noisy(9) + 0.03 * torch.randn(1, 1, 300, 300, generator=generator)
    )
    data = joined([*(examples(capture(seed)) for seed in range(4)), examples(loud)])
    mean, spread = standards(data.numbers)
    standard = replace(data, numbers=(data.numbers - mean) / spread)

    weights = weights_of(trained(standard, 100, generator), mean, spread)
    judge = DefectJudge(weights | dict.fromkeys(LIMITS, 0.0))

    right = (judge(data.numbers) > 0) == (data.defective > 0)
    assert int(data.defective.sum()) > 1000
    assert float(right.float().mean()) > 0.95


def kind(odds: list[float], defective: list[int], *, even_at: float = 9.0) -> Judged:
    """Photosites 9.5 sigma and 4.75 units from what surrounds them, of 400 000."""
    count = len(odds)
    return Judged(
        odds=torch.tensor(odds), departure=torch.full((count,), 4.75),
        sigmas=torch.full((count,), 9.5),
        texture=torch.full((count,), even_at), defective=torch.tensor(defective) > 0,
        photosites=400_000,
    )  # fmt: skip


def test_the_limit_leaves_four_false_in_the_worst_kind() -> None:
    """1e-5 of 400 000 is 4: the fifth sound one of the first kind, 3, is the limit."""
    one = kind([9, 8, 7, 6, 3, 2, 5, 1], [0, 0, 0, 0, 0, 0, 1, 1])
    other = kind([9, 1, 1], [0, 0, 1])

    chosen = limits([one, other])

    assert chosen.log_odds == 3
    assert chosen.false_share == pytest.approx(1e-5)
    assert chosen.recall == pytest.approx(1 / 3)


def test_even_light_takes_as_much_as_keeps_within_its_part() -> None:
    """60 % of 4 is 2: at 8 sigma 3 would be found in texture below 2, at 10 none and no defect."""
    few = kind([0, 0, 1], [0, 0, 1], even_at=1.55)
    many = kind([0, 0, 0, 1], [0, 0, 0, 1], even_at=1.9)

    chosen = limits([few, many])

    assert 1.55 < chosen.even <= 1.9
    assert chosen.even_sigmas < 9.5


def test_more_false_ones_than_any_setting_forgives_are_refused() -> None:
    bad = replace(kind([0] * 5, [0] * 5), departure=torch.full((5,), 1e3))

    with pytest.raises(CalibrationError, match="as few false ones"):
        limits([bad])


def test_captures_of_one_kind_and_setting_are_judged_together() -> None:
    judge = DefectJudge(shipped_weights())
    others = [replace(capture(seed), kind=1) for seed in (1002, 2002)]
    together = judged([capture(2), *others], judge)

    assert [seen.photosites for seen in together] == [90_000, 180_000]
    assert int(together[1].defective.sum()) > int(together[0].defective.sum())
    # In even light an amplitude of sigmas is what was put there: 6 and more, less the noise of 1.
    assert float(together[0].sigmas[together[0].defective].min()) > 3


def test_without_the_real_data_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)

    assert main(["-o", str(tmp_path / "judge.json")]) == 2
    assert "set FULLWELL_DATA" in capsys.readouterr().err
