"""Rows of results become points of parts, and only those of one target."""

import math
from pathlib import Path

import pytest

from apps.bench.planning.measured import How, Part, Point, read_targets, step_of
from isp.core.errors import FileError
from tests.apps.bench.latency.result_files import written
from tests.apps.bench.planning.target_files import row, step

EAGER = How("torch-eager", "torch cpu", "fp32")


def test_a_row_is_a_point_of_its_stages_whatever_they_are_called(tmp_path: Path) -> None:
    first = row(["menon2007"], 8.0, (500, 1000), p99_ms=9.0, peak_memory_bytes=7)
    first["steps"][0]["name"] = "demosaic"
    target = written(tmp_path / "a.json", first)

    measured = read_targets([target])

    part = Part((("menon2007", "{}"),), EAGER)
    assert measured.points == {part: [Point(megapixels=0.5, p50_ms=8, p99_ms=9, peak_bytes=7)]}
    assert measured.nameless == {}


def test_settings_tell_two_stages_apart_in_any_order_of_their_keys() -> None:
    one = step("encode") | {"settings": {"a": 1, "b": 2}}
    other = step("encode") | {"settings": {"b": 2, "a": 1}}

    assert step_of(one) == step_of(other) != step_of(step("encode"))


def test_two_files_of_one_row_are_two_points(tmp_path: Path) -> None:
    targets = [written(tmp_path / f"{ms}.json", row(["encode"], ms)) for ms in (2.0, 3.0)]

    (points,) = read_targets(targets).points.values()

    assert [p.p50_ms for p in points] == [2.0, 3.0]


def test_frames_at_a_cadence_wait_and_are_not_counted(tmp_path: Path) -> None:
    target = written(
        tmp_path / "a.json", row(["encode"], 2.0), row(["encode"], 50.0, load="cadence")
    )

    (points,) = read_targets([target]).points.values()

    assert [p.p50_ms for p in points] == [2.0]


def test_a_whole_that_does_not_say_its_stages_is_kept_by_its_files_name(tmp_path: Path) -> None:
    rows = [
        row(["encode"], 2.0, stage=name, model_sha256="5" * 64) for name in ("whole", "lowlight")
    ]
    for told in rows:
        del told["steps"]

    measured = read_targets([written(tmp_path / "jetson.json", *rows)])

    (part,) = measured.nameless
    assert part.steps == (("jetson as it was measured", "{}"),)
    assert part.sha256 == "5" * 64
    assert measured.points == {}


@pytest.mark.parametrize(
    ("changes", "environment", "said"),
    [({"threads": 2}, {}, "threads 2"), ({}, {"cpu": "another"}, "cpu 'another'"),
     ({}, {"gpu": "a card"}, "gpu 'a card'")],
)  # fmt: skip
def test_results_of_another_target_are_refused_by_name(
    tmp_path: Path, changes: dict[str, int], environment: dict[str, str], said: str
) -> None:
    one = written(tmp_path / "one.json", row(["encode"], 2.0))
    other = written(tmp_path / "other.json", row(["encode"], 2.0, **changes), **environment)

    with pytest.raises(FileError, match=rf"other.json: it was measured with {said}"):
        read_targets([one, other])


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"steps": 3}, "steps of encode"), ({"steps": [{"stage": "a"}]}, "steps of encode"),
     ({"p99_ms": "fast"}, "p99_ms of encode is no number"), ({"quality": 3}, "quality of encode"),
     ({"quality": {"psnr_db": True}}, "psnr_db of encode is no number"),
     ({"load": "cadence"}, "no target holds a row timed back to back")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    target = written(tmp_path / "a.json", row(["encode"], 2.0, **changes))

    with pytest.raises(FileError, match=said):
        read_targets([target])


def test_an_equal_picture_is_told_from_one_that_was_not_compared(tmp_path: Path) -> None:
    rows = [row([name], 2.0, quality=quality)
            for name, quality in (("equal", {"psnr_db": None}), ("unknown", None))]  # fmt: skip

    points = read_targets([written(tmp_path / "a.json", *rows)]).points

    assert [own[0].psnr_db for own in points.values()] == [math.inf, None]


def test_a_graphics_card_is_known_by_its_provider() -> None:
    assert How("onnx", "TensorrtExecutionProvider", "fp16").on_card
    assert How("torch-eager", "torch cuda", "fp32").on_card
    assert not How("openvino", "OpenVINO CPU", "bf16").on_card
