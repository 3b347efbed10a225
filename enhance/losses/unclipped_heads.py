"""Loss of the heads before they are clipped, so that one that left 0..1 finds its way back."""

from jaxtyping import Float
from torch import Tensor

from enhance.nets.adaptive_residual import Heads


def unclipped_heads(heads: Heads, clean: Float[Tensor, "b s h w"]) -> Float[Tensor, ""]:
    """Mean of |direct - X| M + |corrected - X| (1 - M).

    clean: X, 1.0 = white of the reference.

    Source: the auxiliary loss of ExposureDiffusion's release (METHODS: `--auxloss`), with what is
    unclipped in both terms.
    """
    direct = (heads.direct - clean).abs() * heads.share
    corrected = (heads.corrected - clean).abs() * (1 - heads.share)
    mean: Tensor = (direct + corrected).mean()
    return mean
