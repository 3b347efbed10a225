"""Defects are found where neither noise nor texture explains them, and nowhere else."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from apps.scenes import scene
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import mosaic_noise
from isp.core.shot import Shot
from isp.files.profile import load_profile
from isp.stages.black_level import BlackLevel
from isp.stages.defect_judge import DefectJudge, shipped_weights
from isp.stages.dynamic_defects import DynamicDefects, find_defects
from simulate.sensor import Sensor
from tests.isp.stages.conftest import NIKON, NIKON_BLACK_DN, NIKON_WHITE_DN

JUDGE = DefectJudge(shipped_weights())
NOISE = torch.tensor([[1e-6, 1e-4, 0.0]])  # sigma 0.001 at black, 0.0071 at 0.5
CFAS = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR, Cfa.MONO, Cfa.QUAD_RGGB, Cfa.XTRANS)


def noisy(light: Tensor, seed: int = 1) -> Tensor:
    """A mosaic with exactly the noise that NOISE states: Poisson of 1 / slope e- and Gauss."""
    generator = torch.Generator().manual_seed(seed)
    shot = torch.poisson(light / 1e-4, generator=generator) * 1e-4
    return shot + 1e-3 * torch.randn(light.shape, generator=generator)


def found_in(mosaic: Tensor, cfa: Cfa = Cfa.RGGB, **settings: float) -> Tensor:
    return find_defects(mosaic, torch.ones_like(mosaic), NOISE, cfa, JUDGE, **settings)


def places(found: Tensor) -> list[tuple[int, int]]:
    return [(int(row), int(column)) for row, column in found[0, 0].nonzero()]


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
def test_hot_dead_and_stuck_photosites_are_found_and_no_others(cfa: Cfa) -> None:
    colours = torch.tensor([[0.3, 0.6, 0.4]])[:, : len(cfa.channels)]
    mosaic = noisy(cfa.spread(colours, 60, 66))
    defects = {(0, 0): 1.0, (9, 14): 0.0, (21, 33): 0.9, (59, 65): 1.0, (40, 1): 0.0}
    for (row, column), value in defects.items():
        mosaic[..., row, column] = value

    assert places(found_in(mosaic, cfa)) == sorted(defects)


@pytest.mark.parametrize("partner", [(8, 9), (9, 9), (8, 10), (10, 10), (10, 8)])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_pair_is_found_whole_and_corrected_without_its_partner(
    partner: tuple[int, int], value: float
) -> None:
    mosaic = noisy(torch.full((1, 1, 20, 20), 0.5))
    for row, column in ((8, 8), partner):
        mosaic[..., row, column] = value

    frame = Frame.start(mosaic, Domain.MOSAIC)
    corrected = DynamicDefects(Cfa.RGGB, noise=(1e-4, 1e-6)).develop(frame)

    assert places(~corrected.measured) == [(8, 8), partner]
    assert (corrected.data - 0.5).abs().max() < 5 * 0.0071


@pytest.mark.parametrize("value", [0.02, 0.9])
def test_lines_corners_edges_and_dots_that_a_lens_drew_are_no_defects(value: float) -> None:
    """Structures two photosites wide, as the narrowest that a lens draws is, at each phase."""
    light = torch.full((1, 1, 64, 96), 0.3)
    light[..., :8, :] = value  # edge
    light[..., 12:14, 3:90] = value  # line across
    light[..., 17:, 5:7] = value  # line down
    light[..., 20:40, 20:40] = value  # corners
    for at in range(20):
        light[..., 44 + at, 30 + at : 32 + at] = value  # diagonal
    light[..., 30:32, 60:62] = value  # dots
    light[..., 41:43, 71:73] = value

    assert not found_in(noisy(light)).any()


def test_even_light_gives_fewer_false_positives_than_one_in_1e5_from_dark_to_bright() -> None:
    light = torch.logspace(-5, 0, 512).reshape(1, 1, 512, 1).expand(1, 1, 512, 512)

    # One electron and sigma 10 e- at the dark end; the limit of 2.6 photosites is derived: 1e-5.
    assert int(found_in(noisy(light)).sum()) <= 2


@pytest.mark.parametrize("sigmas", [8.0, 12.0, 30.0])
@pytest.mark.parametrize("level", [0.002, 0.1])
def test_recall_in_even_light_follows_the_amplitude_in_sigma(sigmas: float, level: float) -> None:
    """Looked at from 5 sigma above the middle of sixteen neighbours, with an own noise of 1.

    The larger of two medians is 0.4 +- 0.3 above the mean: 99 % at 5.4 + 2.33 x 1.1 = 8 sigma.
    """
    flat = torch.full((1, 1, 240, 240), level)
    mosaic = noisy(flat)
    sigma = math.sqrt(1e-6 + 1e-4 * level)
    mosaic[..., 3::6, 3::6] += sigmas * sigma

    recall = float(found_in(mosaic, log_odds=-30.0)[..., 3::6, 3::6].float().mean())

    assert recall >= (0.99 if sigmas > 9 else 0.85)


@pytest.mark.parametrize("sigmas", [13.0, 16.0])
def test_in_even_light_the_plain_rule_finds_what_no_judge_is_asked_for(sigmas: float) -> None:
    """A judge that says no; 48 neighbours' texture is 1 +- 0.2, and below 1.3 in 90 %.

    Of 13 sigma, 99 % are above the even light's 10 with a noise of 1.1; of 16, all.
    """
    mosaic = noisy(torch.full((1, 1, 240, 240), 0.1))
    mosaic[..., 3::12, 3::12] += sigmas * math.sqrt(1e-6 + 1e-5)

    found = found_in(mosaic, log_odds=1e9)

    assert float(found[..., 3::12, 3::12].float().mean()) > (0.8 if sigmas < 14 else 0.85)
    assert int(found.sum()) == int(found[..., 3::12, 3::12].sum())


def test_unmeasured_neighbours_speak_for_texture_and_never_for_a_defect() -> None:
    mosaic = torch.full((1, 1, 20, 20), 0.5)
    mosaic[..., 8, 8] = 0.9
    measured = torch.ones_like(mosaic)
    measured[..., 6, 8] = 0  # one of the ring
    alone = find_defects(mosaic, measured, NOISE, Cfa.RGGB, JUDGE)
    measured[..., 10, 10] = 0  # and another
    both = find_defects(mosaic, measured, NOISE, Cfa.RGGB, JUDGE)

    assert places(alone) == [(8, 8)]
    assert not both.any()


def test_a_saturated_defect_is_no_highlight_any_more_and_a_highlight_stays_one() -> None:
    mosaic = noisy(torch.full((1, 1, 24, 24), 0.3))
    mosaic[..., 5, 5] = 1.0
    mosaic[..., 12:18, 12:18] = 1.0
    clipped = mosaic >= 1
    frame = Frame.start(mosaic, Domain.MOSAIC, clipped=clipped)

    corrected = DynamicDefects(Cfa.RGGB, noise=(1e-4, 1e-6)).develop(frame)

    lamp = torch.zeros_like(clipped)
    lamp[..., 12:18, 12:18] = True
    assert torch.equal(corrected.clipped, lamp)
    assert not corrected.measured[0, 0, 5, 5]
    assert corrected.data[0, 0, 5, 5] < 0.35
    assert corrected.data[lamp].eq(1).all()
    assert corrected.history[-1][1]["corrected"] == [1]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "settings", [{"sigmas": 0.0}, {"log_odds": math.nan}, {"noise": (0.0, 1.0)}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict) -> None:
    with pytest.raises(UsageError):
        DynamicDefects(Cfa.RGGB, **settings)


def test_the_defects_put_into_a_real_raw_are_found(nikon_mosaic: Tensor, shared_data: Path) -> None:
    """400 photosites at 600 (black) or 65535, 6 sigma and more away: 99 % of them, 1e-5 of others.

    Noise of the file as `apps.raw_noise` measures it, rounded.
    """
    path = shared_data / f"{NIKON[:-4]}_bpc_test_changed_pixels.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    mosaic, defects = nikon_mosaic.clone(), torch.zeros_like(nikon_mosaic, dtype=torch.bool)
    for row in rows:
        at = (..., int(row["row"]), int(row["col"]))
        dn = float(row["value_in_bpc_test"])
        mosaic[at] = (dn - NIKON_BLACK_DN) / (NIKON_WHITE_DN - NIKON_BLACK_DN)
        defects[at] = True

    noise = torch.tensor([[1e-8, 4.0e-5, 0.0]])
    found = find_defects(mosaic, (mosaic < 0.995).float(), noise, Cfa.RGGB, JUDGE)

    assert int(defects.sum()) == 400
    assert int((found & defects).sum()) >= 396
    assert int((found & ~defects).sum()) <= 4  # of 393216; a defect of the camera's own counts too


@pytest.mark.parametrize("time_s", [1 / 30, 1 / 500])
@pytest.mark.parametrize(
    ("name", "least_percent"),
    [
        ("flat", 99),
        ("slanted-edge", 99),
        ("dead-leaves?min_radius=2", 99),
        ("siemens?cycles=36", 95),
    ],
)
def test_simulated_textures_hide_few_saturated_defects_and_make_hardly_any(
    name: str, least_percent: int, time_s: float
) -> None:
    """65536 photosites, a lens of about half a pitch: at most one false, 1e-5 rounded up.

    100 are saturated. In the star's middle, where spokes are thinner than a colour's photosites
    lie apart, some are hidden: their neighbours depart as much.
    """
    profile = load_profile("NikonD850")
    sensor, shot = Sensor(profile), Shot.single(exposure_time_s=time_s, f_number=4.0, iso=100)
    sharp = scene(name, 256, 256)
    taps = torch.tensor([0.08, 0.84, 0.08])  # of a Gaussian of 0.45 pixels
    lens = torch.outer(taps, taps).expand(3, 1, 3, 3)
    seen = replace(
        sharp, data=F.conv2d(F.pad(sharp.data, (1, 1, 1, 1), "replicate"), lens, groups=3)
    )
    mosaic = BlackLevel(profile.cfa).develop(sensor.capture(sensor.expose(seen, shot), seed=3))
    noise = mosaic_noise(profile, shot.need("iso"), with_pattern=True, tail_sigmas=5.0)
    defects = torch.zeros_like(mosaic.measured)
    defects[..., 7::25, 9::25] = True
    hot = torch.where(defects, 1.0, mosaic.data)

    found = find_defects(hot, (mosaic.measured & ~defects).float(), noise, profile.cfa, JUDGE)

    assert int(defects.sum()) == 100
    assert int((found & defects).sum()) >= least_percent
    assert int((found & ~defects).sum()) <= 1
