"""Exposure is a power of two; automatic exposure brings measured light to middle grey."""

import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.stages.exposure import Exposure, automatic_ev, expose_linear, highlight_ev


def test_one_stop_doubles_and_minus_one_halves() -> None:
    exposed = expose_linear(torch.full((3, 3, 1, 1), 0.3), torch.tensor([1.0, 0.0, -1.0]))

    assert exposed[:, 0, 0, 0].tolist() == pytest.approx([0.6, 0.3, 0.15])


def test_negative_values_stay_negative_and_nothing_is_clipped() -> None:
    exposed = expose_linear(torch.tensor([-0.01, 0.5, 3.0]).reshape(1, 3, 1, 1), torch.ones(1) * 3)

    assert exposed.flatten().tolist() == pytest.approx([-0.08, 4.0, 24.0])


def test_a_grey_wall_comes_to_middle_grey() -> None:
    frame = Frame.start(torch.full((1, 3, 4, 4), 0.02), Domain.LINEAR)

    exposed = Exposure("auto").develop(frame)

    torch.testing.assert_close(exposed.data, torch.full((1, 3, 4, 4), 0.18), rtol=1e-4, atol=0)
    assert exposed.history[0][1]["automatic"] is True
    assert exposed.history[0][1]["ev"] == pytest.approx([3.1699], abs=1e-3)  # log2(0.18 / 0.02)


def test_stops_that_answer_a_word_are_given_and_noted_as_estimated() -> None:
    stage = Exposure(1.0)
    stage.answers = {"ev": "auto"}

    exposed = stage.develop(Frame.start(torch.full((1, 3, 1, 1), 0.3), Domain.LINEAR))

    assert exposed.data.flatten().tolist() == pytest.approx([0.6] * 3)
    assert exposed.history[0][1]["automatic"] is True


def test_automatic_exposure_takes_the_geometric_mean_of_luminance() -> None:
    # 0.01 and 1 average to 0.1 in the logarithm.
    linear = torch.tensor([0.01, 1.0]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)

    ev = automatic_ev(linear, torch.ones(1, 1, 1, 2, dtype=torch.bool), Colour())

    assert float(ev) == pytest.approx(0.8480, abs=1e-3)  # log2(0.18 / 0.1)


def test_luminance_is_that_of_the_frame_s_own_space() -> None:
    blue = torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
    measured = torch.ones(1, 1, 1, 1, dtype=torch.bool)

    in_709 = automatic_ev(blue, measured, Colour())
    in_2020 = automatic_ev(blue, measured, Colour(primaries=PRIMARIES["bt2020"]))

    # CONVENTIONS 1.5: blue's luminance is 0.0721923 in BT.709 and 0.0593017 in BT.2020.
    assert 0.18 / 2 ** float(in_709) == pytest.approx(0.0721923, rel=1e-4)
    assert 0.18 / 2 ** float(in_2020) == pytest.approx(0.0593017, rel=1e-4)


def test_unmeasured_highlights_do_not_darken_the_picture() -> None:
    data = torch.full((1, 3, 2, 2), 0.09)
    data[..., 1] = 1e4
    measured = torch.tensor([True, False]).expand(1, 1, 2, 2)
    frame = Frame.start(data, Domain.LINEAR, measured=measured)

    exposed = Exposure("auto").develop(frame)

    assert exposed.data[0, 0, 0, 0] == pytest.approx(0.18, rel=1e-4)


def test_each_image_of_a_batch_is_exposed_for_itself() -> None:
    data = torch.tensor([0.36, 0.045]).reshape(2, 1, 1, 1).expand(2, 3, 2, 2)

    exposed = Exposure("auto").develop(Frame.start(data, Domain.LINEAR))

    torch.testing.assert_close(exposed.data, torch.full((2, 3, 2, 2), 0.18), rtol=1e-4, atol=0)


def test_a_black_picture_cannot_be_exposed_automatically() -> None:
    frame = Frame.start(torch.zeros(1, 3, 2, 2), Domain.LINEAR)

    with pytest.raises(FrameError, match="no measured light; pass --exposure EV"):
        Exposure("auto").develop(frame)


def test_a_word_other_than_auto_is_refused() -> None:
    with pytest.raises(UsageError, match='a number of stops, "auto" or "highlights", not "bright"'):
        Exposure("bright")


def test_highlights_bring_the_99th_percentile_of_the_brightest_channel_to_white() -> None:
    """Of 200 pixels two may exceed white: the third brightest, red 4, comes to 1."""
    data = torch.full((1, 3, 1, 200), 0.01)
    data[0, 0, 0, :3] = torch.tensor([100.0, 16.0, 4.0])

    ev = highlight_ev(data, torch.ones(1, 1, 1, 200, dtype=torch.bool), Colour())

    assert float(ev) == pytest.approx(-2.0)
    exposed = Exposure("highlights").develop(Frame.start(data, Domain.LINEAR))
    assert int((exposed.data > 1.0001).any(dim=1).sum()) == 2
    noted = exposed.history[0][1]
    assert noted["automatic"] is True
    assert noted["ev"] == [pytest.approx(-2.0)]


def test_highlights_do_not_brighten_more_than_auto() -> None:
    frame = Frame.start(torch.full((1, 3, 4, 4), 0.02), Domain.LINEAR)

    auto, protected = Exposure("auto").develop(frame), Exposure("highlights").develop(frame)

    assert torch.equal(auto.data, protected.data)


def test_unmeasured_highlights_are_not_protected() -> None:
    data = torch.full((1, 3, 2, 2), 0.09)
    data[..., 1] = 1e4
    measured = torch.tensor([True, False]).expand(1, 1, 2, 2)

    ev = highlight_ev(data, measured, Colour())

    assert float(ev) == pytest.approx(1.0, abs=1e-3)


def bright(ev: float) -> Frame:
    shot = Shot.single(baseline_exposure_ev=ev)
    return Frame.start(torch.full((1, 3, 4, 4), 0.1), Domain.LINEAR, shot=shot)


def test_the_file_s_baseline_exposure_comes_beside_the_given_stops() -> None:
    """0.1 by half a stop of the file and one of the user: 0.1 x 2^1.5."""
    exposed = Exposure(1.0).develop(bright(0.5))

    assert exposed.data.unique().tolist() == pytest.approx([0.1 * 2**1.5])
    assert exposed.history[0][1]["ev"] == [1.0]
    assert exposed.history[0][1]["baseline_ev"] == [0.5]


def test_baseline_exposure_can_be_left_out() -> None:
    exposed = Exposure(baseline=False).develop(bright(0.5))

    assert torch.equal(exposed.data, bright(0.5).data)
    assert exposed.history[0][1]["baseline_ev"] == [0.0]


@pytest.mark.parametrize("estimate", ["auto", "highlights"])
def test_an_estimate_ends_at_the_same_light_whatever_the_file_asks_for(estimate: str) -> None:
    plain, asked = Exposure(estimate).develop(bright(0.0)), Exposure(estimate).develop(bright(-2.0))

    torch.testing.assert_close(asked.data, plain.data)
    again = Exposure(asked.history[0][1]["ev"][0]).develop(bright(-2.0))
    torch.testing.assert_close(again.data, asked.data)
