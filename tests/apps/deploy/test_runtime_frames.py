"""A frame through the graphs: each input fed, masks when asked for, tiles like the whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import helper

from apps.deploy.runtime import (
    Bundle,
    RunError,
    Settings,
    UsageError,
    first_masks,
    tile_notes,
    tiles,
)
from isp.core.cfa import Cfa
from isp.core.measured import code_masks, raw_masks
from isp.core.sensor import Defect, SensorProfile
from isp.core.window import windows
from tests.apps.deploy.small_bundle import (
    GAINS,
    RAW,
    a_raw,
    by_hand,
    constant,
    manifest_of,
    model,
    save_manifest,
    stages,
    tensor,
    write_bundle,
)

ONE_THREAD = Settings(threads=1)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle(write_bundle(tmp_path_factory.mktemp("frames") / "b"), ONE_THREAD)


def test_the_picture_is_the_one_worked_out_by_hand(bundle: Bundle) -> None:
    picture = bundle.run(a_raw()).picture

    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture[0], by_hand(a_raw()), rtol=0, atol=2e-6)


def test_a_value_that_is_said_takes_the_place_of_its_default(bundle: Bundle) -> None:
    picture = bundle.run(a_raw(), {"white_balance.gains": [1.0, 3.0, 0.5]}).picture

    np.testing.assert_allclose(picture[0], by_hand(a_raw(), [1.0, 3.0, 0.5]), rtol=0, atol=3e-6)
    np.testing.assert_allclose(bundle.run(a_raw()).picture[0], by_hand(a_raw(), GAINS), atol=2e-6)


@pytest.mark.parametrize("tile", [1, 2, 7, 8, 16, 45])
def test_tiles_give_what_the_whole_gives(bundle: Bundle, tile: int) -> None:
    whole = bundle.run(a_raw(), masks=True)

    for name, made in bundle.run(a_raw(), masks=True, tile=tile)._asdict().items():
        np.testing.assert_allclose(made, getattr(whole, name), rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(("side", "halo", "step"), [(4, 1, 2), (1, 3, 4), (7, 0, 1), (9, 12, 6)])
def test_tiles_lie_where_those_of_the_project_lie(side: int, halo: int, step: int) -> None:
    ours = tiles((37, 46), side, halo, step)

    for tile, window in zip(ours, windows((37, 46), side, halo, step), strict=True):
        assert tile.first == (window.top, window.left)
        assert tile.end == (window.top + window.height, window.left + window.width)
        assert tile.own == (window.top + window.own_top, window.left + window.own_left)
        assert tile.own_end[0] - tile.own[0] == window.own_height
        assert tile.own_end[1] - tile.own[1] == window.own_width
        assert tile.first[0] % step == tile.first[1] % step == 0


def test_tiles_that_cost_the_frame_several_times_are_said(bundle: Bundle) -> None:
    # 2 x 2 with a margin of 2 around: 6 x 6 inside, less along the border.
    (note,) = tile_notes(bundle, 2, (36, 48))

    assert note.startswith("00-mosaic.onnx needs a margin of 1 pixels: tiles of 2 work out 8.")
    assert tile_notes(bundle, 16, (36, 48)) == []
    assert tile_notes(bundle, 2, (2, 2)) == tile_notes(bundle, None, (36, 48)) == []


def test_a_graph_that_takes_whole_frames_says_so_where_tiles_were_asked(tmp_path: Path) -> None:
    bundle = Bundle(write_bundle(tmp_path / "b", graphs=stages(whole_frame=True)), ONE_THREAD)

    assert tile_notes(bundle, 16, (36, 48)) == ["00-mosaic.onnx takes whole frames, not tiles"]


def test_a_graph_that_gives_another_size_is_refused(tmp_path: Path) -> None:
    constants = [constant(n, v, np.int64) for n, v in
                 (("from", [0]), ("to", [8]), ("axis", [3]))]  # fmt: skip
    cut = model(
        [helper.make_node("Slice", ["data", "from", "to", "axis"], ["picture"])],
        [tensor("data", 1)], [tensor("picture", 1)], constants,
    )  # fmt: skip
    [entry] = stages(
        inputs=[{"name": "data", "kind": "picture", "channels": 1}],
        outputs=[{"name": "picture", "channels": 1}],
    )[:1]
    folder = write_bundle(
        tmp_path / "b", {"00-mosaic.onnx": cut}, graphs=[entry], domain_out="MOSAIC"
    )

    with pytest.raises(RunError, match=r"its output picture has the shape \(1, 1, 37, 8\), not"):
        Bundle(folder, ONE_THREAD).run(a_raw())


def test_what_float32_does_not_hold_is_refused_without_a_warning(
    bundle: Bundle, recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.raises(RunError, match="NaN or infinite"):
        bundle.run(np.full((8, 8), 1e300))
    assert not list(recwarn)


def test_a_tile_with_too_little_halo_would_be_seen(tmp_path: Path) -> None:
    # What the test of the tiles is worth: without the halo the seams show.
    bundle = Bundle(write_bundle(tmp_path / "b", graphs=stages(halo=0)), ONE_THREAD)

    made, whole = (bundle.run(a_raw(), tile=tile).picture for tile in (8, None))

    assert np.abs(made - whole).max() > 1e-2


def mean_graph() -> Any:
    """RAW less the mean of the whole picture: what no tile can know."""
    nodes = [
        helper.make_node("ReduceMean", ["data"], ["mean"], keepdims=1),
        helper.make_node("Sub", ["data", "mean"], ["picture"]),
    ]
    return model(nodes, [tensor("data", 1)], [tensor("picture", 1)])


def one_graph(**changes: Any) -> list[dict[str, Any]]:
    inputs = [{"name": "data", "kind": "picture", "channels": 1}]
    outputs = [{"name": "picture", "channels": 1}]
    first = stages(domain_out="RAW", inputs=inputs, outputs=outputs, file="mean.onnx", **changes)
    return first[:1]


def test_a_graph_of_whole_frames_is_never_cut(tmp_path: Path) -> None:
    folder = write_bundle(
        tmp_path / "b", {"mean.onnx": mean_graph()},
        graphs=one_graph(whole_frame=True), domain_out="RAW",
    )  # fmt: skip

    made = Bundle(folder, ONE_THREAD).run(a_raw(), tile=8).picture

    np.testing.assert_allclose(made[0, 0], a_raw() - a_raw().mean(), atol=1e-3)


def test_masks_are_those_of_the_project_spread_by_one(bundle: Bundle) -> None:
    dn = a_raw()
    result = bundle.run(dn, masks=True)

    clipped = (dn >= 4000) | (dn <= 0)
    lost = clipped.copy()
    lost[3, 5] = True
    clipped[3, 5] = False
    assert result.measured is not None
    assert result.clipped is not None
    for mask, bad in ((1 - result.measured, lost), (result.clipped, clipped)):
        wide = np.pad(bad, 1)
        spread = sum(wide[y : y + 37, x : x + 46].astype(int) for y in range(3) for x in range(3))
        np.testing.assert_array_equal(mask[0, 0], spread > 0)


def test_first_masks_are_those_of_a_frame_of_the_project() -> None:
    profile = SensorProfile(
        name="small", cfa=Cfa.RGGB, bit_depth=12, black_level_dn=(64.0,) * 4, white_level_dn=4095,
        readings=(), defects=(Defect(row=3, column=5), Defect(row=900, column=2)),
    )  # fmt: skip
    dn = a_raw().astype(np.float32)[None, None]
    raw = RAW | {"saturation_limit_dn": 4094.0}  # white less the margin of 1

    ours = first_masks(dn, "RAW", raw)

    for mask, theirs in zip(ours, raw_masks(torch.from_numpy(dn), profile, None), strict=True):
        np.testing.assert_array_equal(mask, theirs.numpy())


def test_first_masks_of_codes_are_those_of_a_picture_of_the_project() -> None:
    code = np.random.Generator(np.random.PCG64(2)).integers(0, 5, (1, 3, 9, 8)) / np.float32(4)
    code = code.astype(np.float32)

    for mask, theirs in zip(
        first_masks(code, "SDR", None), code_masks(torch.from_numpy(code)), strict=True
    ):
        np.testing.assert_array_equal(mask, theirs.numpy())


def test_masks_are_not_worked_out_unless_asked_for(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []
    graph = bundle.graphs[0]
    run = graph.run
    monkeypatch.setattr(graph, "run", lambda f, wanted: asked.append(wanted) or run(f, wanted))

    result = bundle.run(a_raw())
    bundle.run(a_raw(), masks=True)

    assert result.measured is None
    assert asked == [["picture"], ["picture", "measured_out", "clipped_out"]]


def test_a_mask_is_worked_out_where_a_later_graph_rests_on_it(tmp_path: Path) -> None:
    # The second graph paints what is clipped; nobody asked for masks.
    from tests.apps.deploy.small_bundle import to_mosaic

    nodes = [
        helper.make_node("Add", ["data", "clipped"], ["sum"]),
        helper.make_node("Concat", ["sum", "sum", "sum"], ["picture"], axis=1),
    ]
    paint = model(nodes, [tensor("data", 1), tensor("clipped", 1)], [tensor("picture", 3)])
    graphs = stages()
    graphs[1] |= {
        "inputs": [
            {"name": "data", "kind": "picture", "channels": 1},
            {"name": "clipped", "kind": "mask", "channels": 1},
        ]
    }
    models = {"00-mosaic.onnx": to_mosaic(), "01-sdr.onnx": paint}
    bundle = Bundle(write_bundle(tmp_path / "b", models, graphs=graphs), ONE_THREAD)

    picture = bundle.run(a_raw()).picture

    plain = by_hand(a_raw(), [1.0, 1.0, 1.0]) - np.arange(37)[:, None] / 37
    clipped = bundle.run(a_raw(), masks=True).clipped
    assert clipped is not None
    assert clipped.any()
    np.testing.assert_allclose(picture[0], plain + clipped[0], atol=2e-6)


def test_a_static_bundle_takes_its_size_only_and_no_tiles(tmp_path: Path) -> None:
    bundle = Bundle(write_bundle(tmp_path / "b", size=[37, 46]), ONE_THREAD)

    assert bundle.run(a_raw()).picture.shape == (1, 3, 37, 46)
    with pytest.raises(RunError, match=r"is \[38, 46\] pixels, but these graphs take \[37, 46\]"):
        bundle.run(a_raw(38, 46))
    with pytest.raises(UsageError, match="not for graphs of one size"):
        bundle.run(a_raw(), tile=8)


def test_sides_must_be_multiples_of_what_a_graph_asks_for(tmp_path: Path) -> None:
    bundle = Bundle(write_bundle(tmp_path / "b", graphs=stages(multiple=4)), ONE_THREAD)

    assert bundle.run(a_raw(36, 48)).picture.shape == (1, 3, 36, 48)
    with pytest.raises(RunError, match=r"multiples of 4, but the input is \[37, 46\]"):
        bundle.run(a_raw())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (np.zeros((1, 3, 8, 8)), r"\(1, 3, 8, 8\), but 1 plane"),
        (np.zeros((2, 1, 8, 8)), r"\(2, 1, 8, 8\), but 1 plane"),
        (np.zeros(8), r"shape \(8,\)"),
        (np.zeros((0, 8)), r"shape \(0, 8\)"),
        (np.full((8, 8), np.nan), "NaN or infinite"),
        (np.full((8, 8), np.inf), "NaN or infinite"),
        (np.zeros((8, 8), dtype=complex), "real numbers are expected"),
        (np.full((8, 8), "x"), "real numbers are expected"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(bundle: Bundle, raw: Any, reason: str) -> None:
    with pytest.raises(RunError, match=reason):
        bundle.run(raw)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"gains": [1.0]}, "no graph takes gains; values are: white_balance.gains"),
        ({"white_balance.gains": [1.0, 2.0]}, r"takes shape \[3\], but got 2"),
        ({"white_balance.gains": [1.0, float("nan"), 1.0]}, "must be finite"),
    ],
)
def test_values_that_do_not_fit_are_a_wrong_question(
    bundle: Bundle, values: dict[str, list[float]], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        bundle.run(a_raw(), values)


def test_a_value_without_a_default_must_be_said(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    graphs = stages()
    del graphs[1]["inputs"][1]["default"]
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "manifest.json"}
    save_manifest(folder, manifest_of(files, graphs=graphs))
    bundle = Bundle(folder, ONE_THREAD)

    with pytest.raises(UsageError, match=r"has no default; say it with --set white_balance\.gains"):
        bundle.run(a_raw())
    said = bundle.run(a_raw(), {"white_balance.gains": GAINS}).picture
    np.testing.assert_allclose(said[0], by_hand(a_raw()), atol=2e-6)
