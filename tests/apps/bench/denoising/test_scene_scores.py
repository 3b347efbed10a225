"""Numbers of every scene, as the method earns them."""

from pathlib import Path

import pytest
import torch

from apps.bench.denoising import scene_scores
from apps.bench.denoising.captures import Case
from apps.bench.denoising.methods import amplified
from apps.bench.denoising.scene_scores import interval, mean, scores
from apps.bench.denoising.unseen_light import Scene
from isp.core.sensor import SensorProfile

DARK, BRIGHT = 0.01, 0.8


def scenes(data: Path, profile: SensorProfile) -> list[Scene]:
    return [
        Scene(name=str(level), kind="hdr", light=torch.full((1, 4, 48, 64), level))
        for level in (DARK, BRIGHT)
    ]


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr(scene_scores, "unseen_scenes", scenes)
    for cached in (scene_scores.pairs, scene_scores._scenes):
        cached.cache_clear()
    return Case(camera="SonyA7S2", ratio=100.0)


def test_each_scene_has_its_numbers_and_none_where_it_has_no_such_light(case: Case) -> None:
    found = scores(Path("nowhere"), case, amplified)

    dark, bright = found["psnr_db"]
    assert dark > bright > 10  # photon noise rises with light
    assert found["dark_db"][0] == pytest.approx(dark, abs=1e-4)
    assert found["dark_db"][1] is None
    assert found["bright_db"][0] is None
    assert mean(found, "bright_db") == found["bright_db"][1]
    assert found["cpu_s_per_mp"] >= 0


def test_the_answer_itself_is_infinitely_good_and_cannot_be_kept(case: Case) -> None:
    by_light = iter(scenes(Path(), None))  # type: ignore[arg-type]  # the profile is not looked at

    found = scores(Path("nowhere"), case, lambda capture: next(by_light).light + 1e-3)

    assert found["psnr_db"] == pytest.approx([60.0, 60.0], abs=1e-3)
    assert found["bias"] == pytest.approx([1e-3, 1e-3], abs=1e-6)


def test_every_method_gets_the_same_noise(case: Case) -> None:
    assert (
        scores(Path("nowhere"), case, amplified)["psnr_db"]
        == (scores(Path("nowhere"), case, amplified)["psnr_db"])
    )


def test_an_interval_of_differences_is_that_of_their_mean() -> None:
    generator = torch.Generator().manual_seed(1)
    differences = (0.5 + 0.2 * torch.randn(400, generator=generator)).tolist()

    low, high = interval(differences)

    middle = sum(differences) / 400
    assert low < middle < high
    assert high - low == pytest.approx(2 * 1.96 * 0.2 / 20, rel=0.15)
