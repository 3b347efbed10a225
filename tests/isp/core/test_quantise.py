"""Bits round half to even, clip to the domain's range, and cost nothing else."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.quantise import Quantised, quantise
from isp.core.stage import Stage, as_stage
from isp.stages.black_level import BlackLevel
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.white_balance import WhiteBalance


def passing(domain: Domain) -> Stage:
    return as_stage(lambda values: values, domain, name="passing")


def a_frame(domain: Domain, values: list[float]) -> Frame:
    data = torch.tensor(values).reshape(1, 1, 1, -1)
    return Frame.start(data.expand(1, domain.channels or 3, 1, -1), domain)


@pytest.mark.parametrize(
    ("bits", "values", "codes"),
    [
        # 3 codes between 0 and 1: 0.5 is code 1.5, which goes to the even 2; 1/6 is 0.5, to 0.
        (2, [0.5, 1 / 6, 0.2, 1.0], [2, 0, 1, 3]),
        # 0.5 is code 127.5 of 255, to 128; 2.5 and 3.5 / 255 both go to an even one.
        (8, [0.5, 2.5 / 255, 3.5 / 255], [128, 2, 4]),
        (1, [-0.1, 0.49, 0.51, 7.0], [0, 0, 1, 1]),
    ],
)
def test_a_value_becomes_the_nearest_code_half_to_even(
    bits: int, values: list[float], codes: list[int]
) -> None:
    last = 2**bits - 1

    assert (quantise(torch.tensor(values), bits) * last).round(decimals=3).tolist() == codes


def test_headroom_is_what_the_largest_code_means() -> None:
    # 15 codes over 0..4: steps of 4/15; 1.0 is code 3.75, to 4.
    assert quantise(torch.tensor([1.0, 3.9, 5.0]), 4, 4.0).tolist() == pytest.approx(
        [16 / 15, 4.0, 4.0]
    )


@pytest.mark.parametrize("bits", range(1, 17))
def test_codes_stay_what_they_are(bits: int) -> None:
    codes = torch.arange(2**bits) / (2**bits - 1)

    assert torch.equal(quantise(codes, bits), codes)


def test_no_value_moves_by_more_than_half_a_step() -> None:
    values = torch.rand(10_000, generator=torch.Generator().manual_seed(1))

    moved = (quantise(values, 10) - values).abs().max()

    # Half a step, and float32's rounding of the code (below 2^10) and of the value.
    assert 0.45 / 1023 < moved <= 0.5 / 1023 + 2**-24 * 2


def test_raw_keeps_whole_dn_and_clips_at_the_largest_code() -> None:
    frame = a_frame(Domain.RAW, [-3.0, 100.5, 101.5, 5000.0])

    developed = Quantised(passing(Domain.RAW), 12).develop(frame)

    assert developed.data.flatten().tolist() == [0, 100, 102, 4095]
    assert developed.history[-1][1]["quantised"] == {
        "bits": 12, "top": 4095.0, "below": 1, "above": 1
    }  # fmt: skip


def test_what_the_codes_cannot_hold_is_counted_and_stays_measured() -> None:
    """The sensor saw that light: masks tell of the sensor, and nothing is to be invented there."""
    frame = a_frame(Domain.MOSAIC, [0.5, 3.0])

    developed = Quantised(passing(Domain.MOSAIC), 10).develop(frame)

    assert developed.history[-1][1]["quantised"]["above"] == 1
    assert bool(developed.measured.all())
    assert not bool(developed.clipped.any())


def test_a_balanced_highlight_needs_headroom_to_survive() -> None:
    frame = a_frame(Domain.MOSAIC, [0.8, 0.8])
    balance = WhiteBalance(Cfa.RGGB, (2.0, 1.0, 1.5))

    without = Quantised(balance, 10).develop(frame).data.flatten().tolist()
    with_room = Quantised(balance, 10, 2.0).develop(frame).data.flatten().tolist()

    assert without == pytest.approx([1.0, 818 / 1023])
    assert with_room == pytest.approx([818 / 1023 * 2, 409 / 1023 * 2])


def test_all_but_the_rounding_is_the_inner_stages_own() -> None:
    inner = Exposure(1.0)
    frame = a_frame(Domain.LINEAR, [0.1, 0.3])

    alone, rounded = inner.develop(frame), Quantised(inner, 8).develop(frame)

    (name, said), (rounded_name, more) = alone.history[-1], rounded.history[-1]
    assert (name, said) == (rounded_name, {k: v for k, v in more.items() if k != "quantised"})
    assert torch.equal(rounded.data, quantise(alone.data, 8))
    assert rounded.colour == alone.colour
    assert torch.equal(rounded.measured, alone.measured)
    stage = Quantised(inner, 8)
    assert (stage.halo, stage.mask_support, stage.name) == (0, 0, "exposure")
    assert stage.domain_out is Domain.LINEAR


def test_a_users_function_stays_out_of_graphs() -> None:
    assert not Quantised(passing(Domain.LINEAR), 8).exportable
    assert Quantised(Encode(), 8).exportable


@pytest.mark.parametrize(
    ("stage", "bits", "headroom", "reason"),
    [
        (BlackLevel(Cfa.RGGB), 0, 1.0, "bits of black_level are 1 to 16, not 0"),
        (BlackLevel(Cfa.RGGB), 17, 1.0, "1 to 16, not 17"),
        (BlackLevel(Cfa.RGGB), 8, 0.0, "headroom of black_level is above 0"),
        (BlackLevel(Cfa.RGGB), 8, float("inf"), "above 0, not inf"),
        (Encode(), 8, 2.0, "gives SDR, whose codes have no headroom"),
        (passing(Domain.RAW), 8, 2.0, "gives RAW, whose codes have no headroom"),
        (passing(Domain.ELECTRONS), 8, 1.0, "gives ELECTRONS, which is not stored in bits"),
    ],
)
def test_what_no_integer_pipe_can_hold_is_refused(
    stage: Stage, bits: int, headroom: float, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        Quantised(stage, bits, headroom)
