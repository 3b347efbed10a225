"""Each demosaic that a kernel knows has a number of its own."""

from isp.fused.demosaics import GBTF_ROOT, MALVAR


def test_the_numbers_differ() -> None:
    assert MALVAR != GBTF_ROOT
