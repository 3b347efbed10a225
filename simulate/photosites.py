"""The mean electrons of each photosite: light after optics, fixed gain, and heat."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.large_arrays import room_for
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.crosstalk import electrical_crosstalk, optical_crosstalk
from simulate.effects.dark_signal import dark_rate, warmth
from simulate.effects.full_well import bend
from simulate.effects.prnu import prnu
from simulate.fixed_pattern import FixedPattern
from simulate.shading import shade

ENDLESS_E = 1e30


def arriving(
    expected: Frame,
    profile: SensorProfile,
    origin: tuple[int, int],
    sensor_size: tuple[int, int] | None,
) -> Float[Tensor, "b 1 h w"]:
    """Photo-electrons after shading and optical crosstalk, float64.

    sensor_size: height and width of the whole sensor, about whose middle shading is centred;
        None takes the frame for the whole sensor.

    Raises FrameError for a tile of a sensor with shading whose size is not known.
    """
    light = expected.data.double()
    if profile.shading:
        if sensor_size is None and origin != (0, 0):
            raise FrameError(
                f'shading of "{profile.name}" is centred on the whole sensor, and a tile at '
                f"{origin} does not tell its size; make the Sensor with size=(height, width)"
            )
        light = shade(light, profile.shading, profile.cfa, sensor_size or expected.size, origin)
    return optical_crosstalk(light, profile.optical_crosstalk, profile.cfa, origin)


def mean_electrons(
    light: Float[Tensor, "b 1 h w"], shot: Shot, profile: SensorProfile, pattern: FixedPattern
) -> Float[Tensor, "b 1 h w"]:
    """Photo-electrons times the photosite's gain, and its dark signal: float32, rounded once.

    Devices agree in every draw only if they agree in the rate (MECHANICS section 4).
    """
    # Endless light on a dead photosite is no light, not nan.
    rate = light if pattern.gain is None else prnu(light.clamp(max=ENDLESS_E), pattern.gain)
    if pattern.dark_e_per_s is not None:
        time = shot.need("exposure_time_s").double() * warmth(profile)
        rate = rate + pattern.dark_e_per_s.double() * time.reshape(-1, 1, 1, 1)
    else:
        rate = rate + mean_dark(shot, profile)
    return rate.float()


def mean_dark(shot: Shot, profile: SensorProfile) -> Float[Tensor, "..."]:
    """Dark signal of an average photosite, e-: (b, 1, 1, 1), or 0 without dark current."""
    if profile.dark_current_e_per_s == 0:
        return torch.zeros((), dtype=torch.float64)
    return dark_rate(profile, shot.need("exposure_time_s")).reshape(-1, 1, 1, 1)


def mean_held(
    expected: Frame,
    profile: SensorProfile,
    well_e: float,
    origin: tuple[int, int],
    sensor_size: tuple[int, int] | None,
) -> Float[Tensor, "b 1 h w"]:
    """Mean electrons that wells of well_e hold, float32: a capture without its draws.

    Shading, crosstalk, mean dark signal and full well; no fixed pattern. sensor_size: see
    `arriving`.
    """
    light = profile.shading or profile.optical_crosstalk or profile.electrical_crosstalk
    if not light and profile.dark_current_e_per_s == 0 and profile.full_well_knee >= 1:
        # One pass: pairs for training live on it.
        return torch.clamp(expected.data, max=well_e, out=room_for(expected.data))
    mean = arriving(expected, profile, origin, sensor_size)
    mean = mean + mean_dark(expected.shot, profile).to(mean.device)
    well = torch.tensor(well_e, dtype=mean.dtype, device=mean.device)
    held = bend(mean, well, profile.full_well_knee)
    return electrical_crosstalk(held, profile.electrical_crosstalk, profile.cfa, origin).float()
