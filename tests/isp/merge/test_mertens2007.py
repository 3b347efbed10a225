"""Exposure fusion against OpenCV's, and what it must do by hand."""

import math

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.merge.mertens2007 import (
    enlarged,
    fuse_mertens2007,
    fuse_pictures,
    gaussian_pyramid,
    halved,
    laplacian_pyramid,
    quality,
)

Codes = NDArray[np.uint8]


def pictures(height: int = 61, width: int = 84) -> list[Codes]:
    """Three exposures of a blurred random scene."""
    light = np.random.default_rng(3).random((height, width, 3))
    scene = cv2.GaussianBlur(light, (0, 0), 2)
    scene = (scene - scene.min()) / (scene.max() - scene.min())
    return [np.rint(255 * scene**power).astype(np.uint8) for power in (0.4, 1, 2.5)]


def tensor(codes: Codes) -> torch.Tensor:
    return torch.from_numpy(codes).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize(
    "exponents", [(1, 1, 0), (1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 0.5, 1)]
)
@pytest.mark.parametrize("size", [(61, 84), (64, 64), (33, 50)])
def test_it_is_opencvs_fusion(exponents: tuple[float, ...], size: tuple[int, int]) -> None:
    codes = pictures(*size)
    contrast, saturation, exposedness = map(float, exponents)

    ours = fuse_mertens2007(
        [tensor(c) for c in codes],
        contrast=contrast, saturation=saturation, exposedness=exposedness,
    )  # fmt: skip

    # It takes its grey as if the channels came R, G, B; so they do here.
    theirs = cv2.createMergeMertens(contrast, saturation, exposedness).process(codes)
    # Both compute in float32: weights near zero carry its error into their ratio.
    assert abs(ours[0].permute(1, 2, 0).numpy() - theirs).max() < 1e-3
    assert abs(theirs - codes[1] / 255).max() > 0.03


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (33, 20), (1, 5), (2, 3), (1, 1)])
def test_its_pyramids_are_opencvs(size: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).random(size).astype(np.float32)

    small = halved(torch.from_numpy(plane)[None, None])
    large = enlarged(small, *size)

    down = cv2.pyrDown(plane).reshape((size[0] + 1) // 2, (size[1] + 1) // 2)
    np.testing.assert_allclose(small[0, 0].numpy(), down, atol=1e-6)
    if min(size) > 1:  # OpenCV's enlarging of one row or column has no size to go to
        up = cv2.pyrUp(down, dstsize=size[::-1])
        np.testing.assert_allclose(large[0, 0].numpy(), up, atol=1e-6)


def test_a_picture_alone_comes_back() -> None:
    picture = tensor(pictures()[1])

    torch.testing.assert_close(fuse_mertens2007([picture]), picture, atol=1e-6, rtol=0)
    torch.testing.assert_close(fuse_mertens2007([picture] * 3), picture, atol=1e-6, rtol=0)


def test_the_weights_are_those_of_the_paper() -> None:
    picture = torch.zeros(1, 3, 3, 3)
    picture[0, :, 1, 1] = torch.tensor([0.9, 0.5, 0.1])

    contrast = quality(picture, 1, 0, 0)[0, 0, 1, 1]
    saturation = quality(picture, 0, 1, 0)[0, 0, 1, 1]
    exposedness = quality(picture, 0, 0, 1)[0, 0, 1, 1]

    assert float(contrast) == pytest.approx(4 * (0.299 * 0.9 + 0.587 * 0.5 + 0.114 * 0.1))
    assert float(saturation) == pytest.approx(math.sqrt((0.4**2 + 0 + 0.4**2) / 3))
    assert float(exposedness) == pytest.approx(math.exp(-(0.4**2) / 0.08) ** 2)
    product = quality(picture, 2, 1, 3)[0, 0, 1, 1]
    assert float(product) == pytest.approx(float(contrast**2 * saturation * exposedness**3))


def test_a_pyramid_adds_up_to_its_picture() -> None:
    picture = tensor(pictures(37, 50)[0])

    details = laplacian_pyramid(picture, 5)

    total = details[-1]
    for detail in reversed(details[:-1]):
        total = detail + enlarged(total, *detail.shape[-2:])
    torch.testing.assert_close(total, picture, atol=1e-6, rtol=0)
    assert [tuple(p.shape[-2:]) for p in gaussian_pyramid(picture, 3)] == [
        (37, 50), (19, 25), (10, 13), (5, 7)
    ]  # fmt: skip


def sdr(codes: Codes, hole: slice = slice(0, 0)) -> Frame:
    measured = torch.ones(1, 1, *codes.shape[:2], dtype=torch.bool)
    measured[..., hole] = False
    return Frame.start(tensor(codes), Domain.SDR, measured=measured, clipped=~measured)


def test_frames_are_fused_with_masks_and_cut_to_codes() -> None:
    codes = pictures()
    frames = [sdr(codes[0], slice(0, 40)), sdr(codes[1], slice(20, 84)), sdr(codes[2], slice(20))]

    fused = fuse_pictures(frames)

    raw = fuse_mertens2007([f.data for f in frames])
    torch.testing.assert_close(fused.data, raw.clamp(0, 1))
    assert bool(fused.measured[..., 20:].all())
    assert not bool(fused.measured[..., :0].any())
    step, note = fused.history[-1]
    assert (step, note["frames"]) == ("fuse_mertens2007", 3)
    assert note["cut_values"] == int(((raw < 0) | (raw > 1)).sum())
    blind = fuse_pictures([sdr(codes[0], slice(0, 5)), sdr(codes[1], slice(0, 9))])
    assert bool(blind.clipped[..., :5].all())
    assert not bool(blind.clipped[..., 5:].any())


def test_what_cannot_be_fused_is_refused() -> None:
    codes = pictures()[0]
    light = Frame.start(tensor(codes), Domain.LINEAR)

    with pytest.raises(DomainError, match="takes finished pictures"):
        fuse_pictures([light])
    with pytest.raises(FrameError, match="of one size"):
        fuse_pictures([sdr(codes), sdr(codes[:-1])])
    for none in (fuse_pictures, fuse_mertens2007):
        with pytest.raises(UsageError, match="at least one picture"):
            none([])


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (2, 2), (5, 1)])
def test_pictures_of_any_size_are_fused(size: tuple[int, int]) -> None:
    codes = [c[: size[0], : size[1]] for c in pictures()]

    fused = fuse_mertens2007([tensor(c) for c in codes])

    assert fused.shape[-2:] == size
    assert bool(torch.isfinite(fused).all())
