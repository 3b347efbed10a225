"""How many defects several frames list, where one frame's texture hides them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from apps.defect_listing import departed
from apps.defect_scores_page import BINS, Score
from calibration.defect_list import LastingDefects
from isp.core.frame import Frame
from isp.core.mosaic_noise import deviation, mosaic_noise
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.stages.black_level import BlackLevel
from simulate.sensor import Sensor

# Where in the light each frame begins, as a camera that is held aims each time a little elsewhere:
# rows and columns, odd and even, so that each photosite sees other detail, of other colours.
SHIFTS = (
    (94, 113), (71, 67), (12, 120), (33, 100), (32, 74), (45, 111), (29, 44), (92, 79),
    (3, 5), (58, 142), (81, 24), (19, 61), (64, 90), (90, 2), (7, 131), (50, 36),
)  # fmt: skip
COUNTS = (4, 8, 16)
MARGIN = (96, 144)  # of the light, that the shifts take


def series_scores(
    profile: SensorProfile, name: str, light: Frame, iso: float, time_s: float
) -> Iterator[Score]:
    """What 4, 8 and 16 shifted frames of one camera list of its defects, by their median amplitude.

    profile: with hot and dead photosites; the truth is what a camera without them gives.
    """
    broken = Sensor(profile)
    whole = Sensor(replace(profile, hot_pixel_fraction=0.0, dead_pixel_fraction=0.0))
    shot = Shot.single(exposure_time_s=time_s, f_number=4.0, iso=iso)
    noise = mosaic_noise(profile, shot.need("iso"), with_pattern=True, tail_sigmas=5.0)
    sums, amplitudes, found = LastingDefects(), [], {}
    for number, shifted in enumerate(shifted_lights(light), start=1):
        bad, good = (
            BlackLevel(profile.cfa).develop(s.capture(s.expose(shifted, shot), 40 + number))
            for s in (broken, whole)
        )
        amplitudes.append((bad.data - good.data).abs() / deviation(good.data, noise))
        sums.add(departed(bad.data, bad.measured | bad.clipped, noise, profile.cfa))
        if number in COUNTS:
            found[number] = sums.found()
    amplitude = torch.cat(amplitudes).median(dim=0, keepdim=True).values
    defects = torch.cat(amplitudes).amax(dim=0, keepdim=True) > 0
    for count in COUNTS:
        yield _score(f"{name}, {count} frames", found[count], defects, amplitude)


def shifted_lights(light: Frame) -> Iterator[Frame]:
    """Sixteen parts of a light, each as much smaller as the shifts take."""
    height, width = (side - take for side, take in zip(light.size, MARGIN, strict=True))
    for top, left in SHIFTS:
        part = light.data[..., top : top + height, left : left + width]
        yield Frame.start(part.contiguous(), light.domain, colour=light.colour)


def _score(name: str, found: Tensor, defects: Tensor, amplitude: Tensor) -> Score:
    bins: Sequence[tuple[int, int]] = [
        (int((found & inside).sum()), int(inside.sum()))
        for inside in (defects & (amplitude >= low) & (amplitude < high) for low, high in BINS)
    ]
    return Score(
        name=name, photosites=found.numel(), found_of=tuple(bins),
        false_positives=int((found & ~defects).sum()),
    )  # fmt: skip
