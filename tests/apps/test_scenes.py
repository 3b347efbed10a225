"""Built-in scenes are frames of linear light with a known scale."""

import pytest
import torch

from apps.scenes import SCENES, scene
from isp.core.colour import PRIMARIES
from isp.core.domain import Domain
from isp.core.errors import UsageError
from simulate.scenes.interior import interior


def test_a_scene_is_the_rendered_light_in_the_frames_layout() -> None:
    light = interior(48, 72)

    frame = scene("interior", 48, 72)

    assert frame.data.shape == (1, 3, 48, 72)
    assert torch.equal(frame.data[0].permute(1, 2, 0), torch.from_numpy(light))


def test_a_scene_says_its_primaries_its_scale_and_its_origin() -> None:
    frame = scene("interior", 48, 72)

    assert frame.domain is Domain.SCENE
    assert frame.colour is not None
    assert frame.colour.primaries == PRIMARIES["bt709"]
    assert frame.colour.anchor_cd_m2 == 100.0
    assert frame.history == (("scene", {"name": "interior", "height": 48, "width": 72}),)
    assert bool(frame.measured.all())
    assert not bool(frame.clipped.any())


def test_an_unknown_scene_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=f'no built-in scene "moon"; scenes: {", ".join(SCENES)}'):
        scene("moon")
