"""From the files of a bracket to one file: raws and pictures, light and its deviation."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.developing import develop
from apps.light import Seen
from apps.merging import MergeRequest, develop_merged, merge_files
from apps.picture_facts import automatic
from apps.series import Series, photograph_series
from apps.simulating import SimulationRequest
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, OutputError, UsageError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.files.picture import write_picture
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from isp.merge.bracket import merge
from isp.stages.black_level import BlackLevel
from tests.apps.samples import codes_of, read_codes, read_exr

SIZE = (40, 60)
CAMERA = "NikonD850"


@pytest.fixture(scope="module")
def raws(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A flat grey wall at -4, -2 and 0 EV; the longest is saturated."""
    folder = tmp_path_factory.mktemp("raws")
    asked = SimulationRequest(
        scene="scene:flat?luminance=100", camera=CAMERA, iso=100.0, exposure_time_s=1 / 2,
        f_number=4.0, seed=3, seen=Seen(size=SIZE), changes={"prnu_percent": 0.0},
    )  # fmt: skip
    photograph_series(asked, Series(evs=(-6, -3, 0)), folder / "a.dng", truth=False)
    return [folder / f"a_{i}.dng" for i in range(3)]


def test_raws_become_linear_light_with_masks_and_deviations(
    raws: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.exr"

    facts = merge_files(MergeRequest(camera=CAMERA, reference=2), raws, out)

    channels = read_exr(out)
    assert {f"sigma.{c}" for c in "RGB"} | {"measured.Y", "clipped.Y"} <= set(channels)
    assert bool((channels["measured.Y"] == 1).all())
    green = channels["G"].astype(float)
    # The reference's green: an eighth of the light of the whole, by its own DN.
    raw = read_raw(raws[1])
    mosaic = BlackLevel(raw.need_profile().cfa).develop(raw).data[0, 0].double().numpy()
    alone = (mosaic[::2, 1::2].mean() + mosaic[1::2, ::2].mean()) / 2
    assert green.mean() == pytest.approx(alone, rel=5e-3)
    assert channels["R"].astype(float).mean() == pytest.approx(green.mean(), rel=0.01)
    assert facts["exposures"] == pytest.approx([1 / 8, 1, 8])
    assert facts["exposures_from"] == "metadata"
    assert facts["shares_percent"][2] < 1
    json.dumps(facts, allow_nan=False)


def test_the_deviation_is_that_of_the_light_before_averaging(raws: list[Path]) -> None:
    mosaics = []
    for path in raws:
        raw = read_raw(path, profile=load_profile(CAMERA))
        mosaics.append(BlackLevel(raw.need_profile().cfa).develop(raw))
    merged = merge(mosaics, reference=1)

    picture, sigma = develop_merged(merged)

    steps = dict(picture.history)
    gains = np.array(steps["white_balance"]["gains"][0])
    matrix = np.array(steps["colour_matrix"]["camera_to_rgb"][0])
    sites = merged.variance[0, 0].double().numpy()
    variance = np.array([sites[::2, ::2].mean(), sites[::2, 1::2].mean(), sites[1::2, 1::2].mean()])
    wanted = np.sqrt(matrix**2 @ (gains**2 * variance))
    np.testing.assert_allclose(sigma[0].mean(dim=(1, 2)).numpy(), wanted, rtol=0.01)
    # A demosaic averages: what the light really strays by is less, and of that order.
    strays = picture.data[0, :, 4:-4, 4:-4].std(dim=(1, 2)).numpy()
    assert ((strays < wanted * 1.05) & (strays > 0.4 * wanted)).all()


def test_highlights_that_all_frames_lost_are_no_darker_than_their_bound(tmp_path: Path) -> None:
    asked = SimulationRequest(
        scene="scene:flat?luminance=10000", camera=CAMERA, iso=100.0, exposure_time_s=4.0,
        f_number=2.0, seed=3, seen=Seen(size=(24, 24)), changes={"prnu_percent": 0.0},
    )  # fmt: skip
    photograph_series(asked, Series(evs=(-3, 0)), tmp_path / "a.dng", truth=False)
    out = tmp_path / "out.exr"

    merge_files(
        MergeRequest(camera=CAMERA, reference=2), [tmp_path / f"a_{i}.dng" for i in (0, 1)], out
    )

    channels = read_exr(out)
    assert not bool(channels["measured.Y"].any())
    assert bool(channels["clipped.Y"].all())
    for name in "RGB":  # white, at eight times the reference's white: green's gain is 1
        light = channels[name].astype(float)
        assert light.mean() == pytest.approx(8, rel=0.02)
        assert light.min() == pytest.approx(8, rel=0.02)  # no photosite is an eighth of that


def test_pictures_become_light_with_times_that_were_given(
    pictures: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.exr"
    request = MergeRequest(times=(1 / 8, 1, 4), response="srgb", reference=2)

    facts = merge_files(request, pictures, out)

    light = np.linspace(0.02, 4.0, 120)
    np.testing.assert_allclose(read_exr(out)["G"][0].astype(float), light, rtol=0.01)
    assert facts["response"] == "srgb"
    assert not facts["response_assumed"]
    assert facts["exposures_measured"] == pytest.approx([1 / 8, 1, 4], rel=0.01)
    assert facts["automatic"] == []


def test_what_was_assumed_and_measured_is_said(pictures: list[Path], tmp_path: Path) -> None:
    facts = merge_files(MergeRequest(), pictures, tmp_path / "out.exr")

    assert facts["exposures_from"] == "measured"
    ratios = np.array(facts["exposures"])
    np.testing.assert_allclose(ratios / ratios[1], [1 / 8, 1, 4], rtol=0.01)
    said = " ".join(facts["automatic"])
    assert "response srgb assumed" in said
    assert "exposures measured: " in said
    assert "reference: file" in said


def test_times_come_from_the_list_beside_the_files(pictures: list[Path], tmp_path: Path) -> None:
    rows = [{"file": p.name, "time_s": t} for p, t in zip(pictures, (1, 8, 32), strict=True)]
    (tmp_path / "bracket.json").write_text(json.dumps({"frames": rows}))

    facts = merge_files(MergeRequest(reference=2), pictures, tmp_path / "out.exr")

    assert facts["exposures_from"] == "metadata"
    assert facts["exposures"] == pytest.approx([1 / 8, 1, 4])


def test_a_file_of_another_scene_is_named_and_left_out(
    pictures: list[Path], tmp_path: Path
) -> None:
    request = MergeRequest(times=(1, 8, 32), response="srgb", reference=2)
    fine = merge_files(request, pictures, tmp_path / "fine.exr")
    light = torch.linspace(1.0, 0.02, 120).expand(1, 3, 30, 120).contiguous()
    other = Frame.start(Response.srgb().encode(light), Domain.SDR)
    write_picture(pictures[0], other, force=True)

    facts = merge_files(request, pictures, tmp_path / "out.exr")

    assert fine["left_out"] == []
    assert facts["left_out"] == [1]
    assert facts["exposures_from"] == "given"
    assert facts["shares_percent"][0] == 0
    assert any(
        note.startswith(f"{pictures[0].name} (file 1) contradicts file 2")
        for note in facts["automatic"]
    )


def test_hand_held_pictures_are_moved_onto_the_reference_and_it_is_said(tmp_path: Path) -> None:
    places = torch.arange(100.0)
    light = torch.full((100, 100), 0.1)
    for row, column, radius, level in ((30, 40, 12, 0.6), (70, 30, 9, 0.3), (60, 75, 16, 2.0)):
        light[(places[:, None] - row).hypot(places - column) < radius] = level
    files = []
    for i, (ev, down, right) in enumerate(((-3, 4, -6), (0, 0, 0))):
        view = light[10 - down : 90 - down, 10 - right : 90 - right].expand(1, 3, 80, 80)
        files.append(tmp_path / f"h{i}.png")
        write_picture(files[-1], codes_of(view, ev, Response.srgb()))
    request = MergeRequest(times=(1 / 8, 1), response="srgb", reference=2, align=True)

    facts = merge_files(request, files, tmp_path / "out.exr")

    assert facts["shifts"] == [[4, -6], [0, 0]]
    assert (
        "frames lay down and right of the reference by (pixels) +4 -6, +0 +0: moved back"
        in (facts["automatic"])
    )
    history = dict(json.loads(json.dumps(facts["history"])))
    assert history["merge"]["shifts"] == [[[4, -6]], [[0, 0]]]
    green = read_exr(tmp_path / "out.exr")["G"].astype(float)
    np.testing.assert_allclose(green[:70, 10:], light[10:80, 20:90].numpy(), rtol=0.05)
    still = MergeRequest(times=(1 / 8, 1), response="srgb", reference=2)
    assert merge_files(still, files, tmp_path / "still.exr")["shifts"] is None
    with pytest.raises(UsageError, match="--align is for merged light"):
        merge_files(MergeRequest(align=True, fusion="mertens"), files, tmp_path / "out.png")


def test_pictures_are_fused_to_a_picture(pictures: list[Path], tmp_path: Path) -> None:
    facts = merge_files(MergeRequest(fusion="mertens"), pictures, tmp_path / "out.png")

    codes = read_codes(tmp_path / "out.png").astype(float)
    assert facts["fusion"] == "mertens"
    assert codes.shape == (30, 120, 3)
    # More of the range than any one picture shows: neither end is black or white.
    assert codes.min() > 20
    assert codes.max() < 255


def test_a_merged_mosaic_is_a_dng_on_the_scale_of_its_reference(
    raws: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.dng"

    facts = merge_files(MergeRequest(camera=CAMERA, reference=2), raws, out)

    single = read_raw(raws[1])
    cfa = single.need_profile().cfa
    alone = BlackLevel(cfa).develop(single).data.double()
    stored = BlackLevel(cfa).develop(read_raw(out)).data.double()
    assert facts["exposures"] == pytest.approx([1 / 8, 1, 8])
    # Nothing is above the reference's white, so that is the file's too.
    assert float(stored.mean()) == pytest.approx(float(alone.mean()), rel=5e-3)
    assert float(stored.max()) < 1
    assert facts["dng_sample"] == "uint16"
    assert facts["warnings"] == []


def test_what_cannot_be_merged_is_refused(
    raws: list[Path], pictures: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.exr"
    with pytest.raises(UsageError, match=r"merged light, written as \.exr, \.dng"):
        merge_files(MergeRequest(), pictures, tmp_path / "out.png")
    with pytest.raises(UsageError, match=r"fusion makes a picture, written as \.png"):
        merge_files(MergeRequest(fusion="mertens"), pictures, out)
    with pytest.raises(UsageError, match='no fusion is named "debevec"'):
        merge_files(MergeRequest(fusion="debevec"), pictures, out)
    with pytest.raises(UsageError, match="3 files need as many times, but 1 came"):
        merge_files(MergeRequest(times=(1.0,)), pictures, out)
    with pytest.raises(UsageError, match="one of files 1 to 3"):
        merge_files(MergeRequest(reference=4), pictures, out)
    with pytest.raises(UsageError, match="--response is for pictures"):
        merge_files(MergeRequest(response="srgb", camera=CAMERA), raws, out)
    with pytest.raises(FrameError, match="raw files, or of 8- or 16-bit pictures"):
        merge_files(MergeRequest(), [raws[0], pictures[0]], out)
    with pytest.raises(DomainError, match="takes finished pictures"):
        merge_files(MergeRequest(fusion="mertens"), raws, tmp_path / "out.png")
    with pytest.raises(UsageError, match="name the files"):
        merge_files(MergeRequest(), [], out)
    out.write_bytes(b"mine")
    with pytest.raises(OutputError):
        merge_files(MergeRequest(), pictures, out)
    assert out.read_bytes() == b"mine"


def test_real_brackets_become_light(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "sdr/bracket_frobisher"
    files = sorted(folder.glob("*.jpg"))

    facts = merge_files(MergeRequest(response="srgb"), files, tmp_path / "room.exr")

    assert facts["exposures"] == pytest.approx([1 / 8, 1, 8], rel=1e-3)
    assert facts["measured_percent"] > 90
    light = read_exr(tmp_path / "room.exr")["G"].astype(float)
    assert math.log2(np.percentile(light, 99.9) / np.percentile(light, 1)) > 8


def test_a_merged_dng_developed_is_as_bright_as_the_merged_exr(
    raws: list[Path], tmp_path: Path
) -> None:
    """The wall saturates the reference; what the DNG calls white is its light, and is said."""
    request = MergeRequest(camera=CAMERA, reference=3)
    merge_files(request, raws, tmp_path / "a.exr")
    merge_files(request, raws, tmp_path / "b.dng")

    dng = read_raw(tmp_path / "b.dng")
    again = develop(dng, preset="hdr_linear", settings=(("colour_matrix", "target", "bt709"),))
    sensor = develop(dng, linear=True, settings=(("colour_matrix", "target", "bt709"),))

    baseline = float(dng.shot.need("baseline_exposure_ev"))
    assert 0 < baseline < 3  # not the 6 stops of the shortest frame
    green = read_exr(tmp_path / "a.exr")["G"].astype(float)
    # 16-bit codes of the DNG and half floats of the EXR.
    assert float(again.data[0, 1].mean()) == pytest.approx(green.mean(), rel=2e-3)
    # --linear says 1.0 = the file's white, whatever brightness it asks of a picture.
    assert float(sensor.data[0, 1].mean()) * 2**baseline == pytest.approx(green.mean(), rel=2e-3)
    assert automatic(again)[0] == f"baseline exposure of the file: {baseline:+.2f} EV"
    assert automatic(sensor) == []


def test_what_all_frames_lost_is_lost_and_white_in_the_merged_dng_too(tmp_path: Path) -> None:
    """A well that is full below the last code scatters with the read noise."""
    asked = SimulationRequest(
        scene="scene:flat?luminance=4000&gradient=0.97", camera=CAMERA, iso=100.0,
        exposure_time_s=1 / 25, f_number=4.0, seed=3, seen=Seen(size=(64, 96)),
    )  # fmt: skip
    photograph_series(asked, Series(evs=(-3, 0)), tmp_path / "a.dng", truth=False)
    raws = [tmp_path / f"a_{i}.dng" for i in (0, 1)]
    merge_files(MergeRequest(), raws, tmp_path / "a.exr")
    merge_files(MergeRequest(), raws, tmp_path / "b.dng")

    again = develop(tmp_path / "b.dng", preset="hdr_linear")

    lost = read_exr(tmp_path / "a.exr")["clipped.Y"] > 0
    assert 0.1 < lost.mean() < 0.9
    assert (again.clipped[0, 0].numpy() != lost).mean() < 0.02
    inside = again.data[0][:, again.clipped[0, 0]].double()
    # White: the colours of what was lost are one, as the highlights are cut for it.
    spread = (inside.amax(0) - inside.amin(0)) / inside.mean(0)
    assert float(spread.quantile(0.9)) < 0.1


def test_a_file_given_twice_is_named_and_refused(pictures: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(pictures[1].read_bytes())

    for request in (MergeRequest(), MergeRequest(fusion="mertens")):
        out = tmp_path / ("out.png" if request.fusion else "out.exr")
        with pytest.raises(FrameError, match=r"copy\.png is .*p1\.png again, the same to the bit"):
            merge_files(request, [*pictures, copy], out)
        assert not out.exists()
