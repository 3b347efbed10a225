"""The kernels' curves by number are the stages' curves by name."""

from isp.core.transfer import ENCODERS
from isp.fused.curves import FILMIC, OPEN, PLAIN, REINHARD, TRANSFERS


def test_every_transfer_curve_that_the_kernels_know_is_one_of_ours() -> None:
    assert set(TRANSFERS) <= set(ENCODERS)


def test_no_two_curves_share_a_number() -> None:
    assert len({PLAIN, FILMIC, REINHARD}) == 3
    assert len({OPEN, *TRANSFERS.values()}) == 3
