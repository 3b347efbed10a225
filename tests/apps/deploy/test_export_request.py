"""What was asked for becomes stages and frames, or one sentence."""

from pathlib import Path

import pytest

from apps.deploy.export_request import ExportRequest, frames_of, pipeline_of, proof_frames, title
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.errors import UsageError

SONY = {"camera": "SonyA7S2", "iso": 1600.0}


def test_a_preset_a_recipe_and_stages_are_taken(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(preset("srgb", Cfa.RGGB).without("tone").as_json())
    frame = frames_of(ExportRequest(what=("srgb",), **SONY))(24, 30, 0)

    def names(*what: str, **more: object) -> tuple[str, ...]:
        return pipeline_of(ExportRequest(what=what, **SONY, **more), frame).names  # type: ignore[arg-type]

    assert names("srgb")[:2] == ("black_level", "defects")
    assert "tone" not in names(str(tmp_path / "mine.json"))
    assert names("defects", "white_balance") == ("defects", "white_balance")


def test_a_stage_named_again_is_a_step_of_its_own() -> None:
    request = ExportRequest(
        what=("sharpen", "exposure", "sharpen"), settings=[("sharpen_2", "amount", 0.25)], **SONY
    )

    pipeline = pipeline_of(request, frames_of(request)(24, 30, 0))

    assert pipeline.names == ("sharpen", "exposure", "sharpen_2")
    assert (pipeline["sharpen"].amount, pipeline["sharpen_2"].amount) == (
        pipeline_of(ExportRequest(what=("sharpen",), **SONY), frames_of(request)(24, 30, 0))[
            "sharpen"
        ].amount,
        0.25,
    )


def test_settings_reach_their_stage() -> None:
    request = ExportRequest(what=("srgb",), settings=[("exposure", "ev", 1.5)], **SONY)

    pipeline = pipeline_of(request, frames_of(request)(24, 30, 0))

    assert pipeline["exposure"].ev == 1.5


def test_what_is_nothing_that_we_know_is_named() -> None:
    frame = frames_of(ExportRequest(what=("srgb",), **SONY))(24, 30, 0)

    with pytest.raises(UsageError, match='"magic" is no preset, recipe file or stage'):
        pipeline_of(ExportRequest(what=("black_level", "magic"), **SONY), frame)


@pytest.mark.parametrize("camera", [{}, {"camera": "SonyA7S2"}, {"iso": 100.0}])
def test_without_a_camera_and_its_iso_nobody_guesses(camera: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"--camera NAME and --iso N, or --input FILE\.dng"):
        frames_of(ExportRequest(what=("srgb",), **camera))  # type: ignore[arg-type]


def test_proof_is_at_other_sizes_unless_the_graph_takes_one_only() -> None:
    request = ExportRequest(what=("white_balance",), **SONY)
    frames = frames_of(request)
    pipeline = pipeline_of(request, frames(24, 30, 0))
    static = ExportRequest(what=("white_balance",), static=(26, 30), **SONY)

    free = [f.size for f in proof_frames(request, frames, pipeline, (1, 2))]
    fixed = [f.size for f in proof_frames(static, frames, pipeline, (1, 2))]

    assert free == [(101, 157), (202, 134)]
    assert fixed == [(26, 30), (26, 30)]


def test_a_bundle_is_called_what_was_asked_for() -> None:
    assert title(ExportRequest(what=("defects", "encode"))) == "defects-encode"
    assert title(ExportRequest(what=("folder/mine.toml",))) == "mine"
