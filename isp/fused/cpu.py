"""A whole development in one compiled pass on the CPU: by bands of rows, which threads share."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.large_arrays import empty
from isp.fused.borders import continued, mirrored
from isp.fused.codes import CODES
from isp.fused.demosaics import GBTF_ROOT, MALVAR
from isp.fused.shot_numbers import ShotNumbers, kernel_matrices, pair_shift

# Photosites that a thread takes at a time. Of gbtf_root a band computes 18 rows more than it has.
BAND = {MALVAR: 1 << 18, GBTF_ROOT: 1 << 20}

Band = Callable[[int, int], bool]  # from first row to last


def fits(dn: Tensor) -> bool:
    """Whether a mosaic lies on a CPU, in numbers that the kernel reads, and wants no gradient."""
    known = dn.dtype in (torch.float32, torch.uint16)
    return dn.device.type == "cpu" and known and not dn.requires_grad and dn.numel() > 0


def render(
    dn: Tensor, clipped: Tensor, cfa: Cfa, numbers: ShotNumbers, bit_depth: int | None = None
) -> Tensor | None:
    """Pictures of a batch: codes (b, h, w, 3) of 8 or 16 bits, or (b, 3, h, w) float32.

    dn: (b, 1, h, w), float32 or uint16, of a Bayer pattern. clipped: bool, (b, 1, h, w).

    None where a value is no number or beyond a thousand times white: only the stages in their own
    order say what becomes of its neighbours.
    """
    batch, _, height, width = dn.shape
    if bit_depth is None:
        out = empty((batch, 3, height, width))
        images = out.numpy()
    else:
        out = empty((batch, height, width, 3), CODES[bit_depth])
        images = out.numpy().reshape(batch, height, 3 * width)
    bands: list[tuple[Band, int, int]] = []
    for i in range(batch):
        band = _band(dn[i, 0], clipped[i, 0], cfa, numbers, i, images[i], bit_depth)
        bands += [(band, first, last) for first, last in _split(height, width, numbers.demosaic)]
    return out if _run(bands) else None


def spread(mask: Tensor, spoils: bool, cfa: Cfa, demosaic: int) -> Tensor:
    """A mask (b, 1, h, w) after demosaicing and the matrix: `spoils` reaches what rests on it."""
    if _is_everywhere(mask, not spoils):
        return mask
    batch, _, height, width = mask.shape
    result = empty((batch, 1, height, width), torch.bool)
    rows: Callable[..., None]
    if demosaic == GBTF_ROOT:
        from isp.fused.gbtf_root_masks import HALO
        from isp.fused.gbtf_root_masks import spread_rows as rows

        places: tuple[object, ...] = (*continued((height, width), HALO), pair_shift(cfa))
    else:
        from isp.fused.mask_rows import spread_rows as rows

        places = mirrored((height, width))
    bands: list[tuple[Band, int, int]] = []
    for before, after in zip(mask.contiguous(), result, strict=True):
        source, target = (m[0].numpy().view(np.uint8) for m in (before, after))

        def band(first: int, last: int, s: object = source, t: object = target) -> bool:
            rows(s, int(spoils), *places, first, last, t)
            return True

        bands += [(band, first, last) for first, last in _split(height, width, demosaic)]
    _run(bands)
    return result


def _band(
    dn: Tensor, clipped: Tensor, cfa: Cfa, numbers: ShotNumbers, i: int, out: NDArray,
    bit_depth: int | None,
) -> Band:  # fmt: skip
    """The kernel with its arguments for one image."""
    black, scale = (v[i].reshape(2, 2).astype(np.float32) for v in (numbers.black, numbers.scale))
    shift = pair_shift(cfa)
    matrix, last_matrix, tone = (v[i] for v in kernel_matrices(numbers, cfa))
    mosaic, (height, width) = dn.contiguous().numpy(), dn.shape
    cuts = numbers.level is not None and not _is_everywhere(clipped, False)
    lost = clipped.contiguous().numpy().view(np.uint8) if cuts else np.empty((height, 0), np.uint8)
    defects = numbers.defects
    listed = defects.first_of_row, defects.columns, defects.corrected(mosaic, black, scale)
    level = np.float32(0.0 if numbers.level is None else numbers.level[i])
    kernel: Callable[..., bool]
    if numbers.demosaic == GBTF_ROOT:
        from isp.fused.gbtf_root_kernel import HALO
        from isp.fused.gbtf_root_kernel import render_rows as kernel

        toe = np.float32(0.0 if numbers.toe is None else numbers.toe[i])
        arguments: tuple[object, ...] = (
            mosaic, lost, *continued((height, width), HALO), *listed, black, scale, level, toe,
            shift,
        )  # fmt: skip
    else:
        from isp.fused.frame_kernel import render_rows as kernel

        pairs = (np.roll(v, -shift, axis=1) for v in (black, scale))
        arguments = (mosaic, lost, *mirrored((height, width)), *listed, *pairs, level, shift)
    colours = (
        numbers.tone, matrix, last_matrix, tone, numbers.curve,
        np.float32(0 if bit_depth is None else 2**bit_depth - 1), out,
    )  # fmt: skip
    return lambda first, last: bool(kernel(*arguments, first, last, *colours))


def _is_everywhere(mask: Tensor, value: bool) -> bool:
    """Whether a mask is one value expanded, as `Frame.start` makes them, and this one."""
    return not any(mask.stride()) and bool(mask.reshape(-1)[0]) is value


def _split(height: int, width: int, demosaic: int) -> Iterator[tuple[int, int]]:
    """First and last rows of the bands of an image."""
    bands = 1 if torch.get_num_threads() == 1 else max(1, height * width // BAND[demosaic])
    return pairwise(np.linspace(0, height, min(bands, height) + 1).astype(int).tolist())


def _run(bands: list[tuple[Band, int, int]]) -> bool:
    """Run all; each thread takes the next band when it is done with its last."""
    left, others = iter(bands), min(torch.get_num_threads(), len(bands)) - 1
    with ThreadPoolExecutor(max(1, others)) as pool:
        started = [pool.submit(_run_all, left) for _ in range(others)]
        sound = [_run_all(left), *(thread.result() for thread in started)]
    return all(sound)


def _run_all(bands: Iterator[tuple[Band, int, int]]) -> bool:
    # What is left of a picture with a strange value is not wanted.
    return all(band(first, last) for band, first, last in bands)
