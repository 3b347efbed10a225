"""A clipped scene knows its light and its truth, and how many colours were lost where."""

import torch

from apps.clipped_scenes import WHITE_DN, camera, clipped_scene
from apps.recipes import STAGES, make
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.illuminants import illuminant_xy
from isp.stages.illuminant.temperature import gains_at


def grey_ramp() -> Frame:
    """Grey light from 0.1 to 10, one step a period, 40 periods."""
    light = torch.logspace(-1, 1, 40).repeat_interleave(2)
    return Frame.start(light.expand(1, 3, 2, 80).clone(), Domain.SCENE)


def test_the_light_is_that_of_the_illuminant() -> None:
    seen = clipped_scene(grey_ramp(), 10.0, "A")

    expected = gains_at(camera(), illuminant_xy("A"))
    torch.testing.assert_close(torch.tensor(seen.gains), torch.tensor(expected))


def test_what_did_not_clip_is_the_truth_and_is_grey() -> None:
    seen = clipped_scene(grey_ramp(), 10.0)

    balanced = seen.raw
    for key in ("black_level", "white_balance"):
        balanced = make(STAGES[key], Cfa.RGGB, {}).develop(balanced)

    sure = balanced.measured
    assert 0.5 < sure.float().mean() < 1
    # Half a DN of 16127, times the largest gain of 2.5.
    torch.testing.assert_close(balanced.data[sure], seen.truth[sure], rtol=0, atol=1e-4)
    per_period = Cfa.RGGB.pack(seen.truth)
    torch.testing.assert_close(per_period.amax(dim=1), per_period.amin(dim=1))


def test_the_asked_share_clips_first_in_green_then_in_more() -> None:
    seen = clipped_scene(grey_ramp(), 50.0)

    line = seen.lost[0, 0, 0]
    assert bool((line.diff() >= 0).all())
    assert set(line.tolist()) == {0.0, 1.0, 2.0, 3.0}
    assert 0.45 < float((line > 0).float().mean()) < 0.55
    assert seen.raw.data.max() == WHITE_DN
