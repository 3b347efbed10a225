"""Figures of stages develop the same frame in the ways they name."""

import pytest
import torch

from apps.isp_pictures import raw
from apps.report.stage_figure import BASE, compared, developed, seen, up_to, with_and_without
from isp.core.domain import Domain
from isp.core.frame import Frame

CROP = (100, 140, 200, 260)


@pytest.fixture(scope="module")
def frame() -> Frame:
    return raw()


def test_a_frame_is_developed_by_the_stages_that_were_named(frame: Frame) -> None:
    assert developed(frame).domain is Domain.SDR
    assert developed(frame, ("black_level", "white_balance")).domain is Domain.MOSAIC
    bright, dark = (developed(frame, BASE, {"exposure": {"ev": ev}}) for ev in (1.0, -1.0))
    assert bright.data.mean() > dark.data.mean() + 0.1
    assert torch.equal(developed(frame).data, bright.data)  # a stop more, where nothing is said


def test_light_is_encoded_for_the_eye_and_codes_are_shown_as_they_are(frame: Frame) -> None:
    mosaic, codes = developed(frame, ("black_level",)), developed(frame)
    top, end, left, right = CROP

    assert seen(mosaic, CROP).shape == (40, 60)
    light = mosaic.data[0, 0, top:end, left:right].clamp(0, 1)
    torch.testing.assert_close(
        seen(mosaic, CROP)[light > 0.01], 1.055 * light[light > 0.01] ** (1 / 2.4) - 0.055
    )
    assert torch.equal(seen(codes, CROP), codes.data[0, :, top:end, left:right].permute(1, 2, 0))


def test_every_panel_has_its_title_and_its_own_pixels(frame: Frame) -> None:
    ways = {"as it is": (BASE, {}), "darker": (BASE, {"exposure": {"ev": -2.0}})}

    for figure, titles in (
        (compared(frame, CROP, ways, 2.0), ["as it is", "darker"]),
        (with_and_without("sharpen", "exposure", frame, CROP), ["without", "with"]),
        (up_to(("malvar2004", "encode"), frame, CROP), ["after malvar2004", "after encode"]),
    ):
        assert [axes.get_title() for axes in figure.axes] == titles
        first, second = (axes.images[0].get_array() for axes in figure.axes)
        assert abs(first - second).max() > 0.05
