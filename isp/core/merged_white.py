"""Where the photosites of a mosaic saturate: at 1, or further up where a bracket was merged."""

from jaxtyping import Float
from torch import Tensor

from isp.core.frame import Frame

MERGE = "merge"  # the step's name in a history


def saturation_of(frame: Frame) -> Float[Tensor, "b"]:
    """Value at which the photosites of a MOSAIC frame saturate, of each image.

    1 is white of one exposure. A merge notes in the history where the shortest frame of its
    bracket saturates, on the scale of its reference.

    >>> import torch
    >>> from isp.core.domain import Domain
    >>> frame = Frame.start(torch.zeros(1, 1, 2, 2), Domain.MOSAIC)
    >>> saturation_of(frame.advance("merge", {"saturation": [16.0]}))
    tensor([16.])
    """
    level = frame.data.new_ones(len(frame.data))
    for name, parameters in frame.history:
        if name == MERGE and "saturation" in parameters:
            level = frame.data.new_tensor(parameters["saturation"]).expand(len(frame.data))
    return level
