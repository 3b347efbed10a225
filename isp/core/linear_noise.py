"""Noise of a LINEAR frame's greys: the sensor's, through what its history did to it."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.core.mosaic_noise import mosaic_noise

COLOURS = ("colour_matrix", "root_polynomial")  # stages that made the frame LINEAR
QUIETER = ("denoise", "merge")  # after which the noise is no longer that of one exposure


def linear_noise(frame: Frame) -> Float[Tensor, "b 2"]:
    """Offset and slope of the variance of a grey's light, mean of R, G and B; else zeros.

    Photosites that see a grey y hold y / gain, with the variance of `mosaic_noise`; the balance,
    the colour matrix and the exposures that the history notes carry it on. What demosaicing and
    lens shading do to it is left out, and of a root polynomial all but the balance.
    Zeros where nobody knows: no profile with readings at the shot's ISO, no balance, no history
    from a mosaic, or a denoised or merged one.
    """
    unknown = frame.data.new_zeros(len(frame.data), 2)
    profile, iso, balance = frame.profile, frame.shot.iso, frame.shot.white_balance
    names = [name for name, _ in frame.history]
    if profile is None or iso is None or balance is None or set(names) & set(QUIETER):
        return unknown
    made = [i for i, name in enumerate(names) if name in COLOURS]
    if not made or not profile.readings:
        return unknown
    try:
        law = mosaic_noise(profile, iso)
    except ProfileError:  # an ISO outside the readings
        return unknown
    gains = balance.double().cpu()
    turned = _turned(frame.history[made[-1]][1], gains)
    if turned is None:
        return unknown
    square, (offset, slope) = turned**2, law[:, :2].double().cpu().unbind(1)
    stops = _stops(frame.history[made[-1] + 1 :], len(gains))
    if stops is None:
        return unknown
    offset = offset * square.sum(dim=2).mean(dim=1) * 4**stops
    slope = slope * (square / gains[:, None]).sum(dim=2).mean(dim=1) * 2**stops
    return torch.stack([offset, slope], dim=1).to(unknown)


def _turned(noted: dict[str, Any], gains: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3 3"] | None:
    """Mosaic colours to the frame's: the matrix, and the balance where it is not in it yet."""
    if "camera_to_rgb" not in noted:
        return torch.diag_embed(gains)
    matrix = torch.tensor(noted["camera_to_rgb"], dtype=torch.float64)
    if len(matrix) != len(gains):  # some images of the batch that was developed
        return None
    # White is (1, 1, 1) in balanced colours, 1 / gains in those that the matrix balances too.
    before = (matrix.sum(dim=2) - 1).abs().amax(dim=1)
    inside = ((matrix / gains[:, None]).sum(dim=2) - 1).abs().amax(dim=1)
    return torch.where((before <= inside)[:, None, None], matrix * gains[:, None], matrix)


def _stops(history: tuple[tuple[str, dict[str, Any]], ...], count: int) -> Tensor | None:
    """Sum of the exposures noted, of each image."""
    total = torch.zeros(count, dtype=torch.float64)
    for name, noted in history:
        if name == "exposure":
            if len(noted["ev"]) != count:
                return None
            total = total + torch.tensor(noted["ev"]) + torch.tensor(noted["baseline_ev"])
    return total
