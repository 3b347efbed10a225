"""The demosaic run judges by the stated protocol and keeps what it found."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.bench import demosaic_quality
from apps.bench.demosaic_quality import (
    FULL_SCALE_E,
    READ_NOISE_E,
    clean_mosaic,
    judge,
    main,
    measure,
    noisy_mosaic,
    photographs,
    read_record,
    scene_of,
)
from apps.bench.demosaic_rows import Row
from isp.core.cfa import Cfa
from isp.core.errors import FileError, UsageError


def photo(height: int = 30, width: int = 36) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (height, width, 3)) / 255


def perfect(truth: np.ndarray) -> Row:
    return Row(name="perfect", run=lambda mosaic, rounds: (truth, 0.5))


def test_a_mosaic_has_each_photosite_s_own_colour_in_sixteen_bits() -> None:
    linear = np.zeros((4, 4, 3))
    linear[..., 0], linear[..., 1], linear[..., 2] = 0.1, 0.5, 0.9

    mosaic = clean_mosaic(linear, Cfa.GRBG)

    assert (mosaic[:2, :2] * 65535).round().tolist() == [[32768, 6554], [58982, 32768]]
    assert torch.equal(mosaic * 65535, (mosaic * 65535).round())


def test_noise_is_that_of_the_stated_electrons_and_is_not_cut_off() -> None:
    # var = light / full scale + (read noise / full scale)^2, and 1/12 of a code of 1/50 electron;
    # 5 standard errors of a variance of 90 000 values are 2.4 %.
    for light in (0.0, 0.5, 1.0):
        noisy = noisy_mosaic(np.full((300, 300, 3), light), Cfa.RGGB)

        expected = light / FULL_SCALE_E + (READ_NOISE_E / FULL_SCALE_E) ** 2
        assert noisy.var().item() == pytest.approx(expected, rel=0.024)
        assert noisy.mean().item() == pytest.approx(light, abs=5 * (expected / 9e4) ** 0.5)


def test_the_border_is_left_out_and_what_is_beyond_white_is_clipped() -> None:
    truth = np.full((30, 30, 3), 1.0)
    picture = np.full((30, 30, 3), 7.0)
    picture[:8] = picture[-8:] = picture[:, :8] = picture[:, -8:] = 0

    assert judge(picture, truth)["psnr_linear_db"] == float("inf")
    picture[8, 8] = 0
    assert judge(picture, truth)["psnr_linear_db"] == pytest.approx(10 * np.log10(14 * 14))


def test_the_two_psnr_are_of_the_curve_and_of_the_light() -> None:
    # 0.01 is 0.0998 after the curve (IEC 61966-2-1), black is 0 in both.
    figures = judge(np.full((30, 30, 3), 0.01), np.zeros((30, 30, 3)))

    assert figures["psnr_linear_db"] == pytest.approx(40)
    assert figures["psnr_srgb_db"] == pytest.approx(20.02, abs=0.01)


def test_a_row_is_timed_by_the_megapixel_over_all_photographs() -> None:
    encoded = photo()
    scenes = [scene_of(name, encoded, Cfa.RGGB) for name in ("a", "b")]

    row = measure(perfect(scenes[0].truth), scenes, rounds=1)

    assert row["ms_per_megapixel"] == pytest.approx(1e9 * 1.0 / (2 * 30 * 36))
    assert row["photographs"]["a"]["psnr_srgb_db"] == float("inf")
    assert row["photographs"]["b"]["zipper_percent"] == 0


def test_the_photographs_are_the_six_of_kodak_and_four_of_scikit_image(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLWELL_DATA", str(shared_data))

    found = dict(photographs())

    assert len([name for name in found if name.startswith("kodim")]) == 6
    assert {"coffee", "astronaut", "chelsea", "rocket"} < found.keys()
    assert all(p.ndim == 3 and 0 <= p.min() < p.max() <= 1 for p in found.values())


def test_without_the_data_the_run_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)

    with pytest.raises(UsageError, match="set FULLWELL_DATA"):
        photographs()


def test_one_command_writes_the_page_and_the_record_and_the_record_the_page_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = scene_of("small", photo(), Cfa.RGGB).truth
    half = Row(name="half", run=lambda mosaic, rounds: (truth / 2, 0.5), ours=False)
    monkeypatch.setattr(demosaic_quality, "photographs", lambda: [("small", photo())])
    monkeypatch.setattr(demosaic_quality, "one_thread", lambda: None)
    monkeypatch.setattr(demosaic_quality, "rows_for", lambda cfa: [half, half])
    record, first, second = (tmp_path / n for n in ("r.json", "a.md", "b.md"))

    assert main(["-o", str(first), "--keep", str(record)]) == 0
    assert main(["-o", str(second), "--record", str(record)]) == 0

    assert first.read_text() == second.read_text()
    assert json.loads(record.read_text())["tables"].keys() == {"RGGB", "XTRANS", "QUAD_RGGB"}
    assert main(["-o", str(first), "--record", str(record)]) == 3  # it is there already


@pytest.mark.parametrize("text", ["{", "[]", '{"format_version": 99}'])
def test_what_is_no_record_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(text)

    with pytest.raises(FileError, match="record"):
        read_record(path)
