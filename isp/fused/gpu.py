"""A whole development by one Triton kernel on a GPU; masks by torch beside it."""

import torch
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.kernels.presence import triton_is_there
from isp.core.stage import dilate
from isp.fused.borders import BAYER, mirrored
from isp.fused.codes import CODES
from isp.fused.demosaics import MALVAR
from isp.fused.shot_numbers import ShotNumbers, kernel_matrices, pair_shift

BLOCK = 256  # pixels of a row that a program takes


def fits(dn: Tensor) -> bool:
    """Whether there are a GPU and Triton, and a mosaic in numbers that the kernel reads."""
    known = dn.dtype in (torch.float32, torch.uint16) and not dn.requires_grad and dn.numel() > 0
    return dn.device.type == "cuda" and known and triton_is_there()


def render(
    dn: Tensor, clipped: Tensor, cfa: Cfa, numbers: ShotNumbers, bit_depth: int | None = None
) -> Tensor | None:
    """As `isp.fused.cpu.render`, on the mosaic's device; of Malvar's demosaicing alone."""
    if numbers.demosaic != MALVAR:
        return None
    from isp.fused.gpu_kernel import render_pixels

    batch, _, height, width = dn.shape
    mosaic = _with_corrected_defects(dn, numbers).contiguous()
    if bit_depth is None:
        out = torch.empty((batch, 3, height, width), device=dn.device)
    else:
        out = torch.empty((batch, height, width, 3), dtype=CODES[bit_depth], device=dn.device)
    near = None
    if numbers.level is not None:
        near = dilate(clipped, 1).contiguous().view(torch.uint8)
    row_of, column_of = (
        torch.from_numpy(places).to(dn.device, torch.int32) for places in mirrored((height, width))
    )
    strange = torch.zeros(1, dtype=torch.int32, device=dn.device)
    chunks = (width + BLOCK - 1) // BLOCK
    with torch.cuda.device_of(dn):
        render_pixels[(batch * height * chunks,)](
            mosaic, near, row_of, column_of, number_table(numbers, cfa).to(dn.device), strange,
            out, height, width, chunks, float(0 if bit_depth is None else 2**bit_depth - 1),
            SHIFT=pair_shift(cfa), TONE_CURVE=numbers.tone, CURVE=numbers.curve,
            PLANES=bit_depth is None, BLOCK=BLOCK,
        )  # fmt: skip
    return None if bool(strange.any()) else out


def spread(mask: Tensor, spoils: bool) -> Tensor:
    """A mask (b, 1, h, w) after demosaicing and the matrix, as `isp.fused.cpu.spread`."""
    height, width = mask.shape[-2:]
    lost = mask == spoils
    padded = reflect_whole_periods(lost.float(), BAYER, (2, 2, 2, 2)) > 0
    result = torch.zeros_like(lost)
    for y in range(5):
        reach = 2 - abs(y - 2)
        for x in range(2 - reach, 3 + reach):
            result |= padded[..., y : y + height, x : x + width]
    return result if spoils else ~result


def number_table(numbers: ShotNumbers, cfa: Cfa) -> Tensor:
    """What the kernel takes of each image, (b, 35) float32, in the order of its columns."""
    matrix, last, tone = (torch.from_numpy(v) for v in kernel_matrices(numbers, cfa))
    batch = len(matrix)
    level = torch.zeros(batch) if numbers.level is None else torch.from_numpy(numbers.level)
    sites = (torch.from_numpy(v) for v in (numbers.black, numbers.scale))
    filled = torch.zeros(batch, 8)
    filled[:, : tone.shape[1]] = tone
    columns = [*sites, level[:, None], matrix, last, filled]
    return torch.cat([c.float() for c in columns], dim=1).contiguous()


def _with_corrected_defects(dn: Tensor, numbers: ShotNumbers) -> Tensor:
    """The mosaic with DN in place of the defects that balance to the corrected values."""
    defects = numbers.defects
    if len(defects.rows) == 0:
        return dn
    corrected = dn.float().clone()
    host = dn[:, 0].float().cpu().numpy()
    for i, (black, scale) in enumerate(zip(numbers.black, numbers.scale, strict=True)):
        sites = black.reshape(2, 2), scale.reshape(2, 2)
        values = defects.corrected(host[i], *sites)
        at = defects.rows & 1, defects.columns & 1
        back = values / sites[1][at] + sites[0][at]
        corrected[i, 0, defects.rows, defects.columns] = (
            torch.from_numpy(back).float().to(dn.device)
        )
    return corrected
