"""Rolling shutter: each row is exposed later than the row above it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame

FINEST_STEP = 0.25  # scene pixels that motion may take between two samples of an exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """Light that swings about its mean: 1 + depth cos(2 pi frequency t + phase).

    frequency_hz: twice that of the mains. depth: 1 falls to no light at all.
    phase_rad: of the swing when row 0 begins its exposure.
    """

    frequency_hz: float = 100.0
    depth: float = 1.0
    phase_rad: float = 0.0

    def __post_init__(self) -> None:
        """Check frequency and depth."""
        if not (math.isfinite(self.frequency_hz) and self.frequency_hz > 0):
            raise UsageError(f"light flickers at a positive frequency, not {self.frequency_hz} Hz")
        if not 0 <= self.depth <= 1 or not math.isfinite(self.phase_rad):
            raise UsageError(f"a flicker's depth is in 0..1, but {self.depth} came")


def row_start_times(height: int, row_time_s: float, first_row: int = 0) -> Float[Tensor, "h"]:
    """Seconds from the beginning of row 0's exposure to that of each row.

    first_row: row of the sensor that is the first here, for tiles.

    Raises UsageError for a negative row time.

    >>> row_start_times(3, 0.5, first_row=2).tolist()
    [1.0, 1.5, 2.0]
    """
    if not (math.isfinite(row_time_s) and row_time_s >= 0):
        raise UsageError(f"a row time is 0 or more seconds, but {row_time_s} came")
    return (first_row + torch.arange(height, dtype=torch.float64)) * row_time_s


def under_flicker(
    light: Float[Tensor, "b c h w"],
    start_s: Float[Tensor, "h"],
    exposure_time_s: Float[Tensor, "b"],
    flicker: Flicker,
) -> Float[Tensor, "b c h w"]:
    """Light, or expected electrons, of rows that were exposed under a flickering lamp.

    Each row is multiplied by the mean of the lamp over its own exposure T, which begins at t:
    1 + depth sinc(f T) cos(2 pi f (t + T / 2) + phase). So bands repeat every 1 / (f row_time)
    rows, and vanish where T is a whole number of periods.
    """
    turns = flicker.frequency_hz * exposure_time_s.double().reshape(-1, 1)  # (b, 1)
    middle = flicker.frequency_hz * start_s.to(turns) + turns / 2  # (b, h)
    swing = torch.cos(2 * math.pi * middle + flicker.phase_rad)
    mean = 1 + flicker.depth * torch.sinc(turns) * swing
    return (light.double() * mean.reshape(len(turns), 1, -1, 1)).to(light.dtype)


def roll(
    at: Callable[[float], Frame], row_time_s: float, exposure_time_s: float, samples: int = 1
) -> Frame:
    """Expose a moving scene row by row; each row averages the scene over its own exposure.

    at: the scene as it is t seconds after row 0 began; called `samples` times for every row.
    samples: moments per exposure, at the middles of its equal parts.

    A photosite is measured where it is at all moments, clipped or generated where it is at one.

    Raises UsageError for a negative time or no samples, FrameError where the size changes.
    """
    _check_exposure(exposure_time_s)
    if samples < 1:
        raise UsageError(f"an exposure takes at least 1 sample, but {samples} came")
    first = at(0.0)
    shape = first.data.shape
    rows: dict[str, list[Tensor]] = {n: [] for n in ("data", "measured", "clipped", "generated")}
    for row, start in enumerate(row_start_times(shape[-2], row_time_s).tolist()):
        moments = [at(start + (k + 0.5) / samples * exposure_time_s) for k in range(samples)]
        if any(moment.data.shape != shape for moment in moments):
            raise FrameError(f"a moving scene keeps its size {tuple(shape)}, but it changed")
        here = (..., slice(row, row + 1), slice(None))
        rows["data"].append(torch.stack([m.data[here].double() for m in moments]).mean(0))
        rows["measured"].append(torch.stack([m.measured[here] for m in moments]).all(0))
        for name in ("clipped", "generated"):
            rows[name].append(torch.stack([getattr(m, name)[here] for m in moments]).any(0))
    changes: dict[str, Any] = {name: torch.cat(parts, dim=-2) for name, parts in rows.items()}
    changes["data"] = changes["data"].to(first.data.dtype)
    step = {"row_time_s": row_time_s, "exposure_time_s": exposure_time_s, "samples": samples}
    return replace(first, history=(*first.history, ("rolling_shutter", step)), **changes)


def pan(
    scene: Frame,
    velocity_px_s: tuple[float, float],
    row_time_s: float,
    exposure_time_s: float,
) -> Frame:
    """Expose a scene that moves as a whole, at a constant speed: skew, and blur by motion.

    At time t, which is 0 when row 0 begins, the scene has moved by velocity * t down and right.
    Photosites between scene pixels see each by its share of the area; at the edges the outermost
    pixels go on. The exposure is sampled at least every quarter of a pixel of motion.

    scene: at photosite sampling; see `simulate.camera_view.view`.
    velocity_px_s: scene pixels per second, down and right.

    Raises UsageError for a time or a speed that cannot be.
    """
    _check_exposure(exposure_time_s)
    if not all(math.isfinite(v) for v in velocity_px_s):
        raise UsageError(f"a speed is finite, but {velocity_px_s} px/s came")
    starts = row_start_times(scene.size[0], row_time_s).to(scene.data.device)
    path = max(abs(v) for v in velocity_px_s) * exposure_time_s
    samples = max(1, math.ceil(path / FINEST_STEP))
    masks = ~scene.measured, scene.clipped, scene.generated
    planes = torch.cat([scene.data.double(), *(mask.double() for mask in masks)], dim=1)
    total = torch.zeros_like(planes)
    for k in range(samples):
        times = starts + (k + 0.5) / samples * exposure_time_s
        total += _displaced(planes, times * velocity_px_s[0], times * velocity_px_s[1])
    channels = scene.data.shape[1]
    light = (total[:, :channels] / samples).to(scene.data.dtype)
    touched = total[:, channels:] > 0
    unmeasured, clipped, generated = touched.split(scene.measured.shape[1], dim=1)
    step = {
        "velocity_px_s": list(velocity_px_s), "row_time_s": row_time_s,
        "exposure_time_s": exposure_time_s, "samples": samples,
    }  # fmt: skip
    return scene.advance(
        "rolling_shutter", step, data=light, measured=~unmeasured, clipped=clipped,
        generated=generated,
    )  # fmt: skip


def _displaced(planes: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Every row of a picture that has moved by (down, right), each row by its own."""
    height, width = planes.shape[-2:]
    rows = torch.arange(height, dtype=torch.float64, device=planes.device) - down
    columns = torch.arange(width, dtype=torch.float64, device=planes.device) - right.unsqueeze(1)
    top, left = rows.floor(), columns.floor()  # (h), (h, w)
    total = torch.zeros_like(planes)
    for below in (0, 1):
        vertical = (rows - top) if below else 1 - (rows - top)
        row = (top.long() + below).clamp(0, height - 1).unsqueeze(1)
        for beside in (0, 1):
            share = (columns - left) if beside else 1 - (columns - left)
            column = (left.long() + beside).clamp(0, width - 1)
            total += planes[..., row, column] * (share * vertical.unsqueeze(1))
    return total


def _check_exposure(exposure_time_s: float) -> None:
    if not (math.isfinite(exposure_time_s) and exposure_time_s >= 0):
        raise UsageError(f"an exposure takes 0 or more seconds, but {exposure_time_s} came")
