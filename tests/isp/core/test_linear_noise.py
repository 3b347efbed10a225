"""The noise of a developed grey is the sensor's, through balance, matrix and exposure."""

from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.linear_noise import linear_noise
from isp.core.readings import Reading
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.shot import Shot
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.exposure import Exposure

MASKS = ("measured", "clipped", "generated")
GAINS = (2.0, 1.0, 1.5)
PROFILE = SensorProfile(
    name="worked", cfa=Cfa.RGGB, bit_depth=10, black_level_dn=(64.0,) * 4, white_level_dn=1023.0,
    readings=(Reading(iso=100, system_gain_dn_per_e=0.8, read_noise_e=2.5),),
    colour_matrices=(
        ColourMatrixEntry(
            illuminant="D65",
            xyz_to_camera=((0.72, -0.2, -0.06), (-0.81, 1.55, 0.27), (-0.22, 0.25, 0.75)),
        ),
    ),
)  # fmt: skip
SLOPE, OFFSET = 8.342e-4, 4.440e-6  # CONVENTIONS section 1.1, the worked example of `mosaic_noise`


def camera_frame(iso: float = 100.0, balanced: bool = True, history: tuple = ()) -> Frame:
    """Balanced or not, noise of the sensor around a grey of 0.2, each pixel its own photosite."""
    generator = torch.Generator().manual_seed(3)
    gains = torch.tensor(GAINS).reshape(1, 3, 1, 1)
    light = 0.2 / gains.expand(1, 3, 200, 200)
    noisy = light + (SLOPE * light + OFFSET).sqrt() * torch.randn(light.shape, generator=generator)
    shot = Shot.single(iso=iso, exposure_time_s=0.01, white_balance=GAINS)
    return Frame.start(
        noisy * gains if balanced else noisy, Domain.CAMERA, shot=shot, profile=PROFILE,
        balanced=balanced, history=history,
    )  # fmt: skip


def predicted(frame: Frame, light: float) -> float:
    offset, slope = linear_noise(frame)[0].tolist()
    return offset + slope * light


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("ev", [0.0, 1.5])
def test_it_is_the_variance_of_a_grey_that_was_developed(balanced: bool, ev: float) -> None:
    developed = Exposure(ev=ev).develop(
        ColourMatrix("bt709").develop(camera_frame(balanced=balanced))
    )

    variance = developed.data.double().var(dim=(2, 3)).mean()

    # Three channels of 40,000 values: five standard errors are 5 sqrt(2 / 40000) at most.
    expected = predicted(developed, 0.2 * 2**ev)
    assert float(variance) == pytest.approx(expected, rel=0.036)


def test_without_a_matrix_the_balance_alone_carries_it_on() -> None:
    frame = camera_frame()
    polynomial = Frame.start(
        frame.data, Domain.LINEAR, shot=frame.shot, profile=PROFILE,
        history=(("root_polynomial", {}),),
    )  # fmt: skip

    offset, slope = linear_noise(polynomial)[0].tolist()

    # Means over the channels of gain^2 = 4, 1, 2.25 and of gain = 2, 1, 1.5.
    assert offset == pytest.approx(OFFSET * 7.25 / 3, rel=1e-3)
    assert slope == pytest.approx(SLOPE * 1.5, rel=1e-3)


@pytest.mark.parametrize("name", ["denoise", "merge"])
def test_what_is_left_after_denoising_or_merging_is_not_known(name: str) -> None:
    developed = ColourMatrix("bt709").develop(camera_frame(history=((name, {}),)))

    assert linear_noise(developed).tolist() == [[0.0, 0.0]]


def test_without_readings_history_or_balance_it_is_not_known() -> None:
    developed = ColourMatrix("bt709").develop(camera_frame())
    strangers = (
        replace(developed, profile=None),
        replace(developed, profile=replace(PROFILE, readings=())),
        replace(developed, history=()),
        replace(developed, shot=Shot.single(iso=100, exposure_time_s=0.01)),
        ColourMatrix("bt709").develop(camera_frame(iso=6400.0)),
    )

    assert predicted(developed, 0.2) > 0
    for frame in strangers:
        assert linear_noise(frame).tolist() == [[0.0, 0.0]]


def test_each_image_of_a_batch_has_its_own_exposure() -> None:
    frame = camera_frame()
    two = replace(
        frame, data=frame.data.repeat(2, 1, 1, 1), shot=frame.shot.for_batch(2),
        **{mask: getattr(frame, mask).repeat(2, 1, 1, 1) for mask in MASKS},
    )  # fmt: skip
    developed = ColourMatrix("bt709").develop(two)
    exposed = developed.advance("exposure", {"ev": [0.0, 1.0], "baseline_ev": [0.0, 0.0]})

    ratio = linear_noise(exposed)[1] / linear_noise(exposed)[0]

    torch.testing.assert_close(ratio, torch.tensor([4.0, 2.0]))
