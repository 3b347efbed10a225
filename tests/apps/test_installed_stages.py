"""A stage that another package brings is found by its name, everywhere a name is taken."""

from pathlib import Path

import pytest
import torch

from apps.installed_stages import installed_names, installed_stage
from apps.recipes import Recipe, Step
from apps.slots import slot_in
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import MissingError, UsageError
from isp.core.frame import Frame
from tests.apps.conftest import Command
from tests.apps.samples import refused

MODULE = """
from isp.core.domain import Domain
from isp.core.stage import Stage


class Darker(Stage):
    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, divisor: float = 4.0) -> None:
        super().__init__()
        self.divisor = divisor

    def forward(self, linear):
        return linear / self.divisor


class NotAStage:
    pass
"""


def install(folder: Path, package: str, points: dict[str, str]) -> None:
    """Lay down what `pip install` would: a module and its metadata."""
    (folder / f"{package}.py").write_text(MODULE)
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text("[fullwell.stages]\n" + "\n".join(lines) + "\n")


@pytest.fixture
def darker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a stage that an installed package brings."""
    folder = tmp_path / "site"
    folder.mkdir()
    package = f"darkroom_{tmp_path.name.replace('-', '_')}"
    points = {
        "darker": f"{package}:Darker",
        "broken": f"{package}_not_there:Darker",
        "no_stage": f"{package}:NotAStage",
        "exposure": f"{package}:Darker",
    }
    install(folder, package, points)
    monkeypatch.syspath_prepend(str(folder))
    return "darker"


def test_nothing_is_installed_unless_it_is() -> None:
    assert installed_stage("darker") is None


def test_a_package_brings_a_stage_by_its_name(darker: str) -> None:
    cls = installed_stage(darker)

    assert cls is not None
    assert cls.__name__ == "Darker"
    assert set(installed_names()) >= {"darker", "broken"}


def test_recipes_build_it_with_its_settings(darker: str) -> None:
    recipe = Recipe(steps=(Step(name="dim", stage=darker, settings={"divisor": 8.0}),))
    light = Frame.start(torch.ones(1, 3, 2, 2), Domain.LINEAR)

    assert torch.equal(recipe.build(Cfa.RGGB).develop(light).data, torch.full((1, 3, 2, 2), 0.125))


def test_our_own_stage_of_the_same_name_comes_first(darker: str) -> None:
    recipe = Recipe(steps=(Step(name="exposure", stage="exposure", settings={"ev": 1.0}),))
    light = Frame.start(torch.ones(1, 3, 1, 1), Domain.LINEAR)

    assert recipe.build(Cfa.RGGB).develop(light).data.flatten().tolist() == [2.0, 2.0, 2.0]


def test_stage_takes_it_by_name(darker: str) -> None:
    pipeline = Recipe(steps=(Step(name="exposure", stage="exposure"),)).build(Cfa.RGGB)

    longer = slot_in(pipeline, f"after:exposure={darker}", Cfa.RGGB)

    light = Frame.start(torch.ones(1, 3, 1, 1), Domain.LINEAR)
    assert longer.develop(light).data.flatten().tolist() == [0.25] * 3


def test_the_command_develops_with_it(
    darker: str, fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    plain = fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--json")
    dark = fullwell(
        "develop", grey_dng, "-o", tmp_path / "b.png", "--stage", f"after:exposure={darker}"
    )

    assert (plain.code, dark.code) == (0, 0), dark.err
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()


def test_what_cannot_be_had_is_named_with_its_package(darker: str) -> None:
    with pytest.raises(MissingError, match=r'the stage "broken" of darkroom_.* cannot be imported'):
        installed_stage("broken")
    with pytest.raises(UsageError, match=r'"no_stage" of darkroom_.* is no Stage class'):
        installed_stage("no_stage")


def test_two_packages_with_one_name_are_refused_naming_both(
    darker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    install(other, "lightroom", {"darker": "lightroom:Darker"})
    monkeypatch.syspath_prepend(str(other))

    with pytest.raises(UsageError, match=r'more than one package brings a stage "darker": .*light'):
        installed_stage("darker")


def test_an_unknown_stage_is_answered_with_the_installed_names_too(
    darker: str, fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    recipe = tmp_path / "r.json"
    recipe.write_text('{"format_version": 1, "steps": [{"name": "brighter"}]}')

    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--recipe", recipe)

    refused(answer, 2, 'no stage "brighter"', "encode", "darker")
