"""A batch of brackets is merged as its images are, whatever order their exposures have."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from isp.core.frame import Frame
from isp.merge.bracket import merge
from tests.isp.merge.samples import flat, ramp, taken


def joined(*brackets: Sequence[Frame]) -> list[Frame]:
    """Brackets of one image each as one bracket of a batch."""
    return [
        replace(
            frames[0],
            shot=replace(
                frames[0].shot.for_batch(len(frames)),
                exposure_time_s=torch.cat([f.shot.need("exposure_time_s") for f in frames]),
            ),
            **{
                name: torch.cat([getattr(f, name) for f in frames])
                for name in ("data", "measured", "clipped", "generated")
            },
        )
        for frames in zip(*brackets, strict=True)
    ]


@pytest.mark.parametrize("deghost", [False, True])
@pytest.mark.parametrize("evs", [(-2, 0), (2, 0)])
def test_a_batch_is_merged_as_its_images_are(evs: Sequence[float], deghost: bool) -> None:
    # All that is lost to the short exposures, all that is far below, and a ramp between.
    first, second = taken(ramp(5.0, 1e6, 40), (-2, 0)), taken(ramp(50.0, 1e6, 40), evs, 7)

    together = merge(joined(first, second), reference=1, deghost=deghost)

    for i, alone in enumerate((first, second)):
        own = merge(alone, reference=1, deghost=deghost)
        torch.testing.assert_close(together.frame.data[i : i + 1], own.frame.data)
        torch.testing.assert_close(together.variance[i : i + 1], own.variance)
        assert torch.equal(together.frame.clipped[i : i + 1], own.frame.clipped)


def test_exposures_of_a_batch_are_measured_each_in_its_own_order() -> None:
    light = ramp(5.0, 2e5, 150)
    brackets = [taken(light, evs, seed=3) for evs in ((-4, -2, 0), (0, -2, -4))]

    together = merge(joined(*brackets), reference=1, measure_exposures=True)

    for row, evs in zip(together.exposures.used.tolist(), ((-2, 0, 2), (2, 0, -2)), strict=True):
        assert row == pytest.approx([2.0**ev for ev in evs], rel=2e-3)


def test_a_frame_of_another_scene_is_named_and_left_out() -> None:
    still = taken(ramp(500.0, 1e4, 100), (-2, 0))
    [other] = taken(flat(3000.0, 100), (-1,), seed=4)

    merged = merge([*still, other], reference=1)

    assert merged.left_out == [2]
    assert merged.shares[2] == 0
    assert dict(merged.frame.history)["merge"]["left_out"] == [2]
    alone = merge(still, reference=1)
    torch.testing.assert_close(merged.frame.data, alone.frame.data)
