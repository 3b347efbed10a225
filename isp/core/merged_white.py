"""Where the photosites of a mosaic saturate: at 1, or further up, merged or made brighter."""

from jaxtyping import Float
from torch import Tensor

from isp.core.frame import Frame

MERGE = "merge"  # the step's name in a history
BRIGHTENED = "brightened"  # what a stage notes that makes a mosaic so many times as bright


def saturation_of(frame: Frame) -> Float[Tensor, "b"]:
    """Value at which the photosites of a MOSAIC frame saturate, of each image.

    1 is white of one exposure. A merge notes in the history where the shortest frame of its
    bracket saturates, on the scale of its reference; a stage that makes the light of a longer
    exposure, by what it multiplied.

    >>> import torch
    >>> from isp.core.domain import Domain
    >>> frame = Frame.start(torch.zeros(1, 1, 2, 2), Domain.MOSAIC)
    >>> saturation_of(frame.advance("merge", {"saturation": [16.0]}))
    tensor([16.])
    >>> saturation_of(frame.advance("exposure_diffusion", {"brightened": [4.0]}))
    tensor([4.])
    """
    level = frame.data.new_ones(len(frame.data))
    for name, parameters in frame.history:
        if name == MERGE and "saturation" in parameters:
            level = frame.data.new_tensor(parameters["saturation"]).expand(len(frame.data))
        if BRIGHTENED in parameters:
            level = level * frame.data.new_tensor(parameters[BRIGHTENED])
    return level
