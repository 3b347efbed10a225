"""Frames to time with: several that differ, as a camera gives them."""

from dataclasses import replace
from typing import Any

import torch

from apps.scenes import scene
from isp.core.crop import sensor_part
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

ROTATED = 8  # CONVENTIONS, section 3: caches and branches see through one frame
FILLED = 0.1  # median of the frame as a share of white; the lamps clip
STEP = 12  # photosites: a whole number of the periods of Bayer, Quad-Bayer and X-Trans
MASKS = ("measured", "clipped", "generated")


def simulated_frames(
    profile: SensorProfile, size: tuple[int, int], iso: float | None = None, count: int = ROTATED
) -> list[Frame]:
    """Photographs of a room by a camera, each with its own noise and its own few pixels of motion.

    iso: the camera's lowest reading without it. The exposure time is the one whose median is
    a tenth of white.

    Raises UsageError where a frame is smaller than one cell, ProfileError for an ISO.
    """
    height, width = size
    if min(size) < STEP:
        raise UsageError(f"a frame to be timed has {STEP} photosites a side, not {height}x{width}")
    iso = float(min(reading.iso for reading in profile.readings) if iso is None else iso)
    sensor = Sensor(profile, size)
    light = scene("interior", height, width)
    expected = sensor.expose(light, Shot.single(iso=iso, exposure_time_s=1.0, f_number=2.8))
    white_dn = float(profile.white_level_dn - profile.black_sites.mean())
    gain = float(profile.at_iso(torch.tensor([iso])).system_gain_dn_per_e.mean())
    time_s = FILLED * white_dn / gain / float(expected.data.median())
    shot = replace(expected.shot, exposure_time_s=torch.tensor([time_s]))
    return [
        sensor.capture(
            replace(expected, data=_moved(expected.data * time_s, number), shot=shot), seed=number
        )
        for number in range(count)
    ]


def moved_frames(frame: Frame, size: tuple[int, int] | None, count: int = ROTATED) -> list[Frame]:
    """A frame of a file as several, each moved round by a few pixels.

    size: cut out of the frame's middle, None for all of it.

    Raises UsageError where the frame is smaller.
    """
    if size is not None:
        height, width = size
        down, right = ((has - wants) // 2 for has, wants in zip(frame.size, size, strict=True))
        if min(down, right) < 0:
            whole = "x".join(str(side) for side in frame.size)
            raise UsageError(f"the file has {whole} pixels, fewer than the {height}x{width} asked")
        frame = sensor_part(frame, down - down % STEP, right - right % STEP, height, width)
    return [_moved_round(frame, number) for number in range(count)]


def _moved_round(frame: Frame, number: int) -> Frame:
    parts: dict[str, Any] = {n: _moved(getattr(frame, n), number) for n in ("data", *MASKS)}
    return replace(frame, **parts)


def _moved(picture: torch.Tensor, number: int) -> torch.Tensor:
    return torch.roll(picture, (STEP * number, -STEP * number), dims=(-2, -1)).contiguous()
