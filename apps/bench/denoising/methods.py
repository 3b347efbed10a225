"""Ways to denoise a packed capture: ours, our classical stage, and BM3D on stabilised noise."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from apps.train.packed_pair import PackedCapture
from enhance.conserved_light import conserved
from enhance.exposure_diffusion import Growth, refined
from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import raw_net
from enhance.schedule import exposures
from enhance.weights import load_weights, read_card
from isp.core.anscombe import destabilise, inverse_table, stabilise
from isp.core.cfa import Cfa
from isp.core.errors import MissingError
from isp.core.rng import Draws, Effect
from isp.stages.denoise import denoise_mosaic, site_basis

Method = Callable[[PackedCapture], Tensor]


def amplified(capture: PackedCapture) -> Tensor:
    """The capture made as bright as the reference, and nothing else."""
    return capture.amplified


def passes_of(net: RawNet, steps: int = 0, growth: Growth | None = None, seed: int = 0) -> Method:
    """A network's estimate after so many refining steps."""

    def denoise(capture: PackedCapture) -> Tensor:
        draws = Draws(seed=seed, effect=Effect.NETWORK, sensor="account")
        at = exposures(capture.ratio, steps)
        with torch.no_grad():
            return refined(net, capture.captured(), at, draws, growth)

    return denoise


def shipped(model: str, steps: int = 0) -> Method:
    """Shipped weights by name, as the stage runs them."""
    net = raw_net(read_card(model).network)
    load_weights(net, model)
    by_passes = passes_of(net, steps)

    def denoise(capture: PackedCapture) -> Tensor:
        return conserved(by_passes(capture), capture.amplified, capture.measured.float())

    return denoise


def classical(capture: PackedCapture) -> Tensor:
    """Our raw denoise stage without learning: sliding cosines on stabilised noise."""
    state = capture.captured()
    electrons = state.electrons
    height, width = (2 * side for side in electrons.shape[-2:])
    dark = state.dark_variance_e2.reshape(-1)
    # In electrons the law is variance = dark + 1 x.
    noise = torch.stack([dark, torch.ones_like(dark), torch.zeros_like(dark)], dim=1)
    table, ends = inverse_table(dark)
    mosaic = Cfa.RGGB.unpack(electrons, height, width)
    found = denoise_mosaic(mosaic, torch.ones_like(mosaic), noise, table, ends, Cfa.RGGB)
    return Cfa.RGGB.pack(found) / state.white_e


def vst_bm3d(capture: PackedCapture, *, together: bool = False) -> Tensor:
    """Generalised Anscombe, BM3D at a deviation of 1, exact unbiased inverse.

    together: the four planes turned into sums and differences and denoised as one picture of
    four channels, blocks matched on the sum of all; else each plane by itself.

    Raises MissingError without the package bm3d, whose licence is for non-commercial use only.

    Source: Makitalo, Foi 2013; Dabov, Foi, Katkovnik, Egiazarian 2007.
    """
    try:
        import bm3d
    except ImportError as error:
        raise MissingError(
            "bm3d is not installed (pip install bm3d; its licence is non-commercial)"
        ) from error
    state = capture.captured()
    variance = state.dark_variance_e2
    even = stabilise(state.electrons, variance)[0].double()
    basis = torch.tensor(site_basis(Cfa.RGGB), dtype=torch.float64)
    planes = torch.einsum("ij,jhw->ihw", basis, even) if together else even
    if together:
        quiet = bm3d.bm3d(np.ascontiguousarray(planes.permute(1, 2, 0).numpy()), [1.0] * 4)
        found = torch.einsum("ij,ihw->jhw", basis, torch.from_numpy(quiet).permute(2, 0, 1))
    else:
        found = torch.stack([torch.from_numpy(bm3d.bm3d(plane.numpy(), 1.0)) for plane in planes])
    table, ends = inverse_table(variance.reshape(-1))
    stacked = found.float()[:, None]  # (4, 1, h, w)
    electrons = destabilise(
        stacked, variance.expand(4, 1, 1, 1), table.expand(4, -1), ends.expand(4, -1)
    )
    return electrons.permute(1, 0, 2, 3) / state.white_e


def photon_bound_db(light: Tensor, white_e: float, dark_variance_e2: float) -> float:
    """PSNR of the amplified capture by theory: where all of the noise is left.

    light: X. The mean squared error is the mean of (X E + dark) / E^2.
    """
    mse = float((light.double() / white_e).mean()) + dark_variance_e2 / white_e**2
    return -10 * math.log10(mse)
