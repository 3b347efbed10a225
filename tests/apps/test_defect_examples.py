"""Captures are spoilt as said, and what stands out of them is described."""

from pathlib import Path

import pytest
import torch

from apps import defect_examples
from apps.defect_examples import Capture, examples, joined, learnt, spoilt
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.stages.defect_judge import NUMBERS

NOISE = torch.tensor([[1e-6, 1e-4, 0.0]])
ONES = torch.ones(1, 1, 300, 300)


def noisy(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.4 + 6.4e-3 * torch.randn(1, 1, 300, 300, generator=generator)


def capture(seed: int, cfa: Cfa = Cfa.RGGB) -> Capture:
    return Capture(mosaic=noisy(seed), measured=ONES, noise=NOISE, cfa=cfa, kind=0, seed=seed)


def changed_by(measured: torch.Tensor, seed: int = 2) -> torch.Tensor:
    sound = noisy(1)
    generator = torch.Generator().manual_seed(seed)
    return spoilt(sound, torch.full_like(sound, 6.4e-3), measured, (2, 2), generator)


def test_four_in_a_thousand_are_spoilt_some_in_pairs_and_the_rest_left() -> None:
    """360 +- 19 of 90000, and 15 % more as partners, 54 +- 7; a hot one is at most 1.05."""
    sound, changed = noisy(1), changed_by(ONES)
    bad = changed != sound

    assert abs(int(bad.sum()) - 414) < 5 * 21
    assert changed.max() <= 1.05
    assert torch.equal(changed_by(torch.zeros_like(ONES)), sound)
    # Steps of one period that meet another: of 360 at random 1.4 would, by each.
    meet = max(int((bad & bad.roll(step, dims=(2, 3))).sum()) for step in ((2, 2), (0, 2), (2, 0)))
    assert meet > 30


def test_what_a_capture_gives_is_the_same_each_time_and_another_for_another_seed() -> None:
    one, again, other = (examples(capture(seed)) for seed in (4, 4, 5))

    assert torch.equal(one.numbers, again.numbers)
    assert one.numbers.shape != other.numbers.shape or not torch.equal(one.numbers, other.numbers)


@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.MONO, Cfa.QUAD_RGGB, Cfa.XTRANS])
def test_defects_of_even_light_stand_out_and_have_even_light_around(cfa: Cfa) -> None:
    """Texture is 1 without defects; each nearby adds 9 / 48 at most."""
    seen = joined([examples(capture(6, cfa)), examples(capture(7, cfa))])

    assert seen.numbers.shape == (len(seen.defective), NUMBERS)
    assert float(seen.defective.mean()) > 0.98
    assert int(seen.defective.sum()) > 500
    assert abs(float(seen.texture.median()) - 1) < 0.15
    assert float(seen.amplitude[seen.defective > 0].min()) > 6


def test_sound_ones_that_are_drawn_stand_for_the_others() -> None:
    """Noise five times what is said: many sound ones stand out."""
    loud = Capture(
        mosaic=0.4 + 5 * (noisy(3) - 0.4), measured=ONES, noise=NOISE, cfa=Cfa.RGGB, kind=0, seed=1
    )
    every, some = examples(loud, None), examples(loud, 100)
    sound = some.defective == 0

    assert int(sound.sum()) == 100
    total = int((every.defective == 0).sum())
    assert total > 1000
    assert float(some.weight[sound].sum()) == pytest.approx(total, rel=1e-4)


def test_a_folder_without_photographs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(defect_examples, "LEARNT", ())

    with pytest.raises(UsageError, match="no train_photos"):
        next(learnt(tmp_path))
