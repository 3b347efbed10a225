"""AgX: the printed matrix, the printed polynomial, and what the curve promises."""

import numpy as np
import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.stages.tone.agx import AgxTone, inset_matrix, sigmoid

# Wrensch, "Minimal AgX Implementation": agx_mat, written there column by column.
PRINTED_INSET = np.array(
    [
        [0.842479062253094, 0.0784335999999992, 0.0792237451477643],
        [0.0423282422610123, 0.878468636469772, 0.0791661274605434],
        [0.0423756549057051, 0.0784336, 0.879142973793104],
    ]
)


def grey(*light: float) -> Frame:
    return Frame.start(torch.tensor(light).reshape(1, 1, 1, -1).expand(1, 3, 1, -1), Domain.LINEAR)


def test_the_inset_is_the_printed_matrix() -> None:
    """Printed from primaries that were rounded on the way: equal within 1e-4."""
    np.testing.assert_allclose(inset_matrix(), PRINTED_INSET, atol=1e-4)
    np.testing.assert_allclose(inset_matrix() @ np.ones(3), np.ones(3), atol=1e-12)


@pytest.mark.parametrize(
    ("side", "factor", "power"), [(-1, 59.507875, 3.0), (1, 69.86278913545539, 3.25)]
)
def test_the_curve_is_the_closed_form_worked_out_by_others(
    side: int, factor: float, power: float
) -> None:
    """bWFuanVzYWth/AgX, from the LUT generator: 1/2 + 2 d (1 + a |d|^b)^(-1/b), d from 20/33."""
    x = torch.linspace(0, 1, 1001).double()
    distance = (x - 20 / 33)[(x - 20 / 33) * side > 0]

    printed = 0.5 + 2 * distance * (1 + factor * distance.abs() ** power) ** (-1 / power)

    torch.testing.assert_close(sigmoid(distance + 20 / 33, 2.0), printed, rtol=0, atol=1e-9)


def test_the_curve_is_wrensch_s_polynomial_within_a_few_thousandths() -> None:
    """The page prints a mean squared error of 3.7e-6 of that polynomial; here it is 7.1e-6."""
    x = torch.linspace(0, 1, 4096).double()
    printed = (
        15.5 * x**6 - 40.14 * x**5 + 31.96 * x**4 - 6.868 * x**3 + 0.4298 * x**2
        + 0.1191 * x - 0.00232
    )  # fmt: skip

    assert float((sigmoid(x, 2.0) - printed).square().mean()) < 1e-5


def test_the_curve_meets_its_ends_and_its_pivot_with_its_slope() -> None:
    ends = [0.0, 20 / 33 - 1e-4, 20 / 33, 20 / 33 + 1e-4, 1.0]
    x = torch.tensor(ends, dtype=torch.float64)

    y = sigmoid(x, 2.4)

    assert y[[0, 2, 4]].tolist() == pytest.approx([0, 0.5, 1], abs=1e-12)
    assert float((y[3] - y[1]) / 2e-4) == pytest.approx(2.4, rel=1e-4)


def test_grey_stays_grey_middle_grey_is_0_218_and_white_lies_6_5_stops_above() -> None:
    toned = AgxTone().develop(grey(0.0, 0.18, 0.18 * 2**6.5, 1e4)).data

    assert (toned.amax(dim=1) - toned.amin(dim=1)).max() < 1e-6
    assert toned[0, 1, 0].tolist() == pytest.approx([0, 0.5**2.2, 1, 1], abs=1e-6)


def test_more_light_is_never_darker() -> None:
    toned = AgxTone().develop(grey(*torch.logspace(-6, 3, 1000).tolist())).data

    assert bool((toned.diff(dim=-1) >= -1e-6).all())


def test_a_bright_colour_loses_its_saturation() -> None:
    red = torch.tensor([0.6, 0.1, 0.05]).reshape(1, 3, 1, 1)
    spread = []
    for stops in (0, 3, 6):
        toned = AgxTone().develop(Frame.start(red * 2**stops, Domain.LINEAR)).data.flatten()
        spread.append(float((toned.max() - toned.min()) / toned.max()))

    assert spread[0] > spread[1] > spread[2]
    assert spread[2] < 0.4


def test_a_colour_is_toned_alike_in_whichever_space_it_is_given() -> None:
    from isp.core.colour import rgb_to_rgb

    colour = np.array([0.5, 0.2, 0.1])
    wide = rgb_to_rgb(PRIMARIES["bt709"], PRIMARIES["bt2020"])

    def toned(values: np.ndarray, space: str) -> np.ndarray:
        data = torch.tensor(values, dtype=torch.float32).reshape(1, 3, 1, 1)
        frame = Frame.start(data, Domain.LINEAR, colour=Colour(primaries=PRIMARIES[space]))
        return AgxTone().develop(frame).data.flatten().numpy()

    np.testing.assert_allclose(
        toned(wide @ colour, "bt2020"), wide @ toned(colour, "bt709"), atol=1e-5
    )


@pytest.mark.parametrize("contrast", [1.0, 11.0])
def test_a_contrast_that_no_such_curve_has_is_refused(contrast: float) -> None:
    with pytest.raises(UsageError, match=r"contrast is 1\.27 to 10"):
        AgxTone(contrast)
