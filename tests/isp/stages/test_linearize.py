"""A table of linear DN is looked up at every stored DN, and in between."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.stages.linearize import Linearize, linearize


def test_each_stored_dn_becomes_its_entry_and_what_is_beyond_the_last() -> None:
    dn = torch.tensor([[[[0.0, 1.0, 2.0, 3.0, 99.0, -4.0]]]])

    linear = linearize(dn, torch.tensor([[5.0, 7.0, 100.0, 900.0]]))

    assert linear.flatten().tolist() == [5.0, 7.0, 100.0, 900.0, 900.0, 5.0]


def test_each_image_of_a_batch_has_its_own_table() -> None:
    dn = torch.ones(2, 1, 2, 3)

    linear = linearize(dn, torch.tensor([[0.0, 10.0], [0.0, 20.0]]))

    assert linear[0].unique().tolist() == [10.0]
    assert linear[1].unique().tolist() == [20.0]


@given(dn=st.floats(0, 1000), gain=st.floats(0.1, 8))
def test_a_straight_table_is_a_gain_between_its_entries_too(dn: float, gain: float) -> None:
    table = gain * torch.arange(1001.0)[None]

    linear = linearize(torch.tensor([[[[dn]]]]), table).item()

    assert linear == pytest.approx(gain * dn, rel=1e-5, abs=1e-3)


def test_the_inverse_of_a_converters_error_gives_back_the_light() -> None:
    # A converter that compresses: dn = 4095 (l / 4095) ^ 0.9, whole numbers.
    light = torch.linspace(0, 4095, 512).reshape(1, 1, 16, 32)
    dn = (4095 * (light / 4095) ** 0.9).round()
    table = tuple((4095 * (torch.arange(4096.0) / 4095) ** (1 / 0.9)).tolist())

    linear = Linearize(table).develop(Frame.start(dn, Domain.RAW)).data

    # Half a DN times the curve's largest slope, 1 / 0.9.
    assert abs(linear - light).max() <= 0.5 / 0.9 + 1e-3


def test_without_a_table_every_dn_stays() -> None:
    dn = torch.arange(12.0).reshape(1, 1, 3, 4)

    assert torch.equal(Linearize().develop(Frame.start(dn, Domain.RAW)).data, dn)


def test_a_table_that_falls_is_refused() -> None:
    with pytest.raises(UsageError, match="falls somewhere"):
        Linearize((0.0, 5.0, 4.0))
