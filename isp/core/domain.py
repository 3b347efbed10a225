"""What one number of a frame means, in the order in which light becomes a file."""

from enum import IntEnum


class Domain(IntEnum):
    """Ordered: a stage stays in its domain or goes to a later one, never back.

    >>> Domain.RAW < Domain.MOSAIC
    True
    >>> Domain.MOSAIC.channels
    1
    """

    SCENE = 0  # scene light per channel, linear, in Frame.colour
    EXPECTED = 1  # mean photo-electrons per photosite for the exposure (EMVA's mu_e)
    ELECTRONS = 2  # collected e-, after shot noise, dark signal, full well
    RAW = 3  # DN as the file stores them, black level included
    MOSAIC = 4  # linear, black at 0, white at 1; negatives kept, above 1 allowed
    CAMERA = 5  # linear camera RGB, white-balanced
    LINEAR = 6  # linear scene-referred RGB in Frame.colour, unbounded
    SDR = 7  # display-encoded 0..1
    HDR = 8  # linear light rebuilt beyond the sensor's range

    @property
    def channels(self) -> int | None:
        """Planes of a frame in this domain; None where any number is allowed (SCENE)."""
        if self is Domain.SCENE:
            return None
        return 1 if self <= Domain.MOSAIC else 3
