"""ELD's lines give readings on them, and draws scattered around them as ELD scatters."""

import math
from dataclasses import replace

import pytest
import torch
from scipy import stats

from isp.core.cfa import Cfa
from isp.core.eld import (
    LogLine,
    NoiseLines,
    profile_from_lines,
    readings_from_lines,
    sample_eld_noise,
)
from isp.core.errors import ProfileError
from isp.core.rng import Draws, Effect
from isp.core.shot import Shot
from isp.core.tukey_deviation import tukey_lambda_deviation
from tests.statistics import bonferroni

# METHODS 1.6: ELD's Sony A7S2, and PMN's two branches of another one.
A7S2 = NoiseLines(
    gain_low=0.0939161,
    gain_high=6.0106285,
    read=LogLine(slope=0.540750, bias=1.218237, spread=0.267511),
    tukey=LogLine(slope=0.462105, bias=0.565715, spread=0.263371),
    row=LogLine(slope=0.527536, bias=-0.591700, spread=0.294288),
    shapes=(0.114, 0.057, 0.0, -0.043, -0.086, -0.086, -0.114, -0.143, -0.143),
    colour_bias_dn=((1.49, 1.47, 1.48, 1.49), (-1.02, -1.04, -1.04, -1.02)),
)
LOW = NoiseLines(
    gain_low=math.exp(-1.672), gain_high=math.exp(0.422),
    read=LogLine(slope=0.82966, bias=1.49343, spread=0.00359),
    tukey=LogLine(slope=0.74043, bias=0.86182, spread=0.00712),
    row=LogLine(slope=0.78782, bias=-0.34227, spread=0.02832), shapes=(-0.026,),
)  # fmt: skip
HIGH = NoiseLines(
    gain_low=math.exp(0.646), gain_high=math.exp(2.516),
    read=LogLine(slope=0.82878, bias=0.44162, spread=0.00153),
    tukey=LogLine(slope=0.74901, bias=-0.12348, spread=0.00638),
    row=LogLine(slope=0.62945, bias=-1.51040, spread=0.02609), shapes=(-0.025,),
)  # fmt: skip
N = 20_000


def draws(n: int = N, seed: int = 3, sensor: str = "") -> Draws:
    return Draws(seed=seed, effect=Effect.NOISE_LEVEL, sensor=sensor, item=torch.arange(n))


def test_the_lines_have_the_printed_means() -> None:
    # METHODS 1.6, A7S2 at ISO 100 / 800 / 3200: g and row in DN, read noise in e-.
    readings = readings_from_lines([A7S2], [3200, 100, 800])

    assert [r.iso for r in readings] == [100, 800, 3200]
    gains = [r.system_gain_dn_per_e for r in readings]
    assert [r.read_noise_e for r in readings] == pytest.approx([10.0, 3.9, 2.0], rel=0.03)
    read_dn = [r.read_noise_e * k for r, k in zip(readings, gains, strict=True)]
    row_dn = [r.row_noise_e * k for r, k in zip(readings, gains, strict=True)]
    assert read_dn == pytest.approx([0.94, 2.90, 6.13], abs=6e-3)
    assert row_dn == pytest.approx([0.16, 0.48, 0.99], abs=6e-3)
    assert gains == pytest.approx([0.0939161 * stops for stops in (1, 8, 32)])


def test_shapes_and_biases_are_one_stop_apart_and_the_last_goes_on() -> None:
    readings = readings_from_lines([A7S2], [100, 200, 800, 6400])

    assert [r.tukey_lambda_shape for r in readings] == [0.114, 0.057, -0.043, -0.114]
    assert [r.colour_bias_dn[0] for r in readings] == [1.49, -1.02, -1.02, -1.02]
    bare = readings_from_lines([A7S2], [100], with_colour_bias=False)
    assert bare[0].colour_bias_dn == ()


def test_a_dual_gain_sensor_falls_to_its_second_line() -> None:
    # METHODS 1.6, PMN's table: sigma_g 6.2992 DN at ISO 1600, 2.6539 at 2000.
    low, high = readings_from_lines([LOW, HIGH], [1600, 2000], gain_per_iso=9.563e-4)

    assert (low.branch, high.branch) == (0, 1)
    assert low.read_noise_e * low.system_gain_dn_per_e == pytest.approx(6.2992, rel=0.01)
    assert high.read_noise_e * high.system_gain_dn_per_e == pytest.approx(2.6539, rel=0.01)
    assert low.tukey_lambda_scale_e is not None
    assert low.tukey_lambda_scale_e * low.system_gain_dn_per_e == pytest.approx(3.2284, rel=0.02)
    assert high.row_noise_e * high.system_gain_dn_per_e == pytest.approx(0.3312, rel=0.05)


def test_an_iso_between_or_beyond_the_lines_is_refused() -> None:
    for iso in (100, 1800, 25600):
        with pytest.raises(ProfileError, match=f"ISO {iso} has K = .* but the lines cover"):
            readings_from_lines([LOW, HIGH], [iso], gain_per_iso=9.563e-4)


def test_a_profile_of_lines_simulates_and_says_what_it_takes_for_granted() -> None:
    profile = profile_from_lines(
        [A7S2], [100, 400], name="eld", cfa=Cfa.RGGB, bit_depth=14, black_level_dn=(512.0,) * 4,
        white_level_dn=16383.0,
    )  # fmt: skip

    noise = profile.at_iso(torch.tensor([100.0]))
    assert noise.tukey_lambda_scale_e.item() == pytest.approx(6.284, rel=1e-3)
    assert profile.full_well_e == pytest.approx(15871 / 0.0939161)
    assert set(profile.assumed) == {"readings.tukey_lambda_shape", "full_well_e"}


def test_log_gain_is_uniform_over_the_branches_laid_end_to_end() -> None:
    log_gain = sample_eld_noise([LOW, HIGH], draws()).system_gain_dn_per_e.double().log()

    width = 2.094 + 1.870
    place = torch.where(log_gain < 0.5, log_gain + 1.672, log_gain - 0.646 + 2.094) / width
    assert not ((log_gain > 0.4221) & (log_gain < 0.6459)).any()
    assert stats.kstest(place.numpy(), "uniform").pvalue > bonferroni(6)


@pytest.mark.parametrize("gaussian", [False, True])
def test_read_and_row_noise_scatter_normally_and_apart_around_their_lines(gaussian: bool) -> None:
    noise = sample_eld_noise([A7S2], draws(), gaussian=gaussian)
    log_gain = noise.system_gain_dn_per_e.double().log()
    scale = noise.read_noise_e if gaussian else noise.tukey_lambda_scale_e
    line = A7S2.read if gaussian else A7S2.tukey

    def residual(sigma_e: torch.Tensor, of: LogLine) -> torch.Tensor:
        return (sigma_e.double().log() + log_gain - of.slope * log_gain - of.bias) / of.spread

    read, row = residual(scale, line), residual(noise.row_noise_e, A7S2.row)
    for z in (read, row):
        assert stats.kstest(z.numpy(), "norm").pvalue > bonferroni(6)
    correlation = float((read * row).mean())
    assert abs(correlation) < 4.5 / math.sqrt(N)
    assert abs(float((read * (log_gain - log_gain.mean())).mean())) < 4.5 * 1.2 / math.sqrt(N)


def test_shapes_come_from_the_list_and_the_deviation_follows_them() -> None:
    lines = replace(A7S2, shapes=(0.1, -0.2))

    noise = sample_eld_noise([lines], draws())

    heavy = noise.tukey_lambda_shape < 0
    assert sorted(set(noise.tukey_lambda_shape.tolist())) == pytest.approx([-0.2, 0.1])
    assert abs(int(heavy.sum()) - N / 2) < 4.5 * math.sqrt(N) / 2
    ratio = noise.read_noise_e / noise.tukey_lambda_scale_e
    assert ratio[heavy].numpy() == pytest.approx(tukey_lambda_deviation(-0.2), rel=1e-5)
    assert ratio[~heavy].numpy() == pytest.approx(tukey_lambda_deviation(0.1), rel=1e-5)


def test_gaussian_noise_has_no_tails_and_biases_come_from_the_list() -> None:
    noise = sample_eld_noise([A7S2], draws(64), gaussian=True, with_colour_bias=True)

    assert not noise.tukey_lambda_scale_e.any()
    assert noise.colour_bias_dn.shape == (64, 4)
    rows = {tuple(round(v, 4) for v in row) for row in noise.colour_bias_dn.tolist()}
    assert rows == set(A7S2.colour_bias_dn)
    assert sample_eld_noise([A7S2], draws(4)).colour_bias_dn.tolist() == [[0.0]]
    with pytest.raises(ProfileError, match="hold no colour bias"):
        sample_eld_noise([LOW], draws(1), with_colour_bias=True)


def test_an_items_noise_hangs_on_seed_sensor_and_item_alone() -> None:
    whole = sample_eld_noise([A7S2], draws(8, sensor="a")).system_gain_dn_per_e
    part = Draws(seed=3, effect=Effect.NOISE_LEVEL, sensor="a", item=torch.tensor([5]))
    by_shot = Draws.temporal(3, Effect.NOISE_LEVEL, "a", Shot(item=torch.tensor([5])))

    assert sample_eld_noise([A7S2], part).system_gain_dn_per_e.item() == whole[5].item()
    assert sample_eld_noise([A7S2], by_shot).system_gain_dn_per_e.item() == whole[5].item()
    assert sample_eld_noise([A7S2], draws(8, seed=4)).system_gain_dn_per_e[5] != whole[5]
    assert sample_eld_noise([A7S2], draws(8, sensor="b")).system_gain_dn_per_e[5] != whole[5]


def test_lines_that_cannot_be_are_refused() -> None:
    with pytest.raises(ProfileError, match="positive low to a high"):
        replace(A7S2, gain_low=7.0)
    with pytest.raises(ProfileError, match=r"shapes above -0.5, got none"):
        replace(A7S2, shapes=())
