"""Captures of a training have the noise of its cameras."""

import math
from dataclasses import replace

import pytest
import torch

from apps.train.eld_lines import ELD_LINES, SPAN_DN
from apps.train.training_cameras import TrainingCameras, photographed, training_choices
from isp.core.errors import ProfileError, UsageError
from isp.files.profile import load_profile

PHONE = load_profile("GenericPhone")
ITEMS = torch.arange(64)
CHOICE = (ITEMS.double() + 0.5) / 64


def test_each_image_has_the_noise_of_one_of_the_cameras_whatever_else_is_drawn() -> None:
    cameras = TrainingCameras(lines=(ELD_LINES["SonyA7S2"], ELD_LINES["CanonEOS70D"]))

    whole = cameras.noise(ITEMS, CHOICE, "eld", 3)
    alone = cameras.noise(ITEMS[40:41], CHOICE[40:41], "eld", 3)

    for name in ("system_gain_dn_per_e", "row_noise_e", "tukey_lambda_scale_e"):
        assert torch.equal(getattr(whole, name)[40:41], getattr(alone, name))
    # The first half of the choices is the Sony's, whose lowest gain no other line reaches.
    gains = whole.system_gain_dn_per_e
    assert float(gains[:32].max()) <= 6.02
    assert float(gains[32:].min()) >= 0.407


def test_isos_of_a_profile_run_from_its_lowest_reading_to_its_highest() -> None:
    noise = TrainingCameras(profile=PHONE).noise(
        torch.arange(3), torch.tensor([0.0, 0.5, 1.0]).double(), "eld", 0
    )

    isos = [min(r.iso for r in PHONE.readings), max(r.iso for r in PHONE.readings)]
    asked = torch.tensor([isos[0], math.sqrt(isos[0] * isos[1]), isos[1]])
    known = PHONE.at_iso(asked)
    torch.testing.assert_close(noise.system_gain_dn_per_e, known.system_gain_dn_per_e)
    torch.testing.assert_close(noise.read_noise_e, known.read_noise_e)
    assert float(noise.colour_bias_dn.abs().max()) == 0


@pytest.mark.parametrize("kind", ["eld", "poisson_gaussian_row", "poisson_gaussian"])
def test_captures_vary_as_the_dark_variance_and_the_light_say(kind: str) -> None:
    reading = replace(
        PHONE.readings[0], row_noise_e=2.0, column_noise_e=1.5, read_noise_e=3.0,
        banding_amplitude_e=1.0, tukey_lambda_shape=None, tukey_lambda_scale_e=None,
    )  # fmt: skip
    cameras = TrainingCameras(
        profile=PHONE.with_fields(readings=(reading,), banding_frequency_cycles_per_row=0.13)
    )
    items, ratio = torch.arange(40), torch.full((40,), 20.0)
    clean = torch.full((40, 1, 64, 64), 0.5)

    noise = cameras.noise(items, torch.full((40,), 0.5).double(), kind, 0)
    captured = photographed(clean, ratio, noise, cameras.sensor("test"), 5, items)

    gain = float(reading.system_gain_dn_per_e)
    span = PHONE.white_level_dn - PHONE.black_level_dn[0]
    assert captured.white_e.flatten().tolist() == pytest.approx([span / 20 / gain] * 40)
    dark = {"eld": 9 + 4 + 1.5**2 + 0.5, "poisson_gaussian_row": 13, "poisson_gaussian": 9}[kind]
    expected_dark = dark + 1 / 12 / gain**2
    assert float(captured.dark_variance_e2[0]) == pytest.approx(expected_dark, rel=1e-5)
    away = captured.electrons - 0.5 * captured.white_e
    variance = away.double().square().mean((1, 2, 3))  # rows, columns and waves are in it
    expected = expected_dark + 0.5 * float(captured.white_e[0])
    error = float(variance.std()) / math.sqrt(40)
    assert abs(float(variance.mean()) - expected) < 4 * error
    assert error < 0.02 * expected


def test_a_batch_of_lines_has_white_at_fourteen_bits_over_the_ratio() -> None:
    cameras = TrainingCameras(lines=(ELD_LINES["SonyA7S2"],))
    noise = cameras.noise(ITEMS[:2], CHOICE[:2], "eld", 3)

    captured = photographed(
        torch.zeros(2, 1, 8, 8), torch.tensor([10.0, 100.0]), noise, cameras.sensor("t"), 0,
        ITEMS[:2],
    )  # fmt: skip

    expected = SPAN_DN / (noise.system_gain_dn_per_e * torch.tensor([10.0, 100.0]))
    torch.testing.assert_close(captured.white_e.flatten(), expected)
    assert captured.electrons.shape == (2, 4, 4, 4)
    assert bool((captured.electrons < 0).any())  # negatives are kept


def test_a_capture_is_the_same_on_any_device(device: torch.device) -> None:
    cameras = TrainingCameras(lines=tuple(ELD_LINES.values()))
    clean = torch.linspace(0, 1, 6 * 40 * 40).reshape(6, 1, 40, 40)
    ratio, items = torch.logspace(0, 2.5, 6), torch.arange(6)
    noise = cameras.noise(items, CHOICE[::11], "eld", 1)

    here, there = (
        photographed(clean.to(d), ratio, noise, cameras.sensor("training"), 1, items)
        for d in (torch.device("cpu"), device)
    )

    assert there.electrons.device.type == device.type
    away = (here.electrons - there.electrons.cpu()) * noise.system_gain_dn_per_e.reshape(
        -1, 1, 1, 1
    )
    assert float((away.abs() > 0.5).double().mean()) <= 1e-4  # DN differ by 1 there at most
    torch.testing.assert_close(here.white_e, there.white_e.cpu())


def test_choices_of_an_image_are_its_own() -> None:
    choices = training_choices(ITEMS, 4, 5)

    assert choices.shape == (64, 5)
    assert torch.equal(choices[7:9], training_choices(ITEMS[7:9], 4, 5))


def test_neither_or_both_cameras_another_noise_and_no_readings_are_refused() -> None:
    lines = (ELD_LINES["SonyA7S2"],)
    with pytest.raises(UsageError, match="or one camera's profile"):
        TrainingCameras()
    with pytest.raises(UsageError, match="or one camera's profile"):
        TrainingCameras(lines=lines, profile=PHONE)
    with pytest.raises(ProfileError, match="no readings of gain and noise to train on"):
        TrainingCameras(profile=PHONE.with_fields(readings=()))
    with pytest.raises(UsageError, match="noise is"):
        TrainingCameras(lines=lines).noise(ITEMS, CHOICE, "pink", 0)
