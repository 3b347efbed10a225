"""Rows of colours: matrices, curves and codes, against the formulas in float64."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from isp.core.transfer import encode_srgb
from isp.fused import colour_rows as rows
from isp.fused.curves import LINEAR, OPEN, SRGB
from isp.fused.malvar_rows import GREEN, SIZE
from isp.stages.tone.filmic import tone_filmic
from isp.stages.tone.reinhard2002 import tone_reinhard2002

N = 41
EYE = np.eye(3, dtype=np.float32).reshape(-1)
MATRIX = np.array([1.5, -0.4, -0.1, -0.3, 1.5, -0.2, 0.02, -0.5, 1.48], np.float32)


def colours(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Three channels of N in the layout of a row; -7 elsewhere."""
    rgb = np.full(SIZE, -7, np.float32)
    for channel in range(3):
        rgb[channel * GREEN : channel * GREEN + N] = values[channel]
    return rgb


def channels(rgb: NDArray) -> NDArray:
    return np.stack([rgb[c * GREEN : c * GREEN + N] for c in range(3)])


@pytest.fixture
def light() -> NDArray[np.float32]:
    """From below black to above white."""
    return np.random.default_rng(1).uniform(-0.5, 2.5, (3, N)).astype(np.float32)


def test_every_float32_of_the_curve_is_within_6e_7_and_white_is_1() -> None:
    first = int(np.float32(0.0031).view(np.int32))
    last = int(np.float32(1).view(np.int32))
    # Every 97th of 70 million, and the last 200 000 below white one by one.
    bits = np.concatenate([np.arange(first, last, 97), np.arange(last - 200_000, last + 1)])
    x = bits.astype(np.int32).view(np.float32)
    found = np.empty_like(x)
    part = np.zeros(SIZE, np.float32)

    for start in range(0, len(x), GREEN):
        n = min(GREEN, len(x) - start)
        part[:n] = x[start : start + n]
        rows.encode_row(part, n, EYE, SRGB)
        found[start : start + n] = part[:n]

    true = encode_srgb(torch.from_numpy(x).double()).numpy()
    assert np.abs(found - true).max() < 6e-7
    assert found.max() == found[-1] == 1.0


def test_a_row_is_turned_by_the_matrix_and_nothing_else_is_touched(light: NDArray) -> None:
    rgb = colours(light)

    rows.turn_row(rgb, N, MATRIX)

    np.testing.assert_allclose(channels(rgb), MATRIX.reshape(3, 3) @ light, atol=1e-6)
    assert (rgb == -7).sum() == SIZE - 3 * N


@pytest.mark.parametrize("curve", [OPEN, LINEAR, SRGB])
def test_encoding_turns_cuts_and_bends(curve: int, light: NDArray) -> None:
    rgb = colours(light)

    rows.encode_row(rgb, N, MATRIX, curve)

    turned = torch.from_numpy(MATRIX.reshape(3, 3).astype(np.float64) @ light)
    wanted = {
        OPEN: turned, LINEAR: turned.clamp(0, 1), SRGB: encode_srgb(turned.clamp(0, 1)),
    }[curve]  # fmt: skip
    np.testing.assert_allclose(channels(rgb), wanted, atol=4e-6)  # 12.92 x 3e-7


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("curve", [LINEAR, SRGB])
def test_codes_are_the_nearest_ones(curve: int, dtype: type, light: NDArray) -> None:
    rgb, codes = colours(light), np.full(SIZE, 9, dtype)
    top = np.iinfo(dtype).max

    rows.code_row(rgb, N, MATRIX, curve, np.float32(top), codes)

    rows.encode_row(rgb, N, MATRIX, curve)
    np.testing.assert_allclose(channels(codes), channels(rgb) * float(top), atol=0.52)
    assert (codes == 9).sum() >= SIZE - 3 * N
    assert channels(codes).min() == 0
    assert channels(codes).max() == top


@pytest.mark.parametrize("white", [0.7, 2.0, 11.0])
def test_the_filmic_row_is_the_stage_s_curve(white: float, light: NDArray) -> None:
    a, b, c, d, e, f, bias = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30, 2.0  # as Hable prints them
    x = bias * white
    scale = 1 / ((x * (a * x + c * b) + d * e) / (x * (a * x + b) + d * f) - e / f)
    rgb = colours(light)

    numbers = np.array([a, c * b, d * e, b, d * f, e / f, bias, scale], np.float32)
    rows.filmic_row(rgb, N, numbers)

    wanted = tone_filmic(torch.from_numpy(light).double()[None, :, None], white)[0, :, 0]
    np.testing.assert_allclose(channels(rgb), wanted, atol=1e-6)


@pytest.mark.parametrize("white", [0.7, 4.0])
def test_the_reinhard_row_is_the_stage_s_curve(white: float, light: NDArray) -> None:
    weights = np.array([0.3, 0.6, 0.1])
    rgb = colours(light)

    rows.reinhard_row(rgb, N, np.array([*weights, white**-2], np.float32))

    linear = torch.from_numpy(light).double()[None, :, None]
    wanted = tone_reinhard2002(linear, torch.from_numpy(weights)[None], white)[0, :, 0]
    np.testing.assert_allclose(channels(rgb), wanted, atol=3e-6)
