"""What a sensor lost is lost in a developed DNG too, and nothing that it measured is."""

from dataclasses import replace
from pathlib import Path

import pytest
import rawpy
import torch

from apps.batch import develop_file
from apps.developing import develop
from apps.job import Job
from apps.light import Seen
from apps.lost_light import AT_WHITE, lost_to_white, saturated_to_white
from apps.simulating import SimulationRequest, photograph
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.shot import Shot
from isp.files.raw import read_raw


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw of rising light, whose wells fill below the last code and scatter there."""
    path = tmp_path_factory.mktemp("lost") / "a.dng"
    photograph(
        SimulationRequest(
            scene="scene:flat?luminance=1600&gradient=0.97", camera="NikonD850", iso=100.0,
            exposure_time_s=1 / 25, f_number=4.0, seed=3, seen=Seen(size=(96, 144)),
        ),
        path,
    )  # fmt: skip
    return path


def test_full_wells_scatter_about_the_white_of_the_raw(raw: Path) -> None:
    """The case that the others rest on."""
    frame = read_raw(raw)
    white = float(white_dn(frame.need_profile(), frame.shot.iso))
    lost = frame.data[frame.clipped]

    assert white < 0.99 * 2 ** frame.need_profile().bit_depth
    assert (lost < white).float().mean() > 0.2
    assert (lost > white).float().mean() > 0.2
    assert 0.1 < frame.clipped.float().mean() < 0.9


def test_saturated_photosites_become_white_and_all_others_stay(raw: Path) -> None:
    frame = read_raw(raw)
    white = float(white_dn(frame.need_profile(), frame.shot.iso))

    after = saturated_to_white(frame)

    assert torch.equal(after.data[frame.measured], frame.data[frame.measured])
    assert set(after.data[frame.clipped].unique().tolist()) == {white}


@pytest.mark.parametrize("demosaic", ["gbtf_root", "bilinear"])
def test_a_developed_dng_reads_back_as_measured_what_was(
    demosaic: str, raw: Path, tmp_path: Path
) -> None:
    written = develop(raw, preset="hdr_linear", camera=True, demosaic=demosaic)
    report = develop_file(Job(choices={"demosaic": demosaic}), raw, tmp_path / "b.dng")

    again = read_raw(tmp_path / "b.dng")

    assert report["exit_code"] == 0
    assert 0.1 < written.measured.float().mean() < 0.9
    assert not (again.measured & ~written.measured).any()
    assert not (written.clipped & ~again.clipped).any()
    # A white of the file's own costs nothing: what was measured stays below it.
    assert not (written.measured & ~again.measured).any()


def test_measured_light_of_a_developed_dng_is_the_developed_light(
    raw: Path, tmp_path: Path
) -> None:
    written = develop(raw, preset="hdr_linear", camera=True)
    develop_file(Job(), raw, tmp_path / "b.dng")

    again = read_raw(tmp_path / "b.dng")

    stops = again.shot.baseline_exposure_ev
    scale = 1.0 if stops is None else 2 ** float(stops)
    gains = written.shot.need("white_balance").reshape(1, 3, 1, 1)
    off = ((again.data * scale - written.data) / gains)[written.measured].abs()
    assert off.max() <= 0.5 * 1.01 * scale / 65535 * 1.1  # half a code, black a little above 0


def test_a_program_that_knows_the_white_level_alone_sees_the_lost_light_at_white(
    raw: Path, tmp_path: Path
) -> None:
    """LibRaw, and our masks thrown away: green, which saturates first, is white where it was."""
    develop_file(Job(), raw, tmp_path / "b.dng")
    lost = read_raw(raw).clipped[0, 0].numpy()

    with rawpy.imread(str(tmp_path / "b.dng")) as dng:
        codes, white = dng.raw_image[..., :3].astype(int), dng.white_level

    assert (codes[..., 1][lost] >= white).mean() > 0.98
    assert (codes[~develop(raw, camera=True).clipped[0].permute(1, 2, 0).numpy()] < white).all()


def test_measured_light_above_sensor_white_raises_the_white_of_the_file() -> None:
    """By hand: 1.5 was measured, so what is lost (1.0, 1.2) is 1.5 x 1.001; 0.5 and 1.7 stay."""
    values = torch.tensor([1.5, 1.0, 1.2, 0.5, 1.7, 0.9]).expand(1, 3, 1, 6)
    clipped = torch.tensor([False, True, True, True, True, False]).expand(1, 3, 1, 6)
    gains = torch.tensor([2.0, 1.0, 1.5]).reshape(1, 3, 1, 1)
    shot = Shot.single(white_balance=(2.0, 1.0, 1.5))
    frame = Frame.start(values * gains, Domain.CAMERA, shot=shot, clipped=clipped)

    after, white = lost_to_white(frame)

    assert white == pytest.approx(1.5 * 1.001)
    expected = torch.tensor([1.5, white, white, 0.5, 1.7, 0.9]).expand(1, 3, 1, 6)
    torch.testing.assert_close(after.data / gains, expected)


def test_a_developed_mosaic_s_lost_photosites_become_white_too() -> None:
    data = torch.full((1, 1, 4, 4), 0.5)
    data[..., 0, 0], data[..., 1, 1] = 1.0 - AT_WHITE / 2, 1.25
    frame = Frame.start(data, Domain.MOSAIC, clipped=data > 0.9)

    after, white = lost_to_white(frame)

    assert white == 1
    assert (after.data[..., 0, 0], after.data[..., 1, 1], after.data[..., 0, 1]) == (1, 1, 0.5)


def test_a_soft_well_s_bend_is_not_made_white(raw: Path) -> None:
    frame = read_raw(raw)
    soft = frame.need_profile().with_fields(full_well_knee=0.5)
    bent = torch.full_like(frame.data, 0.8 * float(white_dn(soft, frame.shot.iso)))
    masked = replace(frame, data=bent, profile=soft, clipped=torch.ones_like(frame.clipped))

    assert saturated_to_white(masked) is masked


def test_other_domains_pass_untouched() -> None:
    frame = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC)

    assert saturated_to_white(frame) is frame
