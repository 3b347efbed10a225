"""Networks by name."""

import pytest

from enhance.nets.linear_net import LinearNet
from enhance.nets.raw_nets import RAW_NETS, raw_net
from enhance.nets.stabilised_net import StabilisedNet
from isp.core.errors import UsageError


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("fw-5k-photon", 4_473), ("fw-100k-photon", 106_969), ("fw-1m-photon", 1_070_889),
        ("fw-100k-plain", 105_668), ("nafnet-1", 4_793), ("nafnet-1-plain", 3_492),
        ("nafnet-2", 6_897_865), ("sid-unet", 7_761_801), ("sid-unet-plain", 7_760_484),
        ("sid-unet-photon-capture", 7_762_953),
    ],
)  # fmt: skip
def test_a_name_is_the_net_of_that_many_parameters(name: str, count: int) -> None:
    assert sum(parameter.numel() for parameter in raw_net(name).parameters()) == count


def test_a_bare_name_is_ours_as_we_condition_it_and_the_papers_as_they_do() -> None:
    assert isinstance(raw_net("fw-1m"), StabilisedNet)
    paper = raw_net("nafnet-1")
    assert isinstance(paper, LinearNet)
    assert (paper.conditioning, paper.head, paper.clip_max) == ("photon", "arl", 1.0)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match='"fw-2m"; there are fw-5k, fw-100k, fw-1m, sid-unet'):
        raw_net("fw-2m")
    assert len(RAW_NETS) == 41
