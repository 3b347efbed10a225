"""A merged bracket photographed again gives back each of its frames, within its noise."""

import math

import torch

from isp.core.domain import Domain
from isp.core.frame import reopen
from isp.merge.bracket import merge
from isp.merge.noise import sensor_noise
from isp.stages.black_level import BlackLevel
from simulate.sensor import Sensor
from tests.isp.merge.samples import CAMERA, LIMIT_E, WHITE_E, expected, ramp, taken

EVS = (-4, -2, 0)


def test_the_merged_light_exposed_again_is_each_frame_within_its_noise() -> None:
    frames = taken(ramp(400.0, 1e5), EVS, seed=1)
    merged = merge(frames, reference=2, deghost=False)
    light_e = merged.frame.data[0, 0] * WHITE_E

    for i, (frame, exposure) in enumerate(
        zip(frames, merged.exposures.used[0].tolist(), strict=True)
    ):
        again = Sensor(CAMERA).capture(
            expected(light_e * exposure, CAMERA, frame.shot), seed=100 + i
        )
        new = BlackLevel(CAMERA.cfa).develop(again)
        noise = sensor_noise(frame)
        mean = light_e[None, None].double() * exposure
        # The merged light holds this frame's own noise: of an optimal estimate m and a sample y
        # cov(y, a m) = a^2 var(m), so var(new - old) = 2 V - a^2 var(m).
        variance = 2 * noise.variance(mean) - exposure**2 * merged.variance * WHITE_E**2
        far = mean + 12 * noise.variance(mean).sqrt() < LIMIT_E  # where it was used
        both = frame.measured & new.measured & far & merged.frame.measured
        z = ((new.data - frame.data).double() * WHITE_E / variance.sqrt())[both]

        assert z.numel() > 30_000
        assert abs(float(z.mean())) < 5 / math.sqrt(z.numel())
        assert abs(float(z.square().mean()) - 1) < 5 * math.sqrt(2 / z.numel())


def test_merged_light_may_start_a_new_pass_as_a_scene() -> None:
    frames = taken(ramp(400.0, 1e5, 40), EVS)
    merged = merge(frames, reference=2)
    linear = merged.frame.advance(
        "spread", {}, data=merged.frame.data.expand(-1, 3, -1, -1), domain=Domain.LINEAR
    )

    scene = reopen(linear, Domain.SCENE)

    assert torch.equal(scene.measured, merged.frame.measured)
    assert scene.domain is Domain.SCENE
