"""Durand and Dorsey: the fast filter against the slow one, and what becomes of a step."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_weights
from isp.stages.tone.durand2002 import DurandTone, bilateral, tone_durand2002


def scene(height: int = 40, width: int = 56) -> torch.Tensor:
    """Four decades: a bright window and a lamp in a dark room, textured."""
    light = torch.full((height, width), 0.02)
    light[8:24, 10:30] = 20.0
    light[30:34, 44:48] = 200.0
    texture = torch.rand(height, width, generator=torch.Generator().manual_seed(4))
    return light * (0.7 + 0.6 * texture)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1])
def test_the_fast_filter_is_the_slow_one_within_two_thousandths_of_a_decade(share: float) -> None:
    """Every pair of pixels by itself, over four decades. 13 segments: rms 0.0004."""
    log = torch.log10(scene())
    rows, columns = np.mgrid[:40, :56]
    places = np.column_stack([rows.ravel(), columns.ravel()])
    values = log.double().numpy().reshape(-1, 1)
    near = cdist(places, places, "sqeuclidean") / (2 * (share * 56) ** 2)
    alike = cdist(values, values, "sqeuclidean") / (2 * 0.4**2)
    weights = np.exp(-near - alike)
    slow = (weights @ values)[:, 0] / weights.sum(axis=1)

    fast = bilateral(log[None, None], torch.ones(1, 1, 40, 56), sigma_share=share, sigma_range=0.4)

    error = fast.numpy().ravel() - slow
    assert np.abs(error).max() < 0.002
    assert np.sqrt(np.mean(error**2)) < 0.0003


def toned(light: torch.Tensor, **settings: float) -> torch.Tensor:
    frame = Frame.start(light.expand(1, 3, *light.shape), Domain.LINEAR)
    return DurandTone(**settings).develop(frame).data[0, 0]


def test_the_base_s_contrast_is_the_one_asked_for_and_its_brightest_is_1() -> None:
    """Two plains far apart are their own base: 1 and 1/5 of it."""
    light = torch.full((64, 64), 0.01)
    light[:, 32:] = 100.0

    result = toned(light, contrast=5.0)

    # The 4-decade step is 10 sigma: what crosses it weighs exp(-50).
    assert float(result[30, 60]) == pytest.approx(1.0, rel=1e-3)
    assert float(result[30, 3]) == pytest.approx(0.2, rel=1e-3)


def test_a_step_has_no_halo_and_is_not_turned_round() -> None:
    light = torch.full((32, 96), 0.05)
    light[:, 48:] = 50.0

    line = toned(light)[16]

    assert bool((line.diff() >= -1e-3 * line.max()).all())
    assert line[:48].max() - line[:48].min() < 0.01 * line[:48].max()
    assert line[48:].max() - line[48:].min() < 0.01 * line[48:].max()


def test_a_picture_within_the_contrast_is_only_scaled() -> None:
    light = 0.1 + 0.2 * torch.rand(24, 24, generator=torch.Generator().manual_seed(1))

    result = toned(light)

    torch.testing.assert_close(result / result[0, 0], light / light[0, 0], rtol=1e-4, atol=0)


def test_exposure_changes_nothing() -> None:
    torch.testing.assert_close(toned(8 * scene()), toned(scene()), rtol=1e-3, atol=1e-4)


def test_texture_keeps_its_contrast_where_the_base_is_compressed() -> None:
    """The window's texture and its mean: 0.7 to 1.3 before and, within a fifth, after."""
    light = scene()
    window = (slice(12, 20), slice(14, 26))

    def contrast(values: torch.Tensor) -> float:
        return float(torch.log10(values[window]).std())

    assert contrast(toned(light)) == pytest.approx(contrast(light), rel=0.25)
    assert float(torch.log10(light).std()) > 3 * float(torch.log10(toned(light)).std())


def test_colours_keep_their_ratios() -> None:
    frame = Frame.start(scene() * torch.tensor([0.9, 0.5, 0.2]).reshape(1, 3, 1, 1), Domain.LINEAR)

    result = DurandTone().develop(frame).data

    torch.testing.assert_close(result[:, 0] / result[:, 1], torch.full((1, 40, 56), 1.8))


@pytest.mark.parametrize("sigma_px", [6.4, 16, 32])
def test_pfstools_makes_the_same_picture_of_a_real_scene(
    sigma_px: float, shared_data: Path, tmp_path: Path
) -> None:
    """pfstmo_durand02 takes its contrast as a power of e; it blurs on a grid of its own."""
    if shutil.which("pfstmo_durand02") is None:
        pytest.skip("pfstmo_durand02 (pfstools) is not installed")
    from isp.files.exr import read_exr

    linear = read_exr(shared_data / "hdr" / "bonita_sun_sea.exr").data[..., :320, :]
    picture = linear[0].permute(1, 2, 0).numpy()
    header = b"PF\n%d %d\n-1.0\n" % (picture.shape[1], picture.shape[0])
    (tmp_path / "in.pfm").write_bytes(header + picture[::-1].astype("<f4").tobytes())
    subprocess.run(
        f"pfsinpfm in.pfm | pfstmo_durand02 -g -s {sigma_px} -r 0.4 -c 5 | pfsoutpfm out.pfm",
        shell=True, check=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    body = (tmp_path / "out.pfm").read_bytes().split(b"\n", 3)[3]
    theirs = np.frombuffer(body, "<f4").reshape(picture.shape)[::-1]

    weights = luminance_weights(Frame.start(linear, Domain.LINEAR))
    ours = tone_durand2002(
        linear, weights, torch.ones_like(linear[:, :1]),
        contrast=float(np.exp(5)), sigma_share=sigma_px / 320,
    )[0].permute(1, 2, 0).numpy()  # fmt: skip

    a, b = (np.log10(v @ weights[0].numpy()).ravel() for v in (ours, theirs))
    assert np.corrcoef(a, b)[0, 1] > 0.998
    assert np.std(a - b) < 0.05  # decades, of 2.7


@pytest.mark.parametrize("settings", [{"contrast": 1.0}, {"sigma_share": 0.001}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(settings))):
        DurandTone(**settings)
