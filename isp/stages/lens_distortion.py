"""Lens distortion: each channel resampled to where the lens should have put it."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.stage import Masks, Run, Stage, dilated, spread_masks

METHODS = ("bicubic", "bilinear")
FURTHEST = 1e4  # radii: a source this far out is outside every picture


def warp_rectilinear(
    size: tuple[int, int],
    coefficients: Float[Tensor, "b planes 6"],
    centre: Float[Tensor, "b 2"],
) -> Float[Tensor, "b planes h w 2"]:
    """Where in the distorted picture each corrected pixel comes from: x, y in pixels.

    coefficients: kr0 kr1 kr2 kr3 kt0 kt1 of each plane. With dx, dy from the centre in units of
        the distance to the farthest corner pixel, r^2 = dx^2 + dy^2 (at most 1) and
        f = kr0 + kr1 r^2 + kr2 r^4 + kr3 r^6:
        x = f dx + 2 kt0 dx dy + kt1 (r^2 + 2 dx^2), y = f dy + 2 kt1 dx dy + kt0 (r^2 + 2 dy^2).
    centre: x, y in 0..1 from the first pixel to the last.
    Planes that differ undo lateral chromatic aberration.

    Source: DNG 1.7.1, WarpRectilinear (Brown 1966: radial and decentring distortion).
    """
    x, y, radius = _from_centre(size, centre)
    dx, dy = x[:, None], y[:, None]  # (b, 1, h, w)
    squared = (dx**2 + dy**2).clamp(max=1.0)
    k = coefficients[..., None, None]  # (b, planes, 6, 1, 1)
    # What is added to a pixel's own place, so that where nothing moves the place is exact.
    excess = k[:, :, 0] - 1 + squared * (k[:, :, 1] + squared * (k[:, :, 2] + squared * k[:, :, 3]))
    turn_0, turn_1 = k[:, :, 4], k[:, :, 5]
    move_x = excess * dx + 2 * turn_0 * dx * dy + turn_1 * (squared + 2 * dx**2)
    move_y = excess * dy + 2 * turn_1 * dx * dy + turn_0 * (squared + 2 * dy**2)
    return _moved(move_x, move_y, radius)


def warp_fisheye(
    size: tuple[int, int],
    coefficients: Float[Tensor, "b planes 4"],
    centre: Float[Tensor, "b 2"],
) -> Float[Tensor, "b planes h w 2"]:
    """Where each pixel of a rectilinear picture comes from in a fisheye's; see `warp_rectilinear`.

    With t = atan(r) the source lies at (kr0 t + kr1 t^3 + kr2 t^5 + kr3 t^7) / r times dx, dy.

    Source: DNG 1.7.1, WarpFisheye.
    """
    x, y, radius = _from_centre(size, centre)
    dx, dy = x[:, None], y[:, None]
    r = (dx**2 + dy**2).sqrt()
    angle = torch.atan(r)
    k = coefficients[..., None, None]
    squared = angle**2
    bent = k[:, :, 0] + squared * (k[:, :, 1] + squared * (k[:, :, 2] + squared * k[:, :, 3]))
    # atan(r) / r goes to 1 at the centre.
    factor = bent * torch.where(r > 1e-6, angle / r.clamp(min=1e-6), torch.ones_like(r))
    return _moved((factor - 1) * dx, (factor - 1) * dy, radius)


def resample(
    camera: Float[Tensor, "b c h w"],
    source: Float[Tensor, "b planes h w 2"],
    method: str = "bicubic",
) -> Float[Tensor, "b c h w"]:
    """Pick each channel at its own places; outside the picture its edge goes on.

    source: x, y in pixels; one plane serves every channel.
    method: bicubic (Keys 1981 with a = -0.75, sharp; a slope comes out up to 0.047 pixels beside
        its place) or bilinear (exact in slopes, softer).
    """
    batch, channels, height, width = camera.shape
    per_channel = source.expand(-1, channels, -1, -1, -1).reshape(-1, height, width, 2)
    extent = per_channel.new_tensor([_last(width), _last(height)])
    places = 2 * per_channel / extent - 1
    planes = camera.reshape(batch * channels, 1, height, width)
    picked = F.grid_sample(planes, places, mode=method, padding_mode="border", align_corners=True)
    return picked.reshape(batch, channels, height, width)


def _last(size: int) -> int:
    """Last index of a line, and 1 for a line of a single pixel."""
    return size - 1 if size > 1 else 1


class LensDistortion(Stage):
    """`warp_rectilinear` and `resample` with the coefficients of a lens.

    coefficients: six for all channels, or six each for R, G and B, which undoes lateral chromatic
        aberration with the same resampling; none, the default, leaves the picture as it is.
    centre: the optical centre, x, y in 0..1. method: bicubic or bilinear.

    CAMERA, not LINEAR: the aberration belongs to the camera's own colours, which the matrix mixes.
    A corrected pixel is measured where every pixel it is made of was and its place lies within the
    picture. Where a pixel comes from depends on its place in the whole frame and on the
    coefficients, so no halo is enough for a tile: it is not `tileable`.

    Source: DNG 1.7.1, WarpRectilinear; a file's own warps are run by `opcodes_camera`.
    """

    domain_in = Domain.CAMERA
    domain_out = Domain.CAMERA
    tileable = False

    def __init__(
        self,
        coefficients: tuple[float, ...] = (),
        centre: tuple[float, float] = (0.5, 0.5),
        method: str = "bicubic",
    ) -> None:
        super().__init__()
        if len(coefficients) not in (0, 6, 18) or not all(map(math.isfinite, coefficients)):
            raise UsageError("a lens has 6 finite coefficients, or 18 for R, G and B")
        if not all(0 <= c <= 1 for c in centre):
            raise UsageError(f"the optical centre is x, y in 0..1, not {centre}")
        if method not in METHODS:
            raise UsageError(f'a picture is resampled {" or ".join(METHODS)}, not "{method}"')
        self.coefficients = tuple(float(k) for k in coefficients)
        self.centre = centre
        self.method = method

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        if not self.coefficients:
            return (frame.data,)
        batch = frame.data.shape[0]
        planes = frame.data.new_tensor(self.coefficients).reshape(1, -1, 6).expand(batch, -1, -1)
        return frame.data, planes, frame.data.new_tensor([self.centre]).expand(batch, 2)

    def forward(
        self,
        camera: Float[Tensor, "b 3 h w"],
        coefficients: Float[Tensor, "b planes 6"] | None = None,
        centre: Float[Tensor, "b 2"] | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        if coefficients is None or centre is None:
            return camera * 1.0
        height, width = camera.shape[-2:]
        source = warp_rectilinear((height, width), coefficients, centre)
        return resample(camera, source, self.method)

    def carry_masks(self, frame: Frame) -> Masks:
        if not self.coefficients:
            return super().carry_masks(frame)
        _, coefficients, centre = self.inputs(frame)
        return warped_masks(frame, warp_rectilinear(frame.size, coefficients, centre), self.method)

    def masks_after(self, measured: Tensor, clipped: Tensor, run: Run) -> tuple[Tensor, Tensor]:
        if not self.coefficients:
            return super().masks_after(measured, clipped, run)
        height, width = run.before.shape[-2:]
        source = warp_rectilinear((height, width), *run.given)
        outside, nearest = _reached(source, (height, width), run.before.shape[0])
        lost, cut = (_rests_on(mask, nearest, self.method) for mask in (~measured, clipped))
        return ~lost & ~outside, cut & ~outside

    def settings(self) -> dict[str, Any]:
        return {
            "coefficients": list(self.coefficients),
            "centre": list(self.centre),
            "method": self.method,
        }


def warped_masks(frame: Frame, source: Float[Tensor, "b planes h w 2"], method: str) -> Masks:
    """Masks after `resample`: lost where a pixel under the kernel is, or outside the picture.

    The kernel's square is taken around the nearest pixel, which is a pixel more than it needs on
    one side: which side has no weight hangs on the last digits of the place.
    """
    outside, nearest = _reached(source, frame.size, frame.data.shape[0])

    def spoilt(mask: Tensor) -> Tensor:
        return _rests_on(mask, nearest, method) if bool(mask.any()) else mask

    masks = spread_masks(frame, spoilt)
    return Masks(
        measured=masks.measured & ~outside,
        clipped=masks.clipped & ~outside,
        generated=masks.generated & ~outside,
    )


def _reached(
    source: Float[Tensor, "b planes h w 2"], size: tuple[int, int], batch: int
) -> tuple[Tensor, Tensor]:
    """Where a place is outside the picture; and the pixel next to it, counted along the rows."""
    height, width = size
    slack = 1e-4 + 1e-6 * max(height, width)  # of a pixel: float32 places
    across, down = source[..., 0], source[..., 1]
    outside = (across < -slack) | (across > width - 1 + slack)
    outside = outside | (down < -slack) | (down > height - 1 + slack)
    column, row = across.round().clamp(0, width - 1), down.round().clamp(0, height - 1)
    nearest = (row.long() * width + column.long()).expand(batch, 3, -1, -1).flatten(2)
    return outside.expand(-1, 3, -1, -1), nearest


def _rests_on(mask: Tensor, nearest: Tensor, method: str) -> Tensor:
    near = dilated(mask, 2 if method == "bicubic" else 1).to(torch.uint8).flatten(2)
    return torch.gather(near, 2, nearest).reshape(mask.shape) > 0


def _from_centre(size: tuple[int, int], centre: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Offsets dx, dy (b, h, w) from the centre in radii, and the radius (b,) in pixels."""
    height, width = size
    across = torch.arange(width, device=centre.device, dtype=centre.dtype)
    down = torch.arange(height, device=centre.device, dtype=centre.dtype)
    x, y = centre[:, :1] * (width - 1), centre[:, 1:] * (height - 1)
    farthest_x, farthest_y = torch.maximum(x, width - 1 - x), torch.maximum(y, height - 1 - y)
    radius = (farthest_x**2 + farthest_y**2).sqrt().clamp(min=1e-6)
    dx = ((across - x) / radius)[:, None, :].expand(-1, height, -1)
    dy = ((down - y) / radius)[:, :, None].expand(-1, -1, width)
    return dx, dy, radius[:, 0]


def _moved(x: Tensor, y: Tensor, radius: Tensor) -> Tensor:
    """Each pixel's own place plus a move in radii (b, planes, h, w): (b, planes, h, w, 2)."""
    height, width = x.shape[-2:]
    scale = radius[:, None, None, None]
    across = torch.arange(width, device=x.device, dtype=x.dtype)
    down = torch.arange(height, device=x.device, dtype=x.dtype)[:, None]
    place_x = across + scale * x.clamp(-FURTHEST, FURTHEST)
    return torch.stack([place_x, down + scale * y.clamp(-FURTHEST, FURTHEST)], dim=-1)
