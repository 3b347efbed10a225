"""The published protocol scores planted errors by hand, and shows what its correction hides."""

import math
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from apps.bench.raw_protocol import (
    BANDS,
    PairScore,
    band_psnr_db,
    by_factor,
    illuminance_factor,
    row_residual,
    score,
    score_pair,
    scores,
    summary,
)
from apps.train.eld_folder import eld_pairs
from apps.train.packed_pair import PackedCapture, load_pair
from apps.train.sid_folder import sid_pairs
from isp.core.errors import FrameError
from tests.apps.train.folders import READ_NOISE_E, planes, sid_copy, write_scene


def ramp(low: float = 0.1, high: float = 0.9) -> Tensor:
    return torch.linspace(low, high, 4 * 24 * 30, dtype=torch.float64).reshape(1, 4, 24, 30)


def amplified(capture: PackedCapture) -> Tensor:
    """The denoiser that does nothing."""
    return capture.amplified


def test_an_error_of_a_tenth_everywhere_is_twenty_decibel_and_a_bias_of_a_tenth() -> None:
    result = score(ramp() + 0.1, ramp())

    assert result.plain.psnr_db == pytest.approx(20, abs=1e-9)
    assert result.bias == pytest.approx(0.1, abs=1e-12)


def test_fidelity_is_scikit_images_over_four_planes_times_255() -> None:
    estimate = ramp() + 0.05 * torch.randn(
        1, 4, 24, 30, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    p, t = (255 * x[0].permute(1, 2, 0).numpy() for x in (estimate.clamp(0, 1), ramp()))

    plain = score(estimate, ramp()).plain

    expected = peak_signal_noise_ratio(t, p, data_range=255)
    flat = structural_similarity(t, p, data_range=255, channel_axis=2)
    wang = structural_similarity(
        t, p, data_range=255, channel_axis=2, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False,
    )  # fmt: skip
    assert plain.psnr_db == pytest.approx(expected, abs=1e-9)
    assert plain.ssim_uniform == pytest.approx(flat, abs=1e-9)
    assert plain.ssim == pytest.approx(wang, abs=1e-9)


def test_correction_hides_a_brightness_error_and_the_main_number_shows_it() -> None:
    target = ramp()

    result = score(0.8 * target, target)

    # 0.2 t is off: -10 log10 of the mean of (0.2 t)^2.
    assert result.plain.psnr_db == pytest.approx(
        -10 * math.log10(0.04 * float((target**2).mean())), abs=1e-9
    )
    assert result.factor == pytest.approx(1.25, abs=1e-12)
    assert result.corrected.psnr_db > 200
    assert result.corrected.ssim == pytest.approx(1, abs=1e-9)
    assert result.plain.ssim < 0.999
    assert result.bias == pytest.approx(-0.2 * float(target.mean()), abs=1e-12)


def test_the_factor_is_that_of_the_definition_and_leaves_white_out() -> None:
    estimate = torch.tensor([0.2, 0.4, 0.7, 0.0]).reshape(1, 4, 1, 1)
    target = torch.tensor([0.3, 0.4, 1.0, 0.1]).reshape(1, 4, 1, 1)

    # (0.2 x 0.3 + 0.4 x 0.4 + 0) / (0.04 + 0.16)
    assert illuminance_factor(estimate, target) == pytest.approx(1.1, rel=1e-6)
    assert illuminance_factor(torch.zeros(1, 4, 1, 1), target) == 1.0
    with pytest.raises(FrameError, match="at white"):
        illuminance_factor(estimate, torch.ones(1, 4, 1, 1))


def test_saturated_targets_neither_bias_nor_correct() -> None:
    target, estimate = ramp().clone(), ramp().clone()
    target[..., :3] = 1.4
    estimate[..., :3] = 0.25

    result = score(estimate, target)

    assert (result.bias, result.row_residual) == (0.0, 0.0)
    assert result.factor == pytest.approx(1.0, abs=1e-12)
    # 3 of 30 columns are 0.75 off from white, which is 1, not 1.4.
    assert result.plain.psnr_db == pytest.approx(-10 * math.log10(0.1 * 0.75**2), abs=1e-9)


def test_noise_around_black_is_no_bias() -> None:
    noise = 0.01 * torch.tensor([1.0, -1.0]).repeat(4 * 24 * 15).reshape(1, 4, 24, 30)

    result = score(noise, torch.zeros(1, 4, 24, 30))

    assert abs(result.bias) < 1e-9
    assert result.plain.psnr_db == pytest.approx(-10 * math.log10(1e-4 / 2), abs=1e-5)


def test_each_band_holds_its_own_light() -> None:
    levels = [0.0, 0.0199, 0.02, 0.0999, 0.1, 0.5, 0.5001, 1.0]
    errors = [0.1, 0.2, 0.01, 0.02, 0.001, 0.002, 0.0001, 0.0002]  # (e, 2 e) in each band
    target, error = (
        torch.tensor(values, dtype=torch.float64).reshape(1, 4, 1, 2) for values in (levels, errors)
    )

    found = band_psnr_db(target + error, target)

    assert found == pytest.approx([20 * n - 10 * math.log10(2.5) for n in (1, 2, 3, 4)], abs=1e-9)
    assert len(BANDS) == 4
    assert band_psnr_db(ramp(0.2, 0.4), ramp(0.2, 0.4)) == (None, None, math.inf, None)


def test_row_noise_of_the_sensor_is_what_the_row_residual_finds() -> None:
    # One offset per sensor row, shared by both colours in it; packed, rows lie in two planes each.
    offsets = np.random.default_rng(2).standard_normal(48)
    error = planes(np.tile(offsets[:, None], (1, 60)))
    everywhere = torch.ones_like(error, dtype=torch.bool)
    columns = planes(np.tile(np.random.default_rng(3).standard_normal(60), (48, 1)))

    assert row_residual(error + 0.3, everywhere) == pytest.approx(offsets.std(), rel=1e-6)
    assert row_residual(columns - columns.mean(), everywhere) < 1e-6
    half = everywhere.clone()
    half[..., 12:, :] = False
    assert row_residual(error, half) == pytest.approx(offsets[:24].std(), rel=1e-6)


def test_means_have_their_standard_error_and_empty_bands_do_not_count() -> None:
    found = summary([{"a": 1.0, "b": None}, {"a": 2.0, "b": 5.0}, {"a": 6.0, "b": None}])

    # Variance (4 + 1 + 9) / 2 = 7, over 3 pairs.
    assert (found["a"].mean, found["a"].count) == (3.0, 3)
    assert found["a"].standard_error == pytest.approx(math.sqrt(7 / 3))
    assert (found["b"].mean, found["b"].standard_error, found["b"].count) == (5.0, None, 1)
    with pytest.raises(FrameError, match="no pair"):
        summary([])


def test_results_are_summed_up_by_factor() -> None:
    each = score(ramp() + 0.1, ramp()), score(ramp() + 0.01, ramp())
    rows = [
        PairScore(name=str(n), factor=factor, ratio=float(factor), score=result)
        for n, (factor, result) in enumerate([(300, each[0]), (100, each[1]), (300, each[1])])
    ]

    table = by_factor(rows)

    assert list(table) == [100, 300]
    assert table[100]["psnr_db"].mean == pytest.approx(40)
    assert table[300]["psnr_db"].mean == pytest.approx(30)
    assert table[300]["bias"].mean == pytest.approx(0.055)


def test_sid_is_scored_in_its_centre_and_the_denoiser_sees_only_that(tmp_path: Path) -> None:
    names = sid_copy(tmp_path, [("10003", "0.1", "10"), ("10034", "0.1", "10")])
    found = sid_pairs(tmp_path, names)
    seen: list[tuple[int, ...]] = []

    def denoise(capture: PackedCapture) -> Tensor:
        seen.append(tuple(capture.amplified.shape))
        return capture.amplified

    (result,) = scores(found.pairs, denoise, centre=16)

    pair = load_pair(found.pairs[0])
    cut = pair.capture.amplified[..., 4:20, 7:23], pair.clean[..., 4:20, 7:23]
    assert seen == [(1, 4, 16, 16)]
    assert result.score == score(*cut)
    assert (result.factor, result.ratio, len(found.notes)) == (100, pytest.approx(100), 1)
    with pytest.raises(FrameError, match="512 x 512"):
        next(scores(found.pairs, denoise, centre=512))


def test_eld_is_scored_whole_and_the_input_has_the_noise_that_was_simulated(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "SonyA7S2/scene-1"
    scenes = [
        write_scene(
            folder / f"IMG_{image:04d}.dng", folder / f"IMG_{reference:04d}.dng",
            ratio=100.0, seconds=0.1, seed=image,
        )
        for image, reference in ((4, 6), (9, 11), (14, 16))
    ]  # fmt: skip
    pairs = eld_pairs(tmp_path, scenes=(1,), factors=(100,)).pairs

    results = list(scores(pairs, amplified))

    assert [r.ratio for r in results] == pytest.approx([100] * 3, rel=1e-6)
    for result, scene in zip(results, scenes, strict=True):
        short, clean = planes(100 * 2 * scene.electrons), planes(scene.long_dn)
        span = torch.tensor([14500.0, 14496.0, 14484.0, 14480.0]).reshape(1, 4, 1, 1)
        error = (short / span).clamp(0, 1) - (clean / span).clamp(0, 1)
        expected = -10 * math.log10(float((error.double() ** 2).mean()))
        assert result.score.plain.psnr_db == pytest.approx(expected, abs=1e-4)
    bias = fmean(result.score.bias for result in results)
    # Three frames of 2880 photosites; electrons weigh r K / span of white.
    photons = fmean(float(scene.long_dn.mean()) for scene in scenes) / 200
    noise_e = math.sqrt((READ_NOISE_E**2 + 1 / 12 + photons) / (3 * 2880))
    assert abs(bias) < 5 * noise_e * 200 / 14480


def test_the_answer_itself_scores_without_bound_and_never_reaches_the_denoiser(
    tmp_path: Path,
) -> None:
    names = sid_copy(tmp_path, [("10003", "0.1", "10")])
    pair = load_pair(sid_pairs(tmp_path, names).pairs[0])

    perfect = score_pair(pair, lambda capture: pair.clean)
    blind = score_pair(pair, amplified)
    elsewhere = score_pair(replace(pair, clean=1 - pair.clean), amplified)

    assert perfect.plain.psnr_db == perfect.corrected.psnr_db == math.inf
    assert elsewhere.plain.psnr_db < blind.plain.psnr_db < math.inf


@pytest.mark.parametrize(
    ("estimate", "reason"),
    [(torch.zeros(1, 4, 24, 29), r"two \(1, 4, h, w\)"), (ramp() / 0, "finite values")],
)
def test_planes_that_cannot_be_compared_are_refused(estimate: Tensor, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        score(estimate, ramp())


def test_a_row_names_every_number_of_a_score() -> None:
    row = score(ramp(0.2, 0.4) + 0.1, ramp(0.2, 0.4)).row()

    assert row["psnr_db"] == row["psnr_db 0.1-0.5"] == pytest.approx(20, abs=1e-9)
    assert row["psnr_db >0.5"] is None
    assert list(row) == [
        "psnr_db", "ssim", "ssim_uniform", "psnr_db_corrected", "ssim_corrected",
        "ssim_uniform_corrected", "factor", "bias", "row_residual",
        *(f"psnr_db {band}" for band in BANDS),
    ]  # fmt: skip
