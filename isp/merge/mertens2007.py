"""Exposure fusion: a picture blended from the best exposed parts of several pictures."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame

SPREAD = 0.2  # of the well-exposed codes around 0.5
LEAST = 1e-12  # weight of a pixel that no measure likes
GREY = (0.299, 0.587, 0.114)  # BT.601: the paper says only "grayscale version"
BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def fuse_mertens2007(
    pictures: Sequence[Float[Tensor, "b 3 h w"]],
    *,
    contrast: float = 1.0,
    saturation: float = 1.0,
    exposedness: float = 1.0,
) -> Float[Tensor, "b 3 h w"]:
    """Blend pictures, codes 0..1, by weights of contrast, saturation and well-exposedness.

    contrast, saturation, exposedness: exponents of the three measures, 0 to ignore one. Weights
    are blended through a Gaussian pyramid, pictures through a Laplacian one, down to one pixel.
    The result overshoots 0..1 beside strong edges and is not clipped.

    Raises UsageError for no pictures.

    Source: Mertens, Kautz and Van Reeth, Pacific Graphics 2007, sections 3.1 and 3.2; pyramids of
    Burt and Adelson 1983.
    """
    if not pictures:
        raise UsageError("exposure fusion takes at least one picture")
    weights = [quality(p, contrast, saturation, exposedness) for p in pictures]
    total = torch.stack(weights).sum(dim=0)
    levels = int(math.log2(min(pictures[0].shape[-2:])))
    fused: list[Tensor] = []
    for picture, weight in zip(pictures, weights, strict=True):
        shares = gaussian_pyramid(weight / total, levels)
        details = laplacian_pyramid(picture, levels)
        parts = [share * detail for share, detail in zip(shares, details, strict=True)]
        fused = [a + b for a, b in zip(fused, parts, strict=True)] if fused else parts
    result = fused[-1]
    for detail in reversed(fused[:-1]):
        result = detail + enlarged(result, detail.shape[-2], detail.shape[-1])
    return result


def fuse_pictures(frames: Sequence[Frame], **exponents: float) -> Frame:
    """`fuse_mertens2007` of SDR frames; what no frame measured is unmeasured and clipped.

    exponents: see there. Its support is the whole picture; a mask stays where it is. Values
    beyond 0..1 are cut, as a picture's codes are, and counted in the history.

    Raises DomainError for other frames, FrameError for several sizes, UsageError for no frame.
    """
    if not frames:
        raise UsageError("exposure fusion takes at least one picture")
    shapes = sorted({tuple(frame.data.shape) for frame in frames})
    if len(shapes) > 1:
        raise FrameError(f"the pictures of a bracket are of one size, not {shapes}")
    if {frame.domain for frame in frames} != {Domain.SDR}:
        raise DomainError(
            "exposure fusion takes finished pictures (sdr), but the frames are in "
            f"{', '.join(sorted({f.domain.name.lower() for f in frames}))}; develop them first"
        )
    fused = fuse_mertens2007([frame.data for frame in frames], **exponents)
    measured = torch.stack([frame.measured for frame in frames]).any(dim=0)
    note = {
        "frames": len(frames),
        "cut_values": int(((fused < 0) | (fused > 1)).sum()),
        **exponents,
    }
    return frames[0].advance(
        "fuse_mertens2007",
        note,
        data=fused.clamp(0, 1),
        measured=measured,
        clipped=~measured & torch.stack([frame.clipped for frame in frames]).any(dim=0),
        generated=torch.stack([frame.generated for frame in frames]).any(dim=0),
    )


def quality(
    picture: Float[Tensor, "b 3 h w"], contrast: float, saturation: float, exposedness: float
) -> Float[Tensor, "b 1 h w"]:
    """Weight of each pixel: |Laplacian of grey|, deviation over R, G, B, closeness to 0.5.

    Source: Mertens et al. 2007, section 3.1: W = C^wc S^ws E^we, E a Gaussian per channel.
    """
    weight = torch.full_like(picture[:, :1], 1.0)
    if contrast:
        grey = (picture * picture.new_tensor(GREY).reshape(1, 3, 1, 1)).sum(dim=1, keepdim=True)
        kernel = picture.new_tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
        edges = F.conv2d(mirrored(grey, 1), kernel.reshape(1, 1, 3, 3)).abs()
        weight = weight * edges**contrast
    if saturation:
        weight = weight * picture.std(dim=1, keepdim=True, correction=0) ** saturation
    if exposedness:
        close = torch.exp(-((picture - 0.5) ** 2) / (2 * SPREAD**2)).prod(dim=1, keepdim=True)
        weight = weight * close**exposedness
    return weight + LEAST


def gaussian_pyramid(image: Float[Tensor, "b c h w"], levels: int) -> list[Tensor]:
    """The image and `levels` halvings of it."""
    pyramid = [image]
    for _ in range(levels):
        pyramid.append(halved(pyramid[-1]))
    return pyramid


def laplacian_pyramid(image: Float[Tensor, "b c h w"], levels: int) -> list[Tensor]:
    """Differences between neighbouring levels of the Gaussian pyramid, and its last level."""
    sizes = gaussian_pyramid(image, levels)
    details = [a - enlarged(b, a.shape[-2], a.shape[-1]) for a, b in pairwise(sizes)]
    return [*details, sizes[-1]]


def halved(image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c i j"]:
    """Blur by the binomial 1 4 6 4 1 and keep every second pixel, the first included."""
    return _separable(mirrored(image, 2), image.new_tensor(BINOMIAL))[..., ::2, ::2]


def enlarged(image: Float[Tensor, "b c i j"], height: int, width: int) -> Float[Tensor, "b c h w"]:
    """Undo `halved` in size: zeros between the pixels, then the binomial times 4.

    Before the first pixel the small image is mirrored, after the last it is repeated.
    """
    small = F.pad(image, (1, 1, 1, 1), mode="replicate")
    if image.shape[-2] > 1:
        small[..., 0, :] = small[..., 2, :]
    if image.shape[-1] > 1:
        small[..., :, 0] = small[..., :, 2]
    rows, columns = small.shape[-2:]
    spread = image.new_zeros(*image.shape[:2], 2 * rows, 2 * columns)
    spread[..., ::2, ::2] = small
    whole = _separable(spread, image.new_tensor(BINOMIAL)) * 4
    return whole[..., :height, :width]  # two zero-stuffed pixels before, cut by the kernel


def mirrored(image: Float[Tensor, "b c h w"], margin: int) -> Tensor:
    """Pad by a mirror that does not repeat the border, to and fro in a small image."""
    rows, columns = (_reflected(size, margin, image.device) for size in image.shape[-2:])
    return image[..., rows, :][..., columns]


def _reflected(size: int, margin: int, device: torch.device) -> Tensor:
    positions = torch.arange(-margin, size + margin, device=device)
    period = max(2 * (size - 1), 1)
    phase = positions % period
    return torch.minimum(phase, period - phase) if size > 1 else torch.zeros_like(positions)


def _separable(padded: Tensor, kernel: Tensor) -> Tensor:
    channels = padded.shape[1]
    down = kernel.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1)
    across = kernel.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1)
    return F.conv2d(F.conv2d(padded, down, groups=channels), across, groups=channels)
