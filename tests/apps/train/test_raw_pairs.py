"""Batches: the light is known, and the noise on it is the camera's."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.train.clean_light import CleanLight, Mosaic, pack_light
from apps.train.eld_lines import ELD_LINES, HELD_OUT, SPAN_DN
from apps.train.raw_pairs import RawPairs, Recipe
from apps.train.training_cameras import TrainingCameras
from isp.core.errors import UsageError


@pytest.fixture
def light(tmp_path: Path) -> CleanLight:
    """Two even scenes of one colour each, and a ramp."""
    ramp = np.linspace(0.1, 0.9, 60, dtype=np.float32)[:, None] * np.ones((1, 80), np.float32)
    scenes = [("dim", np.full((60, 80), 0.25, np.float32)), ("ramp", ramp)]
    pack_light([Mosaic(name=n, light=m) for n, m in scenes], tmp_path)
    return CleanLight(tmp_path)


def pairs(light: CleanLight, **settings: object) -> RawPairs:
    recipe = Recipe(**{"count": 6, "side": 16, **settings})  # type: ignore[arg-type]
    return RawPairs(light, TrainingCameras(lines=tuple(ELD_LINES.values())), recipe, seed=3)


def test_the_same_number_gives_the_same_batch_whenever_it_is_asked(light: CleanLight) -> None:
    one, other = pairs(light), pairs(light)
    straight = [next(each) for each in [one(0)] for _ in range(3)]
    jumped = other.batch(2)

    assert torch.equal(straight[0].captured.electrons, other.batch(0).captured.electrons)
    walk = one(0)
    *_, third = (next(walk) for _ in range(3))
    assert third.number == 2
    assert torch.equal(third.captured.electrons, jumped.captured.electrons)
    assert torch.equal(third.clean, jumped.clean)
    assert not torch.equal(third.clean, straight[0].clean)


def test_the_noise_has_the_variance_that_the_batch_says(light: CleanLight) -> None:
    chi = []
    for number in range(40):
        batch = pairs(light).batch(number)
        captured = batch.captured
        away = captured.electrons - batch.clean * captured.white_e
        variance = batch.clean * captured.white_e + captured.dark_variance_e2
        # Means of images, so that row noise, which their pixels share, counts as it does.
        chi.append((away.square() / variance).mean(dim=(1, 2, 3)))
    found = torch.cat(chi)

    # Row noise and heavy tails make the scatter of these means; it is measured, not assumed.
    error = float(found.std()) / math.sqrt(len(found))
    assert abs(float(found.mean()) - 1) < 4 * error
    assert error < 0.03


def test_electrons_of_white_are_the_span_over_ratio_and_gain(light: CleanLight) -> None:
    batch = pairs(light, ratios=(100.0, 100.0), often=None, noise="poisson_gaussian").batch(0)

    gains = SPAN_DN / (100 * batch.captured.white_e.flatten())
    ends = [(c.gain_low, c.gain_high) for c in ELD_LINES.values()]
    assert batch.ratio.tolist() == [pytest.approx(100.0)] * 6
    assert all(min(e[0] for e in ends) * 0.99 < g < max(e[1] for e in ends) * 1.01 for g in gains)


def test_ratios_lie_where_the_recipe_says_half_of_them_where_they_are_wanted(
    light: CleanLight,
) -> None:
    ratios = torch.cat([pairs(light).batch(n).ratio for n in range(60)])

    assert 1 <= float(ratios.min()) < 10
    assert float(ratios.max()) <= 400
    often = float(((ratios >= 80) & (ratios <= 320)).double().mean())
    share = 0.5 + 0.5 * math.log(320 / 80) / math.log(400)
    assert abs(often - share) < 4 * math.sqrt(share * (1 - share) / len(ratios))


def test_a_shared_ratio_is_one_for_the_batch(light: CleanLight) -> None:
    batch = pairs(light, shared_ratio=True).batch(1)

    assert len(set(batch.ratio.tolist())) == 1


def test_the_cell_begins_with_red_however_a_crop_is_turned(tmp_path: Path) -> None:
    cell = np.array([[0.9, 0.5], [0.5, 0.1]], np.float32)
    pack_light([Mosaic(name="cells", light=np.tile(cell, (30, 40)))], tmp_path)
    source = pairs(CleanLight(tmp_path))

    for number in range(8):
        red, first, second, blue = source.batch(number).clean.unbind(1)
        assert bool((red > first).all())
        assert bool((first > blue).all())
        assert torch.equal(first, second)


def test_light_never_passes_white_and_is_dimmed_no_further_than_said(light: CleanLight) -> None:
    clean = torch.cat([pairs(light).batch(n).clean for n in range(20)])

    assert float(clean.max()) <= 0.9
    assert float(clean.amin()) >= 0.1 * 0.2 / 1.25**2 * 0.99


@pytest.mark.parametrize("noise", ["eld", "poisson_gaussian", "poisson_gaussian_row"])
def test_row_noise_is_there_where_the_noise_has_it(light: CleanLight, noise: str) -> None:
    shares = []
    for number in range(30):
        batch = pairs(light, noise=noise, ratios=(400.0, 400.0), often=None).batch(number)
        away = batch.captured.electrons - batch.clean * batch.captured.white_e
        rows = torch.stack([away[:, :2].mean((1, 3)), away[:, 2:].mean((1, 3))], 2)
        shares.append(rows.square().mean((1, 2)) * 32 / away.square().mean((1, 2, 3)))
    excess = float(torch.cat(shares).mean()) - 1

    assert abs(excess) < 0.15 if noise == "poisson_gaussian" else excess > 0.15


def test_two_cameras_are_never_trained_on() -> None:
    assert set(HELD_OUT) < set(ELD_LINES)
    assert len(ELD_LINES) == 5


def test_scenes_too_small_and_wrong_recipes_are_refused(light: CleanLight) -> None:
    with pytest.raises(UsageError, match="130 photosites"):
        pairs(light, side=64)
    with pytest.raises(UsageError, match="ratios rise"):
        Recipe(ratios=(0.5, 2.0))
    with pytest.raises(UsageError, match="noise is"):
        Recipe(noise="pink")
