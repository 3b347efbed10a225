"""Light that a network adds or loses is put back, and only that."""

import torch

from enhance.conserved_light import CELL, REACH, conserved

SIDE = 20 * CELL


def noisy(light: float, seed: int = 3) -> torch.Tensor:
    noise = torch.randn(1, 4, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    return light + 0.1 * noise


def test_an_estimate_that_is_too_dark_is_as_bright_as_the_capture_again() -> None:
    capture = noisy(0.5)
    shift = torch.tensor([0.01, 0.0, -0.02, 0.03]).reshape(1, 4, 1, 1)
    estimate = torch.full_like(capture, 0.5) - shift

    found = conserved(estimate, capture, torch.ones_like(capture))

    off = (found - 0.5).abs()
    assert float(off.max()) < 4 * 0.1 / 40  # of 80 x 80 pixels in a pyramid some 40 x 40 count
    assert float(found.mean() - capture.mean()) < 1e-4


def test_what_was_not_measured_says_nothing() -> None:
    capture = noisy(0.5)
    measured = torch.ones_like(capture)
    measured[..., 100:140, 100:140] = 0
    spoilt = torch.where(measured > 0, capture, 50.0)
    estimate = torch.full_like(capture, 0.5)

    found, same = (conserved(estimate, seen, measured) for seen in (spoilt, capture))

    assert torch.equal(found, same)
    assert torch.equal(conserved(estimate, capture, torch.zeros_like(capture)), estimate)


def test_it_reaches_no_further_than_it_says() -> None:
    capture, estimate = noisy(0.5), torch.full((1, 4, SIDE, SIDE), 0.5)
    changed = capture.clone()
    changed[..., 160, 160] += 1000.0
    everywhere = torch.ones_like(capture)

    moved = conserved(estimate, changed, everywhere) - conserved(estimate, capture, everywhere)

    rows = moved[0, 0].abs().amax(dim=1).nonzero()
    assert 160 - REACH <= int(rows.min()) < int(rows.max()) <= 160 + REACH
