"""Reinhard and Devlin's photoreceptors: the paper's equations, and OpenCV's picture."""

import cv2
import numpy as np
import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.stages.tone.reinhard_devlin2005 import (
    ReinhardDevlinTone,
    adaptation_of,
    tone_reinhard_devlin2005,
)

WEIGHTS = torch.tensor([[0.25, 0.5, 0.25]])
EVERYWHERE = torch.ones(1, 1, 1, 3, dtype=torch.bool)


def greys(*light: float) -> torch.Tensor:
    return torch.tensor(light).reshape(1, 1, 1, -1).expand(1, 3, 1, -1)


def test_the_exponent_is_0_3_and_0_7_of_the_key_to_the_1_4() -> None:
    """Logarithms 0, 1 and 5 of base 2: mean 2, so the key is (5 - 2) / 5 = 0.6."""
    means, power = adaptation_of(greys(1.0, 2.0, 32.0), EVERYWHERE, WEIGHTS)

    assert float(power) == pytest.approx(0.3 + 0.7 * 0.6**1.4)
    assert means[0].tolist() == pytest.approx([35 / 3] * 4)


def test_a_grey_pixel_of_the_mean_s_light_becomes_one_half_of_the_response() -> None:
    """I = Ia = 4, m = 1, f = 1: 4 / (4 + 4); with f' = ln 3 the same light is 4 / (4 + 4 / 3)."""
    mean, power = torch.full((1, 4), 4.0), torch.ones(1)

    half = tone_reinhard_devlin2005(greys(4.0), WEIGHTS, mean, power)
    brighter = tone_reinhard_devlin2005(
        greys(4.0), WEIGHTS, mean, power, intensity=float(np.log(3))
    )

    assert half.flatten().tolist() == pytest.approx([0.5] * 3)
    assert brighter.flatten().tolist() == pytest.approx([0.75] * 3)


def test_full_adaptation_to_each_channel_takes_a_cast_away() -> None:
    cast = torch.tensor([0.8, 0.4, 0.2]).reshape(1, 3, 1, 1) * greys(0.1, 0.5, 2.0)
    means, power = adaptation_of(cast, EVERYWHERE, WEIGHTS)
    power = torch.ones_like(power)

    toned = tone_reinhard_devlin2005(cast, WEIGHTS, means, power, colour_adaptation=1.0)

    assert (toned.amax(dim=1) - toned.amin(dim=1)).max() < 1e-6


@pytest.mark.parametrize(
    ("intensity", "light", "colour"), [(0, 0, 0), (0, 1, 0), (2, 0.7, 0.5), (-1, 0, 1)]
)
def test_the_picture_is_opencv_s(intensity: float, light: float, colour: float) -> None:
    """OpenCV stretches to 0..1 before and after; a picture that is there already shows the rest."""
    picture = np.random.default_rng(1).uniform(0.05, 1, (40, 50, 3)).astype(np.float32)
    picture[0, 0], picture[1, 1] = (0, 0.5, 0.5), 1
    linear = torch.from_numpy(picture).permute(2, 0, 1)[None]
    weights = torch.tensor([[0.299, 0.587, 0.114]])  # its RGB2GRAY
    everywhere = torch.ones(1, 1, 40, 50, dtype=torch.bool)

    ours = tone_reinhard_devlin2005(
        linear, weights, *adaptation_of(linear, everywhere, weights),
        intensity=intensity, light_adaptation=light, colour_adaptation=colour,
    )[0].permute(1, 2, 0).numpy()  # fmt: skip

    theirs = cv2.createTonemapReinhard(1.0, intensity, light, colour).process(picture)
    stretched = (ours - ours.min()) / (ours.max() - ours.min())
    np.testing.assert_allclose(stretched, theirs, atol=2e-6)  # float32 pow, stretched twice


@pytest.mark.parametrize("light", [0.0, 0.5, 1.0])
def test_more_light_is_never_darker_and_stays_within_0_and_1(light: float) -> None:
    ramp = torch.logspace(-6, 4, 2000).expand(1, 3, 1, -1)

    toned = ReinhardDevlinTone(light_adaptation=light).develop(Frame.start(ramp, Domain.LINEAR))

    assert bool((toned.data.diff(dim=-1) >= -1e-7).all())
    assert toned.data.min() >= 0
    assert toned.data.max() <= 1


def test_a_stop_of_exposure_is_less_than_a_stop_of_the_picture() -> None:
    linear = greys(0.05, 0.18, 1.0)

    plain = ReinhardDevlinTone().develop(Frame.start(linear, Domain.LINEAR)).data
    doubled = ReinhardDevlinTone().develop(Frame.start(2 * linear, Domain.LINEAR)).data

    assert bool((doubled > plain).all())
    assert bool((doubled < 2 * plain).all())


def test_black_and_light_below_0_are_black() -> None:
    mean, power = torch.full((1, 4), 0.2), torch.ones(1)
    for adapted in (0.0, 1.0):
        toned = tone_reinhard_devlin2005(
            greys(0.0, -0.3), WEIGHTS, mean, power, light_adaptation=adapted
        )
        assert not toned.any()


def test_a_picture_of_one_luminance_has_a_key_of_one_half() -> None:
    _, power = adaptation_of(greys(0.3, 0.3, 0.3), EVERYWHERE, WEIGHTS)

    assert float(power) == pytest.approx(0.3 + 0.7 * 0.5**1.4)


def test_unmeasured_pixels_do_not_adapt_the_eye() -> None:
    measured = torch.tensor([True, True, False]).reshape(1, 1, 1, 3)

    means, _ = adaptation_of(greys(1.0, 3.0, 1e6), measured, WEIGHTS)

    assert means[0].tolist() == pytest.approx([2.0] * 4)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(FrameError, match="nothing to adapt to"):
        adaptation_of(greys(0.0, 0.0, -1.0), EVERYWHERE, WEIGHTS)
    with pytest.raises(UsageError, match="intensity is -8 to 8"):
        ReinhardDevlinTone(intensity=9.0)
    with pytest.raises(UsageError, match="light_adaptation is 0 to 1"):
        ReinhardDevlinTone(light_adaptation=1.5)
