"""Stated exposures are taken, until they throw much of a frame away that others bear out."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.frame import Frame, reopen
from isp.core.response import Response
from isp.core.shot import Shot
from isp.merge.agreement import THROWN_AWAY, Agreed, agreed_exposures
from isp.merge.observation import observe
from tests.isp.merge.samples import ramp, taken

EVS = (-2, 0, 2)
SIDE = 100


def scene() -> Tensor:
    light = torch.logspace(-2.5, 0.3, SIDE)
    return light.expand(1, 3, SIDE, SIDE).contiguous()


def developed(
    scenes: Sequence[Tensor], camera: Response, stated: Sequence[float] = EVS
) -> list[Frame]:
    """Pictures of 8 bits by a camera's response, taken for sRGB; times as stated."""
    frames = []
    for light, ev, said in zip(scenes, EVS, stated, strict=True):
        code = (camera.encode((light * 2.0**ev).clamp(0, 1)) * 255).round() / 255
        lost = (code >= 1).any(dim=1, keepdim=True)
        floor = (code <= 0).any(dim=1, keepdim=True)
        picture = Frame.start(code, Domain.SDR, shot=Shot.single(exposure_time_s=2.0**said))
        frames.append(
            reopen(
                Frame(
                    data=code, domain=Domain.SDR, shot=picture.shot, measured=~lost & ~floor,
                    clipped=lost | floor, generated=torch.zeros_like(lost),
                ),
                Domain.LINEAR,
                Response.srgb(),
            )
        )  # fmt: skip
    return frames


def agreed(
    frames: Sequence[Frame], measure: bool | None = None, *, deghost: bool = True,
    noted_by: str = "metadata",
) -> Agreed:  # fmt: skip
    response = None if frames[0].domain is Domain.MOSAIC else Response.srgb()
    bracket = [observe(frame, torch.ones(1), response) for frame in frames]
    return agreed_exposures(
        frames, bracket, 1, None, measure=measure, noted_by=noted_by, deghost=deghost,
        false_rejections=1e-3,
    )  # fmt: skip


CONTRASTY = Response.power(1.2)  # sRGB decodes its codes to about light^(2.2 / 1.2)


def test_a_wrong_response_has_its_exposures_measured_and_both_are_kept() -> None:
    found = agreed(developed([scene()] * 3, CONTRASTY))

    light = found.exposures
    assert light.source == "measured"
    assert light.nominal is not None
    assert light.nominal[0].tolist() == [0.25, 1, 4]
    # Light to the power of about 1.8 makes steps of 2 stops into 3 to 4.
    assert light.used[0, 0] < 2.0**-3
    assert light.thrown_away is not None
    assert max(light.thrown_away) > THROWN_AWAY
    assert found.consistency.left_out == []
    assert max(found.consistency.rejected) < 0.05


def test_lying_times_of_a_known_response_are_mended_to_the_true_ones() -> None:
    found = agreed(developed([scene()] * 3, Response.srgb(), stated=(-3, 0, 2)))

    assert found.exposures.thrown_away is not None
    assert found.exposures.used[0].tolist() == pytest.approx([0.25, 1, 4], rel=0.01)


@pytest.mark.parametrize("deghost", [True, False])
def test_the_question_is_put_without_deghosting_too(deghost: bool) -> None:
    found = agreed(developed([scene()] * 3, CONTRASTY), deghost=deghost)

    assert found.exposures.source == "measured"
    if not deghost:
        assert found.consistency.rejected == [0, 0, 0]
        for used, believed in zip(found.consistency.used, found.believed, strict=True):
            assert torch.equal(used, believed)


def test_who_states_exposures_keeps_them() -> None:
    frames = developed([scene()] * 3, CONTRASTY)

    found = agreed(frames, measure=False)

    assert found.exposures.source == "metadata"
    assert found.exposures.used.tolist() == [[0.25, 1, 4]]
    assert found.exposures.thrown_away is None
    assert max(found.consistency.contradicted) > THROWN_AWAY  # else they would be measured


def test_right_times_stay_as_they_were_stated() -> None:
    found = agreed(developed([scene()] * 3, Response.srgb()))

    assert found.exposures.source == "metadata"
    assert found.exposures.used.tolist() == [[0.25, 1, 4]]
    assert max(found.consistency.contradicted) < 0.01


def test_motion_is_no_reason_to_doubt_the_times() -> None:
    moved = scene()
    moved[:, :, :40] = 0.1  # two fifths of the longest frame, where it is code 170

    found = agreed(developed([scene(), scene(), moved], Response.srgb()))

    assert found.consistency.contradicted[2] > THROWN_AWAY
    assert found.exposures.source == "metadata"


def raws(times: Sequence[float], light_e: Tensor | None = None) -> list[Frame]:
    """A raw bracket of EVS that says other times of itself, as factors of the true ones."""
    frames = taken(ramp(1.0, 5e4, SIDE) if light_e is None else light_e, EVS)
    return [
        replace(
            frame,
            shot=replace(frame.shot, exposure_time_s=frame.shot.need("exposure_time_s") * factor),
        )
        for frame, factor in zip(frames, times, strict=True)
    ]


def test_raws_whose_times_lie_have_their_exposures_measured() -> None:
    found = agreed(raws((1 / 3, 1, 1)))

    assert found.exposures.source == "measured"
    assert found.exposures.used[0].tolist() == pytest.approx([0.25, 1, 4], rel=0.01)
    assert found.exposures.nominal is not None
    assert found.exposures.nominal[0].tolist() == pytest.approx([0.25 / 3, 1, 4])
    assert found.exposures.thrown_away is not None
    assert found.exposures.thrown_away[0] > THROWN_AWAY
    assert found.consistency.left_out == []
    assert max(found.consistency.rejected) < 0.01


@pytest.mark.parametrize("measure", [None, False])
def test_raws_whose_times_are_right_or_asked_for_keep_them(measure: bool | None) -> None:
    factors = (1.0, 1, 1) if measure is None else (1 / 3, 1, 1)

    found = agreed(raws(factors), measure=measure)

    assert found.exposures.source == "metadata"
    assert found.exposures.used[0].tolist() == pytest.approx([0.25 * factors[0], 1, 4])
    assert found.exposures.thrown_away is None
    assert found.exposures.disagrees is (measure is False)


def test_motion_is_no_reason_to_doubt_the_times_of_raws() -> None:
    still = raws((1, 1, 1))
    moved = raws((1, 1, 1), torch.cat([torch.full((SIDE, 40), 900.0), ramp(1.0, 5e4, SIDE)[:, 40:]],
                                      dim=1))  # fmt: skip

    found = agreed([still[0], still[1], moved[2]])

    assert found.consistency.contradicted[2] > THROWN_AWAY
    assert found.exposures.source == "metadata"
