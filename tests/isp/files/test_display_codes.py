"""Codes of a display signal: exact where they are printed, clipped with a count, measured."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.files.display_codes import code_frame
from tests.isp.files.samples import camera, linear_frame, raw_frame, sdr_frame

BT2020 = Colour(primaries=PRIMARIES["bt2020"])


def light(*grey: float) -> Frame:
    """A row of grey pixels in BT.2020."""
    row = torch.tensor(grey).reshape(1, 1, 1, -1).expand(1, 3, 1, len(grey))
    return Frame.start(row.clone(), Domain.HDR, colour=BT2020)


@pytest.mark.parametrize(("transfer", "codes"), [("pq", [0, 594, 1023]), ("hlg", [0, 767, 1023])])
def test_reference_white_has_the_code_of_the_report(transfer: str, codes: list[int]) -> None:
    """0.580689 x 1023 = 594.04 and 0.749877 x 1023 = 767.1; the end is 10000 or 1000 cd/m2."""
    end = {"pq": 10000, "hlg": 1000}[transfer] / 203

    coded = code_frame("a.avif", light(0.0, 1.0, end * 1.001), 10, transfer=transfer)

    assert coded.code[0, :, 1].tolist() == codes
    assert coded.clips == 3
    assert coded.cicp == (9, {"pq": 16, "hlg": 18}[transfer], 0, 1)


def test_the_white_moves_the_codes() -> None:
    coded = code_frame("a.avif", light(1.0), 12, transfer="pq", white_cd_m2=100.0)

    assert coded.code[0, 0].tolist() == [round(0.508078 * 4095)] * 3


def test_light_levels_are_the_largest_channel_and_its_mean() -> None:
    """Pixels of 406 cd/m2 in one channel, 203, 0 and 0: MaxFALL is 609 / 4."""
    row = torch.tensor([[2.0, 0.5, 0.0], [1.0, 1.0, 1.0], [0, 0, 0], [0, 0, 0]]).T
    frame = Frame.start(row.reshape(1, 3, 1, 4), Domain.HDR, colour=BT2020)

    assert code_frame("a.avif", frame, 12, transfer="pq").light_levels() == (406, 152)


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
def test_a_dark_picture_s_level_is_1_because_0_means_unknown(transfer: str) -> None:
    assert code_frame("a.avif", light(0.0), 10, transfer=transfer).light_levels() == (1, 1)


def test_sdr_codes_are_taken_as_they_are() -> None:
    frame = sdr_frame()

    coded = code_frame("a.avif", frame, 10)

    assert (coded.space, coded.transfer, coded.is_hdr) == ("bt709", "srgb", False)
    unit = frame.data[0].permute(1, 2, 0).double().numpy()
    assert np.array_equal(coded.code, np.rint(unit * 1023))


def test_another_signal_than_the_codes_are_is_refused() -> None:
    with pytest.raises(DomainError, match="pq in bt709 was asked for, but the frame is encoded"):
        code_frame("a.png", sdr_frame(), 16, transfer="pq")
    with pytest.raises(DomainError, match="srgb in p3 was asked for"):
        code_frame("a.png", sdr_frame(), 16, space="p3")
    with pytest.raises(UsageError, match="white is of linear light"):
        code_frame("a.png", sdr_frame(), 16, white_cd_m2=100.0)


def test_light_without_a_curve_and_what_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="or ask for pq or hlg"):
        code_frame(tmp_path / "a.png", linear_frame(), 16)
    with pytest.raises(DomainError, match="the frame is in raw; run tone mapping"):
        code_frame("a.png", raw_frame(camera()), 16, transfer="pq")
    with pytest.raises(UsageError, match="HLG is defined for bt2020"):
        code_frame("a.png", linear_frame(), 16, transfer="hlg", space="p3")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    frame = light(1.0, value)

    with pytest.raises(FrameError, match="3 values are NaN or infinite"):
        code_frame("a.avif", frame, 10, transfer="pq")
    with pytest.raises(FrameError, match="values are NaN or infinite"):
        code_frame("a.avif", replace(frame, domain=Domain.SDR), 10, transfer="linear")
