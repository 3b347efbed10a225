"""Algorithm 1: the losses of all passes of a refinement, added up with equal weights."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from enhance.exposure_diffusion import Captured, Growth, grown
from enhance.losses.decibels import decibels
from enhance.losses.poisson_divergence import poisson_divergence
from enhance.losses.unclipped_heads import unclipped_heads
from enhance.nets.adaptive_residual import mixed
from enhance.nets.raw_net import RawNet
from isp.core.errors import UsageError
from isp.core.rng import Draws

LOSSES = ("decibels", "l1", "divergence")
AUXILIARY = ("l1", "divergence")  # losses of clipped estimates, which need the heads' own beside


def progressive_loss(
    net: RawNet,
    captured: Captured,
    clean: Float[Tensor, "b 4 h w"],
    exposures: Sequence[float],
    draws: Draws,
    *,
    kind: str = "decibels",
    growth: Growth | None = None,
) -> Float[Tensor, ""]:
    """Mean over the passes of each one's loss; gradients flow through the states.

    clean: X. exposures: lambda of each pass, 1 first; one alone is training of a single pass.
    kind: `divergence` is equation 11, `l1` what was released, both with the loss of the
        unclipped heads; `decibels` the logarithm of the squared error.

    Raises UsageError for another kind.

    Source: Wang et al., ICCV 2023 (ExposureDiffusion), Algorithm 1; equal weights, as printed.
    """
    if kind not in LOSSES:
        raise UsageError(f'the loss is {", ".join(LOSSES)}, not "{kind}"')
    growth = growth or Growth()
    capture = captured.amplified(captured.electrons, 1.0)
    state, total = captured.electrons, clean.new_zeros(())
    for step, exposure in enumerate(exposures):
        amplified = captured.amplified(state, exposure)
        heads = net.heads(
            amplified,
            exposure * captured.white_e,
            captured.dark_variance_e2,
            capture if net.takes_capture else None,
        )
        estimate = mixed(heads, net.clip_max)
        if kind == "decibels":
            total = total + decibels(estimate, clean).mean()
        elif kind == "l1":
            total = total + (estimate - clean).abs().mean()
        else:
            # An electron of the state is what light is told from darkness by.
            floor = (1 / (exposure * captured.white_e)).clamp(min=1e-3)
            total = total + poisson_divergence(estimate, clean, floor).mean()
        if kind in AUXILIARY:
            total = total + unclipped_heads(heads, clean)
        if step + 1 < len(exposures):
            ends = exposure, exposures[step + 1]
            state = grown(captured, state, estimate.float(), ends, draws, step, growth)
    return total / len(exposures)
