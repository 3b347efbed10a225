"""Arms are trained alike but for what they differ in, once, and scored pass by pass."""

from pathlib import Path

import pytest
import torch

from apps.bench.denoising import scene_scores, trained_arms
from apps.bench.denoising.captures import Case
from apps.bench.denoising.trained_arms import ARMS, REFINED, SINGLE, Arm, Bench, over
from apps.bench.denoising.unseen_light import Scene
from apps.bench.run_records import RunRecords
from apps.train import denoiser_training
from apps.train.training_cameras import NOISES
from isp.core.errors import MissingError
from tests.apps.train.small_light import small_pack

CASES = (Case(camera="SonyA7S2", ratio=100.0),)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(trained_arms, "STEPS", 2)
    monkeypatch.setattr(trained_arms, "SIDE", 16)
    monkeypatch.setattr(
        denoiser_training, "even_light_facts", lambda *a: {"noise_left": {"mean": 1.0}}
    )
    scene = Scene(name="grey", kind="hdr", light=torch.full((1, 4, 32, 32), 0.3))
    monkeypatch.setattr(scene_scores, "unseen_scenes", lambda data, profile: [scene, scene])
    for cached in (scene_scores.pairs, scene_scores._scenes):
        cached.cache_clear()
    return Bench(
        records=RunRecords(tmp_path / "runs.jsonl", makes=True), data=tmp_path,
        light=small_pack(tmp_path / "light"), work=tmp_path / "work", tell=lambda what: None,
    )  # fmt: skip


def test_a_run_is_trained_once_and_scored_after_every_number_of_passes(bench: Bench) -> None:
    arm = Arm(network="fw-5k", **ARMS[REFINED])

    run = bench.trained(arm, CASES, (1, 3))
    one, three = (over(run, CASES, passes) for passes in (1, 3))

    assert len(one) == len(three) == 2
    assert one != three
    assert run["last"]["step"] == 2
    without = Bench(
        records=RunRecords(bench.records.path), data=bench.data, light=None, work=None, tell=print
    )
    assert without.trained(arm, CASES, (1, 3)) == run
    with pytest.raises(MissingError):
        without.trained(arm, CASES, (1, 2))


def test_arms_of_one_course_are_trained_into_one_folder(bench: Bench) -> None:
    arm = Arm(network="fw-5k")
    bench.trained(arm, CASES, (1,))
    bench.trained(arm, CASES, (2,))

    assert bench.work is not None
    assert len([*bench.work.iterdir()]) == 1


def test_equal_compute_is_as_many_passes_of_the_network() -> None:
    single, refined = (Arm(network="fw-5k", **ARMS[name]).course() for name in (SINGLE, REFINED))

    assert single.plan.steps == refined.plan.steps * (1 + refined.refining)
    assert single.recipe == refined.recipe


def test_noise_and_ratios_are_the_arms_own_and_a_fixed_one_has_one_of_each() -> None:
    course = Arm(network="fw-5k", noise=NOISES[1], ratios=(50.0, 60.0)).course()
    fixed = Arm(network="fw-5k-blind", fixed=True).course()

    assert (course.recipe.noise, course.recipe.ratios) == (NOISES[1], (50.0, 60.0))
    assert fixed.recipe.ratios == (100.0, 100.0)
    assert fixed.profile is not None
    assert [reading.iso for reading in fixed.profile.readings] == [1600.0]
