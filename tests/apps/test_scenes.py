"""Built-in scenes are frames of linear light with a known scale, set by typed parameters."""

import pytest
import torch

from apps.scenes import SCENES, scene, scene_parameters
from isp.core.colour import PRIMARIES
from isp.core.domain import Domain
from isp.core.errors import UsageError
from simulate.scenes.flat import flat
from simulate.scenes.interior import interior


def test_a_scene_is_the_rendered_light_in_the_frames_layout() -> None:
    light = interior(48, 72)

    frame = scene("interior", 48, 72)

    assert frame.data.shape == (1, 3, 48, 72)
    assert torch.equal(frame.data[0].permute(1, 2, 0), torch.from_numpy(light))


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_renders_at_any_size(name: str) -> None:
    frame = scene(name, 30, 47)

    assert frame.size == (30, 47)
    assert frame.domain is Domain.SCENE
    assert bool(torch.isfinite(frame.data).all())
    assert frame.history == (("scene", {"name": name, "height": 30, "width": 47}),)
    assert bool(frame.measured.all())
    assert not bool(frame.clipped.any())


@pytest.mark.parametrize("name", [name for name in SCENES if name != "colorchecker-spectral"])
def test_a_scene_says_its_primaries_and_its_scale(name: str) -> None:
    frame = scene(name, 24, 36)

    assert frame.colour is not None
    assert frame.colour.primaries == PRIMARIES["bt709"]
    assert frame.colour.anchor_cd_m2 == 100.0


def test_a_scene_has_a_size_of_its_own() -> None:
    assert scene("flat").size == (640, 960)
    assert scene("flat", width=50).size == (640, 50)


def test_parameters_reach_the_scene_and_its_history() -> None:
    frame = scene("flat?luminance=50&gradient=0.2&x=0.4&y=0.4", 9, 11)

    light = flat(9, 11, luminance=50.0, gradient=0.2, x=0.4, y=0.4)
    assert torch.equal(frame.data[0].permute(1, 2, 0), torch.from_numpy(light))
    parameters = {"luminance": 50.0, "gradient": 0.2, "x": 0.4, "y": 0.4}
    assert frame.history == (("scene", {"name": "flat", "height": 9, "width": 11, **parameters}),)


def test_each_parameter_has_the_kind_its_scene_asks_for() -> None:
    def told(name: str) -> dict[str, object]:
        return scene(name, 12, 12).history[0][1]

    assert told("oecf?patches=6&contrast=1e6") == {
        "name": "oecf", "height": 12, "width": 12, "patches": 6, "contrast": 1e6
    }  # fmt: skip
    leaves = told("dead-leaves?colour=yes&seed=3&max_radius=5")
    assert (leaves["colour"], leaves["seed"], leaves["max_radius"]) == (True, 3, 5.0)
    assert told("dead-leaves?colour=0")["colour"] is False


def test_a_spectral_scene_keeps_its_wavelengths() -> None:
    frame = scene("colorchecker-spectral?illuminant=A&luminance=30", 20, 30)

    assert frame.data.shape[1] > 3
    assert frame.history[0][1]["illuminant"] == "A"


def test_what_a_user_may_set_is_known_by_name() -> None:
    assert list(scene_parameters("slanted-edge")) == ["angle", "contrast", "luminance"]
    assert scene_parameters("interior") == {}


def test_an_unknown_scene_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=f'no built-in scene "moon"; scenes: {", ".join(SCENES)}'):
        scene("moon")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flat?brightness=3", 'no parameter "brightness"; it has: luminance, x, y, gradient'),
        ("interior?luminance=3", 'no parameter "luminance"; it has: none'),
        ("flat?height=3", 'no parameter "height"'),
        ("flat?luminance=bright", 'luminance is a number, not "bright"'),
        ("flat?luminance=nan", 'luminance is a number, not "nan"'),
        ("flat?luminance=inf", 'luminance is a number, not "inf"'),
        ("oecf?patches=2.5", 'patches is a whole number, not "2.5"'),
        ("dead-leaves?colour=red", 'colour is yes or no, not "red"'),
        ("flat?luminance", "once, as luminance=VALUE"),
        ("flat?luminance=1&luminance=2", "once, as luminance=VALUE"),
        ("oecf?patches=1", "2..64 patches, got 1"),
        ("slanted-edge?contrast=0.5", "contrast is at least 1"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_is_allowed(name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        scene(name, 12, 12)

    assert said in str(caught.value)


def test_a_scene_without_pixels_is_refused() -> None:
    for name in SCENES:
        with pytest.raises(UsageError, match="at least 1 x 1"):
            scene(name, 0, 5)


def test_a_finer_rendering_scales_what_is_counted_in_pixels() -> None:
    grating = scene("sine-grating?angle=10", 32, 48, finer=4)
    assert grating.history[0][1]["frequency"] == 0.05 / 4
    assert torch.equal(grating.data, scene("sine-grating?frequency=0.0125&angle=10", 32, 48).data)

    leaves = scene("dead-leaves?max_radius=3", 32, 48, finer=4).history[0][1]
    assert (leaves["min_radius"], leaves["max_radius"]) == (4.0, 12.0)
    assert "max_radius" not in scene("dead-leaves", 32, 48, finer=4).history[0][1]
    assert torch.equal(scene("oecf", 32, 48, finer=4).data, scene("oecf", 32, 48).data)
