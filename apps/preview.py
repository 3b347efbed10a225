"""A frame of any domain as an 8-bit picture to look at; not a measurement."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour, rgb_to_rgb
from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.transfer import encode_srgb
from isp.stages.tone.filmic import tone_filmic

FILMIC_WHITE = 8.0


def preview(frame: Frame, image: int = 0) -> NDArray[np.uint8]:
    """One image of a frame as sRGB codes (h, w, 3).

    Mosaics are shown grey, as the sensor holds them; electrons relative to the full well (or
    their largest value); scene and HDR light through a filmic curve, its log-average at 0.18;
    everything else clips at 1.
    """
    data = frame.data[image].detach().cpu().float()
    code = _display(frame, data)
    rounded = torch.round(255 * code.clamp(0, 1)).to(torch.uint8)
    return np.ascontiguousarray(rounded.expand(3, -1, -1).permute(1, 2, 0).numpy())


def _display(frame: Frame, data: Tensor) -> Tensor:
    match frame.domain:
        case Domain.EXPECTED | Domain.ELECTRONS:
            well = frame.profile.full_well_e if frame.profile else None
            return encode_srgb(data / (well or data.max().clamp(min=1)))
        case Domain.RAW:
            profile = frame.need_profile()
            black = profile.cfa.spread_sites(profile.black_sites, *frame.size)[0]
            white = float(white_dn(profile, frame.shot.iso)[0])
            return encode_srgb((data - black) / (white - black))
        case Domain.MOSAIC | Domain.CAMERA:
            return encode_srgb(data)
        case Domain.SDR:
            return data
        case Domain.LINEAR:
            return encode_srgb(_to_bt709(frame, data))
        case Domain.SCENE | Domain.HDR:
            linear = _to_bt709(frame, data).clamp(min=0)
            key = 0.18 / torch.exp(torch.log(linear.mean(dim=0) + 1e-4).mean())
            return encode_srgb(tone_filmic((linear * key)[None], FILMIC_WHITE)[0])
    raise FrameError(f"no preview for {frame.domain.name}")


def _to_bt709(frame: Frame, data: Tensor) -> Tensor:
    if data.shape[0] != 3:
        return data.mean(dim=0, keepdim=True).expand(3, -1, -1)
    matrix = rgb_to_rgb((frame.colour or Colour()).primaries, PRIMARIES["bt709"])
    return torch.einsum("ij,jhw->ihw", torch.as_tensor(matrix, dtype=data.dtype), data)
