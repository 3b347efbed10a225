"""A recipe is a pipeline as data: changed, built, and refused with a reason."""

import pytest
import torch

from apps.recipes import DEMOSAICS, STAGES, TONES, Recipe, Step, make
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage

RECIPE = Recipe(
    steps=(
        Step(name="black_level", stage="black_level"),
        Step(name="demosaic", stage="bilinear"),
        Step(name="colour_matrix", stage="colour_matrix"),
        Step(name="exposure", stage="exposure", settings={"ev": 1.0}),
    )
)


class Brightness(Stage):
    """A user's stage with a setting and no annotation."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, factor=2.0, cfa: Cfa = Cfa.RGGB) -> None:
        super().__init__()
        self.factor = factor
        self.cfa = cfa

    def forward(self, linear: torch.Tensor) -> torch.Tensor:
        return linear * self.factor


def test_every_stage_of_the_table_can_be_made_and_is_what_it_says() -> None:
    for name, cls in STAGES.items():
        assert type(make(cls, Cfa.RGGB, {})) is cls, name
    assert {STAGES[name].domain_out for name in DEMOSAICS} == {Domain.CAMERA}
    assert {STAGES[name].domain_out for name in TONES} == {Domain.LINEAR}


def test_setting_a_step_keeps_its_other_settings_and_the_other_steps() -> None:
    changed = RECIPE.set("exposure", ev=2.0).set("colour_matrix", target="p3")

    assert changed.steps[3].settings == {"ev": 2.0}
    assert changed.steps[2].settings == {"target": "p3"}
    assert RECIPE.steps[3].settings == {"ev": 1.0}
    assert [s.name for s in changed.steps] == [s.name for s in RECIPE.steps]


def test_choosing_another_stage_forgets_the_settings_of_the_old_one() -> None:
    chosen = RECIPE.choose("exposure", "filmic")

    assert chosen.steps[3] == Step(name="exposure", stage="filmic")


def test_recipes_are_cut_shortened_and_extended_by_name() -> None:
    assert [s.name for s in RECIPE.until("demosaic").steps] == ["black_level", "demosaic"]
    assert [s.name for s in RECIPE.without("exposure").steps][-1] == "colour_matrix"
    longer = RECIPE.then(Step(name="encode", stage="encode"))
    assert [s.name for s in longer.steps][-2:] == ["exposure", "encode"]


def test_an_unknown_step_is_refused_with_the_names_there_are() -> None:
    for change in (RECIPE.until, RECIPE.without, RECIPE.set):
        with pytest.raises(UsageError, match="black_level, demosaic, colour_matrix, exposure"):
            change("sharpen")


def test_a_built_recipe_runs_with_its_settings() -> None:
    pipeline = RECIPE.build(Cfa.RGGB)

    assert pipeline.names == ("black_level", "demosaic", "colour_matrix", "exposure")
    grey = Frame.start(torch.full((1, 3, 2, 2), 0.25), Domain.LINEAR)
    brighter = pipeline["exposure"].develop(grey)
    assert torch.equal(brighter.data, torch.full((1, 3, 2, 2), 0.5))


def test_choosing_another_stage_keeps_the_bits_of_the_place() -> None:
    eight = Recipe(steps=(Step(name="demosaic", stage="bilinear", bits=8, headroom=2.0),))

    assert eight.choose("demosaic", "malvar2004").steps[0] == Step(
        name="demosaic", stage="malvar2004", bits=8, headroom=2.0
    )


def test_an_unknown_stage_is_refused_when_the_recipe_is_built() -> None:
    with pytest.raises(UsageError, match='no stage "magic"; stages: linearize, black_level'):
        RECIPE.choose("exposure", "magic").build(Cfa.RGGB)


def test_a_users_stage_gets_the_pattern_and_its_settings() -> None:
    stage = make(Brightness, Cfa.BGGR, {"factor": "any"})

    assert isinstance(stage, Brightness)
    assert (stage.cfa, stage.factor) == (Cfa.BGGR, "any")


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("exposure", {"stops": 1}, "Exposure has no stops; it takes ev"),
        ("exposure", {"ev": (1, 2)}, "Exposure.ev takes float | str, not"),
        ("exposure", {"ev": float("nan")}, "Exposure.ev takes"),
        ("none", {"args": 1}, "NoTone has no args; it takes no settings"),
        ("white_balance", {"gains": (1.0, float("inf"), 1.0)}, "WhiteBalance.gains takes"),
        ("white_balance", {"cfa": "RGGB"}, "WhiteBalance has no cfa; it takes gains"),
        ("white_balance", {"gains": (0.0, 1.0, 1.0)}, "three positive numbers"),
        ("filmic", {"white": "bright"}, "FilmicTone.white takes float, not 'bright'"),
    ],
)
def test_a_setting_that_a_stage_cannot_take_is_refused_before_it_runs(
    name: str, settings: dict[str, object], reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        make(STAGES[name], Cfa.RGGB, settings)
    assert reason in str(caught.value)
