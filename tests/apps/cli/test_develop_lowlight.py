"""fullwell develop --preset lowlight: the network in a development, and again from its recipe."""

import json
from pathlib import Path

from tests.apps.conftest import Command
from tests.apps.samples import read_codes
from tests.stage_cases import NET

SET = ("--preset", "lowlight", "--set", f"exposure_diffusion.model={NET}")


def test_the_network_s_settings_are_set_and_its_recipe_gives_the_same_picture(
    fullwell: Command, steps_dng: Path, tmp_path: Path
) -> None:
    more = ("--set", "exposure_diffusion.ratio=4", "--set", "exposure_diffusion.steps=1")
    first = fullwell(
        "develop", steps_dng, *SET, *more, "--save-recipe", "-o", tmp_path / "a.png"
    )  # fmt: skip
    again = fullwell(
        "develop", steps_dng, "--recipe", tmp_path / "a.recipe.json", "-o", tmp_path / "b.png"
    )

    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert "defects -> exposure_diffusion -> white_balance" in first.out
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    steps = json.loads((tmp_path / "a.recipe.json").read_text())["steps"]
    [said] = [step for step in steps if step["name"] == "exposure_diffusion"]
    card = json.loads(Path(NET).with_suffix(".json").read_text())
    assert said["settings"] | {"ratio": 4, "steps": 1} == said["settings"]
    assert said["used"]["weights_sha256"] == card["sha256"]


def test_the_scale_of_the_longer_exposure_is_brighter_and_the_input_s_is_not(
    fullwell: Command, grey_dng: Path, tmp_path: Path
) -> None:
    means = {}
    for scale in ("same", "ratio"):
        options = (
            "--set",
            "exposure_diffusion.ratio=2",
            "--set",
            f"exposure_diffusion.scale={scale}",
        )
        answer = fullwell("develop", grey_dng, *SET, *options, "-o", tmp_path / f"{scale}.png")
        assert answer.code == 0, answer.err
        means[scale] = float(read_codes(tmp_path / f"{scale}.png").mean())

    assert means["ratio"] > 1.2 * means["same"]
