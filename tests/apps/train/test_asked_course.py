"""Words of a command become a course, or one sentence."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from apps.train import denoiser_training
from apps.train.asked_course import accelerator_for, asked_course, run_facts
from apps.train.denoiser_training import TRAINED_ON, Course, train_denoiser
from isp.core.errors import MissingError, ProfileError, UsageError
from tests.apps.train.small_light import course, small_pack


def asked(**changes: Any) -> Course:
    plain: dict[str, Any] = {
        "network": "fw-5k", "steps": 1000, "learning_rate": 1e-3, "refining": 0, "loss": "decibels",
        "noise": "eld", "cameras": None, "profile": None, "ratios": "1,400", "count": 8, "side": 64,
        "seed": 0, "bfloat16_share": 0.0, "start": None,
    }  # fmt: skip
    return asked_course(**(plain | changes))


def test_options_are_in_the_course() -> None:
    made = asked(
        refining=2, cameras=["NikonD850"], seed=4, count=3, side=16, noise="poisson_gaussian"
    )

    assert (made.network, made.refining, made.seed) == ("fw-5k", 2, 4)
    assert made.cameras == ("NikonD850",)
    assert (made.recipe.count, made.recipe.side, made.recipe.noise) == (3, 16, "poisson_gaussian")
    assert made.recipe.shared_ratio  # refining needs it
    assert (made.plan.steps, made.plan.learning_rate, made.plan.warm_up) == (1000, 1e-3, 50)


def test_by_default_the_two_cameras_held_out_are_not_trained_on() -> None:
    assert asked().cameras == TRAINED_ON
    assert not asked().recipe.shared_ratio


@pytest.mark.parametrize(
    ("ratios", "often"),
    [("1,400", (80.0, 320.0)), ("1,100", (80.0, 100.0)), ("1,8", None), ("100,100", None)],
)
def test_half_of_the_ratios_lie_where_low_light_is_scored_as_far_as_they_reach(
    ratios: str, often: tuple[float, float] | None
) -> None:
    made = asked(ratios=ratios)

    assert made.recipe.ratios == tuple(float(part) for part in ratios.split(","))
    assert made.recipe.often == often


def test_a_profile_takes_the_cameras_place() -> None:
    made = asked(profile="GenericPhone")

    assert made.profile is not None
    assert made.profile.name == "GenericPhone"
    assert made.training_cameras().profile == made.profile


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"loss": "l2"}, "the loss is decibels"), ({"ratios": "1"}, "LOW,HIGH"),
     ({"ratios": "0.5,3"}, "ratios rise"), ({"noise": "pink"}, "noise is"),
     ({"cameras": ["Kodak"]}, "not Kodak"), ({"learning_rate": 0.0}, "learning_rate"),
     ({"cameras": ["NikonD850"], "profile": "GenericPhone"}, "not both")],
)  # fmt: skip
def test_what_makes_no_course_is_a_usage_error(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked(**wrong)


def test_an_unknown_profile_is_refused_by_the_names_that_are_known() -> None:
    with pytest.raises(ProfileError, match="no camera is named"):
        asked(profile="Kodak")


def test_without_accelerate_several_gpus_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)

    with pytest.raises(MissingError, match="accelerate is not installed"):
        accelerator_for(asked())


def test_an_accelerator_takes_all_steps_in_bfloat16_or_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package: Any = ModuleType("accelerate")
    package.Accelerator = lambda **settings: settings
    monkeypatch.setitem(sys.modules, "accelerate", package)

    assert accelerator_for(asked()) == {"mixed_precision": "no"}
    assert accelerator_for(asked(bfloat16_share=1.0)) == {"mixed_precision": "bf16"}
    with pytest.raises(UsageError, match="all steps are in bfloat16 or none"):
        accelerator_for(asked(bfloat16_share=0.5))


def test_the_facts_of_a_run_are_its_step_and_at_the_end_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        denoiser_training,
        "even_light_facts",
        lambda *a: {"noise_left": {"mean": 0.25}, "bias": {"worst": 0}},
    )
    light, out = small_pack(tmp_path / "light"), tmp_path / "run"
    train_denoiser(course(4), light, out, limit_s=0.0)
    stopped = run_facts(out)
    train_denoiser(course(4), light, out)

    assert (stopped["step"], stopped["steps"]) == (1, 4)
    assert "weights" not in stopped
    done = run_facts(out)
    assert done["weights"] == str(out / "weights.safetensors")
    assert (done["step"], done["noise_left"]) == (4, {"mean": 0.25})
