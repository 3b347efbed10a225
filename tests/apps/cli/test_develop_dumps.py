"""fullwell develop --dump, --from and --save-recipe: what was done is kept, and gone on from."""

import json
from pathlib import Path

import numpy as np
import pytest

from apps.chosen_recipe import Choices
from apps.developing import pipeline_for
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.files.raw import read_raw
from tests.apps.conftest import Command
from tests.apps.samples import (
    left_in,
    read_codes,
    refused,
)


def test_every_frame_is_dumped_as_it_was_tapped(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    frames = tmp_path / "frames"

    answer = fullwell("develop", steps_dng, "-o", tmp_path / "a.png", "--dump", frames)

    assert answer.code == 0, answer.err
    raw = read_raw(steps_dng)
    taps = list(pipeline_for(raw, Choices()).tap(raw))
    expected = [("read", raw), *((t.name, t.frame) for t in taps)]
    assert left_in(frames) == [
        f"{i:02d}_{name}{suffix}"
        for i, (name, _) in enumerate(expected)
        for suffix in (".json", ".masks.npy", ".npy", ".png")
    ] + ["recipe.json"]
    for i, (name, frame) in enumerate(expected):
        stem = frames / f"{i:02d}_{name}"
        assert np.array_equal(np.load(stem.with_suffix(".npy")), frame.data.numpy()), name
        facts = json.loads(stem.with_suffix(".json").read_text())
        assert facts["domain"] == frame.domain.name
        assert facts["shot"]["iso"] == [400.0]
        assert facts["measured_fraction"] == pytest.approx(float(frame.measured.float().mean()))
        assert read_codes(stem.with_suffix(".png")).shape == (*frame.size, 3)
    assert facts["parameters"] == {"space": "bt709", "transfer": "srgb"}


def test_a_dump_is_not_replaced_without_force(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    frames = ("--dump", tmp_path / "frames")
    assert fullwell("develop", grey_dng, "-o", tmp_path / "a.png", *frames).code == 0

    refused(fullwell("develop", grey_dng, "-o", tmp_path / "b.png", *frames), 3, "holds a dump")
    assert not (tmp_path / "b.png").exists()
    assert fullwell("develop", grey_dng, "-o", tmp_path / "b.png", *frames, "--force").code == 0


def test_developing_goes_on_from_any_dumped_frame_to_the_same_bytes(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    options = ("--wb", "grey_world", "--exposure", "auto", "--tone", "filmic", "--bit-depth", 16)
    frames = tmp_path / "frames"
    assert fullwell(
        "develop", steps_dng, "-o", tmp_path / "whole.png", "--dump", frames, *options
    ).code == 0  # fmt: skip
    arrays = sorted(f for f in frames.glob("*.npy") if not f.name.endswith(".masks.npy"))
    assert len(arrays) == 10

    for array in arrays[:-1]:
        part = tmp_path / f"{array.stem}.png"
        again = tmp_path / array.stem
        answer = fullwell(
            "develop", "--from", array, "-o", part, "--bit-depth", 16, "--dump", again
        )

        assert (answer.code, answer.err) == (0, "")
        assert part.read_bytes() == (tmp_path / "whole.png").read_bytes(), array.name
        assert [f.name[3:] for f in sorted(again.glob("*.png"))] == [
            f"{a.stem[3:]}.png" for a in arrays[arrays.index(array) :]
        ]

    refused(
        fullwell("develop", "--from", arrays[-1], "-o", tmp_path / "x.png"), 2, "is the last stage"
    )


def test_another_recipe_can_go_on_from_a_frame(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    frames = tmp_path / "frames"
    fullwell("develop", steps_dng, "-o", tmp_path / "a.png", "--dump", frames)
    fullwell("develop", steps_dng, "-o", tmp_path / "b.png", "--tone", "reinhard2002")

    for options in (("--tone", "reinhard2002"), ("--preset", "srgb", "--tone", "reinhard2002")):
        answer = fullwell(
            "develop", "--from", frames / "06_colour_matrix.npy", "-o", tmp_path / "c.png",
            "--force", *options,
        )  # fmt: skip

        assert (answer.code, answer.err) == (0, "")
        assert (tmp_path / "c.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_frame_of_a_dump_is_the_only_input_and_knows_its_camera(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    frames, out = tmp_path / "frames", tmp_path / "x.png"
    fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--dump", frames)
    frame = frames / "04_highlights.npy"

    refused(fullwell("develop", grey_dng, "--from", frame, "-o", out), 2, "leave the raw files out")
    refused(fullwell("develop", "--from", frame, "-o", out, "--camera", "NikonD850"), 2, "--camera")
    recipe = tmp_path / "short.json"
    recipe.write_text('{"format_version": 1, "steps": [{"name": "encode"}]}')
    refused(
        fullwell("develop", "--from", frame, "-o", out, "--recipe", recipe), 2,
        'the stage "highlights", which the recipe does not have',
    )  # fmt: skip
    (frames / "recipe.json").unlink()
    refused(fullwell("develop", "--from", frame, "-o", out), 3, "recipe.json")


def test_the_recipe_as_it_was_used_is_saved_when_asked_and_gives_the_same_picture(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    answer = fullwell(
        "develop", steps_dng, "-o", tmp_path / "a.png", "--save-recipe", "--exposure", "auto"
    )

    assert (answer.code, answer.err) == (0, "")
    assert left_in(tmp_path) == ["a.png", "a.recipe.json"]
    record = json.loads((tmp_path / "a.recipe.json").read_text())
    (exposure,) = [s for s in record["steps"] if s["name"] == "exposure"]
    assert exposure["asked"] == {"ev": "auto"}
    assert isinstance(exposure["settings"]["ev"], float)
    assert record["about"]["input"] == "steps.dng"
    assert record["about"]["automatic"][0].startswith("automatic exposure")

    fullwell("develop", steps_dng, "-o", tmp_path / "b.png", "--recipe", tmp_path / "a.recipe.json")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    refused(
        fullwell("develop", steps_dng, "-o", tmp_path / "a.tif", "--save-recipe"), 3,
        "a.recipe.json: it exists already",
    )  # fmt: skip
    assert not (tmp_path / "a.tif").exists()


def test_a_recipe_of_a_run_with_a_users_stage_asks_for_it_again(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    (tmp_path / "mine.py").write_text("def halve(linear):\n    return linear / 2\n")
    slot = f"after:exposure={tmp_path / 'mine.py'}:halve"
    saved = tmp_path / "a.recipe.json"
    fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--save-recipe", "--stage", slot)

    without = fullwell("develop", grey_dng, "-o", tmp_path / "b.png", "--recipe", saved)
    answer = fullwell(
        "develop", grey_dng, "-o", tmp_path / "b.png", "--recipe", saved, "--stage", slot
    )

    refused(without, 2, "runs no code of its own", slot)
    assert (answer.code, answer.err) == (0, "")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_bits_of_a_recipe_are_seen_in_the_dump_and_in_the_history(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    steps = [s.record() for s in preset("srgb", Cfa.RGGB).steps]
    steps[2] |= {"bits": 4, "headroom": 1.5}
    recipe = tmp_path / "pipe.json"
    recipe.write_text(json.dumps({"format_version": 1, "steps": steps}))

    answer = fullwell(
        "develop", steps_dng, "-o", tmp_path / "a.png", "--recipe", recipe, "--dump",
        tmp_path / "frames", "--json",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    balanced = np.load(tmp_path / "frames" / "03_white_balance.npy")
    codes = balanced / 1.5 * 15
    assert np.abs(codes - np.rint(codes)).max() < 1e-5
    (report,) = json.loads(answer.out)
    note = dict(report["history"])["white_balance"]["quantised"]
    # Light that clips the sensor passes 1.5 in red alone, whose gain is 2.22.
    assert (note["bits"], note["top"], note["below"]) == (4, 1.5, 0)
    assert 0 < note["above"] < balanced.size / 4
    assert balanced.max() == 1.5
