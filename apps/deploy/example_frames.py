"""Frames that a graph is made for, proven and calibrated on: simulated, or cut from a file."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from apps.presets import presets
from apps.scenes import scene
from isp.core.cfa import Cfa
from isp.core.crop import sensor_part
from isp.core.domain import Domain
from isp.core.errors import FrameError, MissingError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

# An interior at this exposure has deep shadows and clipped windows.
EXPOSURE_TIME_S, F_NUMBER = 1 / 25, 2.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Where frames come from.

    profile: of the whole sensor, whose defects lie where it has them. draw: height, width and
    number to a RAW frame.
    """

    profile: SensorProfile
    draw: Callable[[int, int, int], Frame]

    def __call__(self, height: int, width: int, number: int) -> Frame:
        """A frame of a size; another number is another noise or another part."""
        return self.draw(height, width, number)


def simulated_frames(profile: SensorProfile, iso: float) -> Frames:
    """RAW frames of a camera in an interior, another noise for each number.

    Raises ProfileError for an ISO that the camera has no noise at.
    """
    sensor = Sensor(profile)
    shot = Shot.single(exposure_time_s=EXPOSURE_TIME_S, f_number=F_NUMBER, iso=iso)

    def frame(height: int, width: int, number: int) -> Frame:
        light = scene("interior", height=height, width=width)
        return sensor.capture(sensor.expose(light, shot), seed=number)

    return Frames(profile=profile, draw=frame)


def frames_of_file(path: Path, camera: str | None = None) -> Frames:
    """Windows of a raw file, from another place for each number, pattern and shot as it has them.

    Raises FileError for a file that cannot be read or is smaller than a window.
    """
    from isp.files.profile import load_profile
    from isp.files.raw import read_raw

    whole = read_raw(path, profile=load_profile(camera) if camera else None)
    rows, columns = whole.need_profile().cfa.period if whole.domain < Domain.CAMERA else (1, 1)

    def frame(height: int, width: int, number: int) -> Frame:
        spare = whole.size[0] - height, whole.size[1] - width
        if min(spare) < 0:
            raise FrameError(
                f"{path}: a window of {width} x {height} is wanted, but it has "
                f"{whole.size[1]} x {whole.size[0]}"
            )
        # A third and a half of the way on for each number: nowhere twice for long.
        top = (spare[0] * (2 * number + 1) // 7) % (spare[0] + 1) // rows * rows
        left = (spare[1] * (3 * number + 1) // 7) % (spare[1] + 1) // columns * columns
        return sensor_part(whole, top, left, height, width)

    return Frames(profile=whole.need_profile(), draw=frame)


def led_in(frame: Frame, domain: Domain) -> Frame:
    """A raw frame brought to a domain by the plain stages, for stages that begin there.

    Raises MissingError for a domain that no stage leads to.
    """
    cfa: Cfa = frame.need_profile().cfa
    for _, stage in presets("srgb", cfa).stages:
        if frame.domain is domain:
            break
        frame = stage.develop(frame)
    if frame.domain is not domain:
        raise MissingError(f"no frame in {domain.name} can be made here to prove a graph on")
    return replace(frame, history=())
