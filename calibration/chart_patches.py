"""What the patches of a chart hold in a picture: means, their noise, and which are refused."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.chart import Chart
from calibration.colour_checker import NAMES, Values
from isp.core.errors import CalibrationError
from isp.core.frame import Frame

LEAST_MEASURED = 0.98  # of a patch's pixels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatchReadings:
    """The patches in reading order.

    means: (24, 3), of the measured pixels. errors: (24, 3), standard deviation of each mean by
    the scatter of its pixels, counted as independent: true of photosites, not after a demosaic.
    measured: (24,), whether 98 % of the patch's pixels are measured.
    """

    means: Values
    errors: Values
    measured: NDArray[np.bool_]

    @property
    def refused(self) -> tuple[str, ...]:
        """Names of the patches that are clipped, or otherwise not measured."""
        return tuple(name for name, good in zip(NAMES, self.measured, strict=True) if not good)


def read_patches(frame: Frame, chart: Chart) -> PatchReadings:
    """Average each patch of a chart per channel.

    frame: one image of light in three channels, or of a mosaic, whose photosites are averaged by
        colour. Only measured pixels are averaged.

    Raises CalibrationError where the chart does not fit.
    """
    windows = chart.windows(frame.size)
    data = frame.data[0].double().cpu().numpy()
    measured = frame.measured[0].all(dim=0).cpu().numpy()
    height, width = frame.size
    if data.shape[0] == 1:
        sites = frame.need_profile().cfa.colour_map(height, width).cpu().numpy()
        counts = [measured & (sites == channel) for channel in range(3)]
        data = np.broadcast_to(data, (3, height, width))
    else:
        counts = [measured] * 3
    means, errors = np.zeros((len(windows), 3)), np.zeros((len(windows), 3))
    shares = np.zeros(len(windows))
    for index, (left, top, right, bottom) in enumerate(windows):
        window = (slice(top, bottom), slice(left, right))
        shares[index] = measured[window].mean()
        for channel in range(3):
            chosen = data[channel][window][counts[channel][window]]
            if chosen.size:
                means[index, channel] = chosen.mean()
            if chosen.size > 1:
                errors[index, channel] = chosen.std(ddof=1) / chosen.size**0.5
    return PatchReadings(means=means, errors=errors, measured=shares >= LEAST_MEASURED)


def need_patches(readings: PatchReadings, least: int = 18) -> None:
    """Check that enough patches are measured, a middle grey among them.

    Raises CalibrationError naming the patches that are not.
    """
    good = int(readings.measured.sum())
    if good < least or not readings.measured[19:22].any():
        raise CalibrationError(
            f"{good} of 24 patches are measured, and {least} with a middle grey are needed; "
            f"clipped or spoilt: {', '.join(readings.refused)}; shoot the chart again, darker"
        )
