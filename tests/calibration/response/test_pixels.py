"""Pixels of a bracket: chosen evenly, refused with what to reshoot."""

import numpy as np
import pytest
import torch

from calibration.response.pixels import channel_codes, roughness
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, DomainError, FrameError, UsageError
from isp.core.frame import Frame


def pictures(
    *exposures: float, size: tuple[int, int] = (60, 80), grey: bool = False
) -> list[Frame]:
    light = torch.linspace(0.003, 1.2, size[0] * size[1]).reshape(1, 1, *size)
    colours = light * torch.tensor([1.0, 1.0 if grey else 0.9, 1.0]).reshape(1, 3, 1, 1)
    return [
        Frame.start(torch.round(255 * (e * colours).clamp(0, 1)) / 255, Domain.SDR)
        for e in exposures
    ]


def test_pictures_come_in_the_order_of_exposure_and_grey_ones_as_one_channel() -> None:
    found = channel_codes(pictures(1.0, 0.25, grey=True), [1.0, 0.25], ["a", "b"])

    assert len(found) == 1
    np.testing.assert_allclose(found[0].log_exposures, np.log([0.25, 1.0]))
    assert (found[0].codes[:, 0] <= found[0].codes[:, 1]).all()
    assert len(channel_codes(pictures(1.0, 0.25), [1.0, 0.25], ["a", "b"])) == 3


def test_roughness_is_the_range_of_three_by_three() -> None:
    spot = torch.zeros(2, 1, 5, 5, dtype=torch.float64)
    spot[1, 0, 2, 2] = 9

    assert roughness(spot)[0].tolist() == [[0] * 5, *[[0, 9, 9, 9, 0]] * 3, [0] * 5]


@pytest.mark.parametrize(
    ("frames", "exposures", "error", "says"),
    [
        (pictures(1.0), [1.0], UsageError, "at least 2"),
        (pictures(1.0, 0.5), [1.0], UsageError, "as many"),
        (pictures(1.0, 1.0), [1.0, 1.0], CalibrationError, "same exposure.*reshoot"),
        (pictures(1.0) + pictures(0.5, size=(60, 81)), [1.0, 0.5], FrameError, "b is 81 x 60"),
        (pictures(1.0, 1000.0), [1.0, 1000.0], CalibrationError, "b is white everywhere.*shorter"),
        (pictures(1.0, 1e-4), [1.0, 1e-4], CalibrationError, "b is black everywhere.*longer"),
    ],
    ids=["one", "exposures", "equal", "size", "white", "black"],
)
def test_a_bracket_that_tells_nothing_says_what_to_reshoot(
    frames: list[Frame], exposures: list[float], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        channel_codes(frames, exposures, ["a", "b"][: len(frames)])


def test_light_and_codes_between_codes_are_refused() -> None:
    light = [Frame.start(torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(1)), d)
             for d in (Domain.LINEAR, Domain.LINEAR)]  # fmt: skip
    with pytest.raises(DomainError):
        channel_codes(light, [1.0, 2.0], ["a", "b"])
    between = [Frame.start(torch.full((1, 3, 4, 4), 0.3), Domain.SDR)] * 2
    with pytest.raises(FrameError, match="8 bits"):
        channel_codes(between, [1.0, 2.0], ["a", "b"])
