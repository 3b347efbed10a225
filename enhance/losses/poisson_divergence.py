"""Divergence of two Poisson laws: what a wrong rate of photons costs."""

import torch
from jaxtyping import Float
from torch import Tensor


def poisson_divergence(
    estimate: Float[Tensor, "*shape"],
    clean: Float[Tensor, "*shape"],
    floor: Float[Tensor, "*#shape"] | float = 1e-3,
) -> Float[Tensor, "*shape"]:
    """F ln(F / X) + X - F of each value, model first: KL(Pois(a F) || Pois(a X)) / a.

    estimate, clean: F and X, 1.0 = white of the reference. Below 0 an estimate is no rate and
    costs as 0 does, without a gradient; keep a loss of the unclipped heads beside this.
    floor: added to both, for at 0 one of the gradients has no end; our choice, and max(K / W, 1e-3)
        of the training's cameras: about one electron.

    Source: Wang et al., ICCV 2023 (ExposureDiffusion), equation 11.

    >>> float(poisson_divergence(torch.tensor(2.0), torch.tensor(1.0), 0.0))  # 2 ln 2 - 1
    0.3862943...
    """
    model = estimate.float().clamp(min=0.0) + floor
    truth = clean.float() + floor
    divergence: Tensor = torch.xlogy(model, model / truth) + truth - model
    return divergence
