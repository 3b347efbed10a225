"""How the light that one frame shows goes with the light that is known, where nothing moved."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

BINS = 32  # of as many samples each, from the darkest on
LEAST_SAMPLES = 400  # in a bin, so that its median strays by a sixteenth of their spread
MOST_OFF = 4.0  # times the light: what a response is taken to be wrong by at most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relation:
    """A curve through (known light, light shown over it), both as natural logarithms."""

    known: Float[Tensor, "n"]
    ratio: Float[Tensor, "n"]

    def usual(self, light: Tensor) -> Tensor:
        """What the frame usually shows at known light; light at or below 0 stays.

        Straight lines between the knots, level beyond the first and the last.
        """
        if not len(self.known):
            return light
        place = light.clamp(min=1e-30).double().log()
        after = torch.bucketize(place, self.known).clamp(max=len(self.known) - 1)
        before = (after - 1).clamp(min=0)
        width = (self.known[after] - self.known[before]).clamp(min=1e-12)
        share = ((place - self.known[before]) / width).clamp(0, 1)
        off = torch.lerp(self.ratio[before], self.ratio[after], share).exp().to(light)
        return torch.where(light > 0, light * off, light)


def relation(
    known: Float[Tensor, "1 c h w"],
    shown: Float[Tensor, "1 c h w"],
    where: Bool[Tensor, "1 1 h w"],
) -> Relation:
    """What a frame usually shows where so much light is known: the median of its ratio, by light.

    known, shown: light on one scale; samples at or below 0 say nothing. where: samples that count.

    A response that is not the camera's bends the light of two exposures apart, each level by its
    own factor and everywhere in the picture alike; what moved departs only where it moved. Medians
    of bins of equal numbers, along the light, follow the first, and the second only where over
    half of a level moved. A factor beyond MOST_OFF is cut to it: that is another scene. With too
    few samples for a bin there is no curve, and light is taken as it is.

    Source: Grossberg and Nayar 2003, IEEE PAMI 25(11) (the intensity mapping function: two
    exposures' codes go together by one curve, whatever the scene), here by medians.
    """
    lit = where & (known > 0) & (shown > 0)
    light = known[lit].double().log()
    bins = min(BINS, light.numel() // LEAST_SAMPLES)
    if bins < 1:
        return Relation(known=light[:0], ratio=light[:0])
    ratio = shown[lit].double().log() - light
    parts = light.argsort().tensor_split(bins)
    most = math.log(MOST_OFF)
    return Relation(
        known=torch.stack([light[part].mean() for part in parts]),
        ratio=torch.stack([ratio[part].median() for part in parts]).clamp(-most, most),
    )
