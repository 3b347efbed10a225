"""The judge is three layers of shipped numbers, and gives what they say."""

import pytest
import torch
from torch import nn

from isp.core.errors import FileError
from isp.stages import defect_judge
from isp.stages.defect_judge import NUMBERS, DefectJudge, shipped_weights, weights_of

NOBODY = {"even": 0.0, "even_sigmas": 0.0, "certain": 0.0}


def test_a_judge_by_hand() -> None:
    """relu(2 - 3) = 0 and relu(2 + 3 + 1) = 6: 0.5 x 6 - 1 = 2; by (1, 0): 1 and 2: 3 + 1 - 1."""
    judge = DefectJudge({
        "layers": [
            {"matrix": [[1.0, -1.0], [1.0, 1.0]], "bias": [0.0, 1.0]},
            {"matrix": [[3.0, 0.5]], "bias": [-1.0]},
        ],
        **NOBODY,
    })  # fmt: skip

    assert judge(torch.tensor([[2.0, 3.0], [1.0, 0.0]])).tolist() == [2.0, 3.0]
    assert judge(torch.zeros(0, 2)).shape == (0,)


def test_weights_take_the_description_before_it_was_standardised() -> None:
    layers = [nn.Linear(5, 4), nn.Linear(4, 1)]
    mean, spread = torch.arange(5.0), torch.arange(1.0, 6.0)
    values = torch.randn(7, 5, generator=torch.Generator().manual_seed(1)) * 3 + 1

    wanted = layers[1](torch.relu(layers[0]((values - mean) / spread)))[:, 0]

    judge = DefectJudge(weights_of(layers, mean, spread) | NOBODY)
    torch.testing.assert_close(judge(values), wanted, rtol=1e-4, atol=1e-3)  # five digits are kept


def test_the_shipped_judge_takes_the_description_and_gives_one_number() -> None:
    judge = DefectJudge(shipped_weights())

    assert judge(torch.zeros(3, NUMBERS)).shape == (3,)
    assert judge(torch.zeros(1, NUMBERS)).isfinite().all()


def test_a_file_that_is_no_judge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defect_judge, "WEIGHTS", "__init__.py")
    shipped_weights.cache_clear()
    with pytest.raises(FileError, match="no judge of defects"):
        shipped_weights()
    shipped_weights.cache_clear()
