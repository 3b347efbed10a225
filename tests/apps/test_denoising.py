"""Raw files denoised: what the DNG holds, read by us, by LibRaw and by exiftool."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rawpy
import torch

from apps import raw_noise
from apps.batch import Report
from apps.denoising import DenoiseJob, check_bayer, denoise_file, denoise_files
from enhance.nets.raw_nets import raw_net
from enhance.weights import write_weights
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import mosaic_noise
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.profile import load_profile
from isp.files.raw import read_raw
from isp.files.tiff_tags import numbers_of, tag_of
from isp.stages.black_level import BlackLevel
from isp.stages.defects import Defects
from simulate.sensor import Sensor
from tests.isp.files.rich_dng import rich_dng
from tests.strategies import BAYER_PHASES

LEFT = 0.04
FACTS = {"network": "fw-5k", "noise_left": {"mean": LEFT, "shot": LEFT, "dark": LEFT / 2}}


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small net of random weights, of which somebody measured what it leaves."""
    torch.manual_seed(13)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    write_weights(raw_net("fw-5k"), path, FACTS)
    return path


def job(weights: Path, **settings: Any) -> DenoiseJob:
    return DenoiseJob(settings={"model": str(weights), **settings})


def done(job: DenoiseJob, raw: Path, output: Path) -> Report:
    report = denoise_file(job, raw, output)
    assert report["exit_code"] == 0, report
    return report


def tags_of(path: Path) -> Mapping[int, list[float]]:
    tags = [tag_of(record) for record in read_raw(path).shot.tags["tags"]]
    return {t.code: list(numbers_of(t)) for t in tags if t.code in (51041, 50730)}


def dng_without_iso(path: Path) -> tuple[float, float]:
    """Write a denoised mosaic whose shot knows no ISO; return its NoiseProfile."""
    generator = torch.Generator().manual_seed(4)
    data = 0.2 + 0.01 * torch.randn(1, 1, 32, 64, generator=generator)
    profile = load_profile("SonyA7S2").with_fields(cfa=Cfa.RGGB)
    step = ("exposure_diffusion", {"ratio": 1.0})
    frame = Frame.start(data, Domain.MOSAIC, profile=profile, shot=Shot(), history=(step,))
    write_dng(path, frame, white=1.0, noise_left=[(2e-4, 3e-6)])
    slope, offset = tags_of(path)[51041]
    assert read_raw(path).shot.iso is None
    return slope, offset


def developed(path: Path) -> Frame:
    """The mosaic of a DNG, black at 0 and its own white at 1."""
    raw = read_raw(path)
    return BlackLevel(raw.need_profile().cfa).develop(raw)


@pytest.mark.parametrize("scale", ["same", "ratio"])
def test_the_file_holds_the_stage_s_light_within_its_rounding_and_what_was_lost_at_white(
    scale: str, weights: Path, steps_dng: Path, tmp_path: Path
) -> None:
    asked = job(weights, ratio=4.0, scale=scale)
    raw = read_raw(steps_dng)
    mosaic = Defects(Cfa.RGGB).develop(BlackLevel(Cfa.RGGB).develop(raw))
    expected = asked.stage(raw.need_profile().cfa).develop(mosaic)

    report = done(asked, steps_dng, tmp_path / "a.dng")

    back = read_raw(tmp_path / "a.dng")
    light = developed(tmp_path / "a.dng").data * report["white"]
    cut = (expected.data > 1) if scale == "ratio" else torch.zeros_like(raw.clipped)
    assert bool(raw.clipped.any())
    assert report["cut_at_white"] == int((cut & raw.measured).sum())
    assert torch.equal(back.clipped, raw.clipped | cut)
    assert torch.equal(back.measured, raw.measured & ~cut)
    kept = back.measured
    span = report["white"] - min(0.0, float(expected.data.min()))
    assert float((light - expected.data)[kept].abs().max()) <= 0.51 * span / 65535 + 1e-6
    assert bool((light[back.clipped] >= report["white"] - 1e-6).all())
    with rawpy.imread(str(tmp_path / "a.dng")) as theirs:
        white = torch.from_numpy(theirs.raw_image_visible >= theirs.white_level)
        picture = theirs.postprocess(half_size=True)
    assert torch.equal(white[back.clipped[0, 0]], torch.ones(int(back.clipped.sum())) > 0)
    assert picture.shape == (16, 32, 3)


def test_at_its_own_exposure_the_file_asks_for_the_ratio_in_stops(
    weights: Path, tmp_path: Path
) -> None:
    rich_dng(tmp_path / "rich.dng")

    for scale in ("same", "ratio"):
        done(job(weights, ratio=8.0, scale=scale), tmp_path / "rich.dng", tmp_path / f"{scale}.dng")

    white = json.loads((tmp_path / "same.json").read_text())["light_at_white"]
    brighter = tags_of(tmp_path / "same.dng")[50730][0]
    assert brighter == pytest.approx(-0.3 + 3 + torch.tensor(white).log2().item(), abs=2e-6)
    assert tags_of(tmp_path / "ratio.dng")[50730][0] == pytest.approx(-0.3)


def test_every_colour_keeps_its_share_of_the_file_s_noise_and_no_old_tag_stays(
    weights: Path, tmp_path: Path
) -> None:
    rich_dng(tmp_path / "rich.dng")  # pairs (1e-4, 1e-6), (2e-4, 2e-6), (3e-4, 3e-6)

    report = done(job(weights), tmp_path / "rich.dng", tmp_path / "a.dng")

    white = report["white"]
    found = tags_of(tmp_path / "a.dng")[51041]
    pairs = [(s * LEFT / white, s * LEFT / 200 / white**2) for s in (1e-4, 2e-4, 3e-4)]
    assert found == pytest.approx([n for pair in pairs for n in pair], rel=1e-5)
    assert report["noise_from"] == "the file's NoiseProfile"


def test_noise_that_was_asked_for_is_what_is_scaled(weights: Path, tmp_path: Path) -> None:
    rich_dng(tmp_path / "rich.dng")

    report = done(job(weights, noise=(5e-4, 5e-6)), tmp_path / "rich.dng", tmp_path / "a.dng")

    white = report["white"]
    found = tags_of(tmp_path / "a.dng")[51041]
    assert found == pytest.approx([5e-4 * LEFT / white, 2.5e-6 * LEFT / white**2], rel=1e-5)
    assert report["noise_from"] == "--noise"


def test_where_nobody_measured_what_is_left_the_file_says_nothing_of_its_noise(
    tmp_path: Path,
) -> None:
    rich_dng(tmp_path / "rich.dng")
    write_weights(raw_net("fw-5k"), tmp_path / "net.safetensors", {"network": "fw-5k"})

    report = done(job(tmp_path / "net.safetensors"), tmp_path / "rich.dng", tmp_path / "a.dng")

    assert 51041 not in tags_of(tmp_path / "a.dng")
    assert "no NoiseProfile" in report["summary"]


def test_a_file_that_says_its_noise_but_no_iso_is_denoised_by_what_it_says(
    weights: Path, tmp_path: Path
) -> None:
    profile = dng_without_iso(tmp_path / "no_iso.dng")

    report = done(job(weights), tmp_path / "no_iso.dng", tmp_path / "a.dng")

    assert report["noise_from"] == "the file's NoiseProfile"
    offset, slope, _ = report["settings"]["variance"][0]
    assert (slope, offset) == pytest.approx(profile, rel=1e-5)
    found = tags_of(tmp_path / "a.dng")[51041]
    white = report["white"]
    assert found == pytest.approx(
        [profile[0] * LEFT / white, profile[1] * LEFT / 2 / white**2], rel=1e-5
    )


def test_of_several_passes_nobody_knows_what_they_leave(weights: Path, tmp_path: Path) -> None:
    rich_dng(tmp_path / "rich.dng")

    report = done(job(weights, ratio=4.0, steps=1), tmp_path / "rich.dng", tmp_path / "a.dng")

    assert 51041 not in tags_of(tmp_path / "a.dng")
    assert "what noise several passes leave" in report["summary"]


def test_what_the_file_said_of_itself_stays_and_the_sidecar_says_what_was_done(
    weights: Path, tmp_path: Path
) -> None:
    rich_dng(tmp_path / "rich.dng")

    done(job(weights, ratio=2.0, steps=1, seed=7), tmp_path / "rich.dng", tmp_path / "a.dng")

    before, after = (read_raw(tmp_path / name) for name in ("rich.dng", "a.dng"))
    old, new = ({tuple(r[:2]): r for r in f.shot.tags["tags"]} for f in (before, after))
    changed = {("main", 51041), ("main", 50730)}
    assert {key: new.get(key) for key in old.keys() - changed} == {
        key: old[key] for key in old.keys() - changed
    }
    [said] = [
        s for name, s in json.loads((tmp_path / "a.json").read_text())["history"]
        if name == "exposure_diffusion"
    ]  # fmt: skip
    card = json.loads(weights.with_suffix(".json").read_text())
    assert (said["weights_sha256"], said["model"]) == (card["sha256"], str(weights))
    assert (said["ratio"], said["scale"], said["steps"], said["seed"]) == (2.0, "same", 1, 7)


@pytest.mark.slow
@pytest.mark.peer
def test_exiftool_has_nothing_to_complain_of(weights: Path, tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    rich_dng(tmp_path / "rich.dng")
    done(job(weights, ratio=4.0), tmp_path / "rich.dng", tmp_path / "a.dng")

    said = subprocess.run(
        ["exiftool", "-validate", "-warning", "-error", "-a", str(tmp_path / "a.dng")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    assert said.split(":")[1].strip() == "OK"


def test_a_file_without_noise_is_refused_with_the_way_out(
    weights: Path, grey_dng: Path, tmp_path: Path
) -> None:
    write_weights(raw_net("fw-5k"), tmp_path / "net.safetensors", {"network": "fw-5k"})
    done(job(tmp_path / "net.safetensors"), grey_dng, tmp_path / "silent.dng")

    report = denoise_file(job(weights), tmp_path / "silent.dng", tmp_path / "b.dng")

    assert report["exit_code"] == 3
    assert f"{tmp_path}/silent.dng: nothing is known of its noise" in report["error"]
    assert "pass --camera, --noise SLOPE,OFFSET, or --noise measured" in report["error"]
    assert not (tmp_path / "b.dng").exists()
    camera = DenoiseJob(settings=job(weights).settings, camera="NikonD850")
    again = done(camera, tmp_path / "silent.dng", tmp_path / "b.dng")
    assert again["noise_from"] == "the profile of NikonD850"


def test_noise_can_be_measured_in_the_picture_itself(weights: Path, tmp_path: Path) -> None:
    profile = load_profile("NikonD850")
    iso = torch.tensor([1600.0])
    gain = float(profile.at_iso(iso).system_gain_dn_per_e)
    span = profile.white_level_dn - profile.black_level_dn[0]
    ramp = torch.linspace(0.0, 0.6, 256).square().expand(1, 1, 256, 256) * span / gain
    shot = Shot.single(iso=1600.0)
    frame = Frame.start(ramp.clone(), Domain.EXPECTED, shot=shot, profile=profile)
    raw = Sensor(profile).capture(frame, 5)
    silent = replace(raw, profile=profile.with_fields(readings=()))
    write_dng(tmp_path / "silent.dng", silent)
    measured = DenoiseJob(settings=job(weights).settings, measures=True)

    report = done(measured, tmp_path / "silent.dng", tmp_path / "b.dng")

    offset, slope, _ = mosaic_noise(profile, iso)[0].tolist()
    found_offset, found_slope, _ = report["settings"]["variance"][0]
    assert report["noise_from"] == "the picture itself"
    assert found_slope == pytest.approx(slope, rel=0.15)
    assert found_offset == pytest.approx(offset, rel=0.5)


def test_a_picture_that_shows_no_noise_cannot_tell_it(
    weights: Path, grey_dng: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_noise, "measured_noise", lambda *a: torch.tensor([[1e-6, 0.0, 0.0]]))
    measured = DenoiseJob(settings=job(weights).settings, measures=True)

    report = denoise_file(measured, grey_dng, tmp_path / "b.dng")

    assert report["exit_code"] == 3
    assert "no noise that rises with light" in report["error"]


def test_a_real_raw_keeps_its_brightness_and_loses_its_noise_at_ratios_1_and_4(
    shared_data: Path, tmp_path: Path
) -> None:
    chart = shared_data / "colorchecker" / "canon_550d_colorchart.dng"
    with rawpy.imread(str(chart)) as raw:
        before = raw.raw_image_visible[890:950, 1110:1180].astype(float)
    for ratio in (1.0, 4.0):
        measured = DenoiseJob(settings={"model": "fw-5k", "ratio": ratio}, measures=True)
        report = done(measured, chart, tmp_path / f"{ratio}.dng")
        with rawpy.imread(str(tmp_path / f"{ratio}.dng")) as raw:
            codes = raw.raw_image_visible[890:950, 1110:1180].astype(float)
            after = (codes - raw.black_level_per_channel[0]) / (
                raw.white_level - raw.black_level_per_channel[0]
            ) * report["white"]  # fmt: skip

        light = (before - 2056) / (15000 - 2056)
        for row in range(2):
            for column in range(2):
                was, now = light[row::2, column::2], after[row::2, column::2]
                assert now.mean() == pytest.approx(was.mean(), rel=0.02)
                assert now.std() < 0.4 * was.std()


@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.MONO, Cfa.QUAD_RGGB], ids=lambda c: c.name)
def test_a_pattern_that_is_not_bayer_is_bad_input(cfa: Cfa) -> None:
    sites = cfa.period[0] * cfa.period[1]
    profile = load_profile("NikonD850").with_fields(
        cfa=cfa, black_level_dn=(400.0,) * sites, colour_matrices=()
    )
    frame = Frame.start(torch.zeros(1, 1, 6, 6), Domain.RAW, profile=profile)

    with pytest.raises(FrameError, match=f"its pattern is {cfa.name}; the raw denoiser takes"):
        check_bayer(frame)


def test_demosaiced_light_is_bad_input() -> None:
    frame = Frame.start(torch.zeros(1, 3, 6, 6), Domain.CAMERA, profile=load_profile("NikonD850"))

    with pytest.raises(FrameError, match="it is demosaiced already"):
        check_bayer(frame)
    assert FrameError("").exit_code == 3


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda c: c.name)
def test_every_bayer_phase_is_taken(cfa: Cfa) -> None:
    profile = load_profile("NikonD850").with_fields(cfa=cfa)

    check_bayer(Frame.start(torch.zeros(1, 1, 6, 6), Domain.RAW, profile=profile))


def test_a_picture_is_not_what_a_mosaic_is_written_as(weights: Path, grey_dng: Path) -> None:
    with pytest.raises(UsageError, match=r"a denoised mosaic is written as \.dng"):
        denoise_files(job(weights), [grey_dng], "out.png", workers=1)


def test_a_folder_with_a_point_in_its_name_is_a_folder(
    weights: Path, grey_dng: Path, tmp_path: Path
) -> None:
    [report] = denoise_files(job(weights), [grey_dng], f"{tmp_path}/june.2026/", workers=1)

    assert report["output"] == f"{tmp_path}/june.2026/grey.dng"
    assert report["exit_code"] == 0
