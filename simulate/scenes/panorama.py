"""Perspective views cut from equirectangular panoramas, without losing the light of a small sun.

A panorama is a whole sphere of radiance, twice as wide as high: longitude runs evenly from -180
degrees at the left border to 180 at the right one, latitude from 90 at the upper border to -90.
"""

import math
from typing import Final, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, UsageError
from isp.core.frame import Frame
from isp.core.rng import Draws, Effect, uniform

STREAM: Final = "scene:panorama"  # in the key, so that no other scene draws the same words
SAMPLES_PER_PIXEL: Final = 16  # of the panorama, where the view is finest
STRIP: Final = 1 << 18  # samples at a time
MAX_PITCH_DEG: Final = 30.0  # of random directions; assumed


class Direction(NamedTuple):
    """Where a view looks, degrees: yaw to the right, pitch upwards."""

    yaw_deg: float
    pitch_deg: float


# Six square views of 90 degrees that cover the sphere once.
CUBE: Final = (
    Direction(0, 0), Direction(90, 0), Direction(180, 0), Direction(-90, 0), Direction(0, 90),
    Direction(0, -90),
)  # fmt: skip


def perspective_view(
    panorama: Float[Tensor, "b c h w"],
    yaw_deg: float,
    pitch_deg: float,
    roll_deg: float,
    fov_deg: float,
    size: tuple[int, int],
) -> Float[Tensor, "b c H W"]:
    """What an ideal pinhole camera at the panorama's centre sees.

    panorama: linear light, w = 2 h. Between its pixels light is interpolated linearly, across the
        seam and over the poles.
    yaw_deg: to the right from the panorama's middle column. pitch_deg: upwards from the horizon.
    roll_deg: of the camera, clockwise as seen from behind it.
    fov_deg: across the width of the view, 0..180 exclusive; pixels are square.
    size: height and width of the view.

    A pixel is the mean radiance over its solid angle: the sum of pixels times `solid_angles` is
    the light that came through the view, however small its source.

    Raises UsageError for a panorama that is not 2:1, a view without pixels, or angles that are
    not finite or out of range.
    """
    _check(panorama, (yaw_deg, pitch_deg, roll_deg), fov_deg, size)
    height, width = size
    focal = width / 2 / math.tan(math.radians(fov_deg) / 2)
    finest = panorama.shape[-1] / (2 * math.pi * focal)  # panorama pixels per pixel, at most
    light = _even_near_poles(_coarser(panorama, finest))
    padded = _padded(light)
    offsets = torch.from_numpy(_lattice(finest / (panorama.shape[-1] / light.shape[-1])))
    offsets = offsets.to(panorama.device)
    turn = torch.from_numpy(_rotation(yaw_deg, pitch_deg, roll_deg)).to(panorama.device)
    view = panorama.new_empty(*panorama.shape[:2], height, width)
    rows = max(1, STRIP // (width * len(offsets)))
    across = torch.arange(width, dtype=torch.float64, device=panorama.device) - width / 2
    for top in range(0, height, rows):
        down = torch.arange(top, min(top + rows, height), dtype=torch.float64) - height / 2
        down = down.to(panorama.device)
        x = (across[None, :, None] + offsets[:, 0]).expand(len(down), -1, -1)
        y = (down[:, None, None] + offsets[:, 1]).expand(-1, width, -1)
        ray = torch.stack([x / focal, y / focal, torch.ones_like(x)], -1)
        length = ray.norm(dim=-1)
        weight = length**-3  # solid angle of an area of the picture plane
        seen = _sampled(padded, ray / length[..., None] @ turn.T)  # (b, c, rows, w, samples)
        weight = (weight / weight.sum(-1, keepdim=True)).to(panorama.dtype)
        view[:, :, top : top + rows] = (seen * weight).sum(-1)
    return view


def panorama_view(
    frame: Frame, yaw: float, pitch: float, fov: float, size: tuple[int, int], roll: float = 0.0
) -> Frame:
    """`perspective_view` of a SCENE frame that holds a panorama; angles in degrees.

    A pixel counts as measured when all the panorama's pixels around it were, as clipped or
    generated when one was.

    Raises DomainError for another domain, UsageError as `perspective_view` does.
    """
    if frame.domain is not Domain.SCENE:
        raise DomainError(f"a panorama is SCENE light, but the frame is {frame.domain.name}")

    def touched(mask: Bool[Tensor, "b 1 h w"]) -> Bool[Tensor, "b 1 H W"]:
        if not bool(mask.any()):
            return mask.new_zeros(mask.shape[0], 1, *size)
        return perspective_view(mask.float(), yaw, pitch, roll, fov, size) > 0

    parameters = {
        "yaw_deg": yaw, "pitch_deg": pitch, "roll_deg": roll, "fov_deg": fov,
        "height": size[0], "width": size[1],
    }  # fmt: skip
    return frame.advance(
        "panorama_view",
        parameters,
        data=perspective_view(frame.data, yaw, pitch, roll, fov, size),
        measured=~touched(~frame.measured),
        clipped=touched(frame.clipped),
        generated=touched(frame.generated),
    )


def random_directions(
    n: int, seed: int, max_pitch_deg: float = MAX_PITCH_DEG
) -> tuple[Direction, ...]:
    """Directions drawn evenly over the sphere's band of |pitch| <= max_pitch_deg.

    n: how many; the first k of a longer list are the list of k. Yaw is within -180..180.

    LEDiff cuts its training pictures "from random camera viewpoints" (section 4) and does not say
    from which distribution; even over a band around the horizon is ours.

    Raises UsageError for a negative number or a pitch outside 0..90, DrawError for the seed.

    >>> random_directions(3, 7)[:2] == random_directions(2, 7)
    True
    """
    if n < 0:
        raise UsageError(f"a number of directions is at least 0, got {n}")
    if not 0 <= max_pitch_deg <= 90:
        raise UsageError(f"max_pitch_deg is within 0 .. 90, got {max_pitch_deg}")
    draws = Draws(seed=seed, effect=Effect.SCENE, sensor=STREAM)
    shares = uniform(draws.words(n, 2))[0, 0].tolist() if n else []
    highest = math.sin(math.radians(max_pitch_deg))
    return tuple(
        Direction(360 * a - 180, math.degrees(math.asin(highest * (2 * b - 1)))) for a, b in shares
    )


def solid_angles(fov_deg: float, size: tuple[int, int]) -> Float[Tensor, "H W"]:
    """Solid angle of each pixel of a `perspective_view`, sr.

    Source: of the rectangle from the axis to (x, y) at distance 1: atan(x y / sqrt(1 + x^2 + y^2)).
    """
    height, width = size
    focal = width / 2 / math.tan(math.radians(fov_deg) / 2)
    x = (torch.arange(width + 1, dtype=torch.float64) - width / 2) / focal
    y = (torch.arange(height + 1, dtype=torch.float64)[:, None] - height / 2) / focal
    corner = torch.atan(x * y / torch.sqrt(1 + x * x + y * y))
    return corner[1:, 1:] - corner[1:, :-1] - corner[:-1, 1:] + corner[:-1, :-1]


def _check(
    panorama: Tensor, angles: tuple[float, ...], fov_deg: float, size: tuple[int, int]
) -> None:
    height, width = panorama.shape[-2:]
    if width != 2 * height:
        raise UsageError(
            f"a panorama of the whole sphere is twice as wide as high, but {height} x {width} came"
        )
    if min(size) < 1:
        raise UsageError(f"a view is at least 1 x 1 pixel, got {size[0]} x {size[1]}")
    if not all(math.isfinite(angle) for angle in angles):
        raise UsageError(f"yaw, pitch and roll are finite degrees, got {angles}")
    if not 0 < fov_deg < 180:
        raise UsageError(f"a view is more than 0 and less than 180 degrees wide, got {fov_deg:g}")


def _rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Camera axes (right, down, forward) to the panorama's: yaw after pitch after roll."""
    yaw, pitch, roll = np.deg2rad([yaw_deg, pitch_deg, roll_deg])
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    about_down = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_right = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_forward = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_down @ about_right @ about_forward)


def _coarser(panorama: Tensor, finest: float) -> Tensor:
    """Average the panorama over blocks where a pixel of the view spans four of its pixels or more.

    A block's light is kept: its rows are weighted by their solid angles.
    """
    height = panorama.shape[-2]
    factor = next((k for k in range(int(finest // 2), 1, -1) if height % k == 0), 1)
    if factor == 1:
        return panorama
    edges = torch.linspace(math.pi / 2, -math.pi / 2, height + 1, dtype=torch.float64)
    bands = (edges[:-1].sin() - edges[1:].sin()).reshape(-1, factor)
    weight = (bands / bands.sum(1, keepdim=True)).to(panorama).reshape(-1, factor, 1, 1)
    blocks = panorama.unflatten(-2, (-1, factor)).unflatten(-1, (-1, factor))
    coarse: Tensor = (blocks * weight).sum(-3).mean(-1)
    return coarse


def _even_near_poles(panorama: Tensor) -> Tensor:
    """Average each row along longitude over as much of it as a pixel is high on the sphere.

    Near a pole many pixels share little of the sphere, and samples would fall between them. The
    mean over a box keeps each row's light.
    """
    height, width = panorama.shape[-2:]
    latitude = (0.5 - (torch.arange(height, dtype=torch.float64) + 0.5) / height) * math.pi
    light = panorama.clone()
    for row, narrow in enumerate(latitude.cos().tolist()):
        span = min(1 / narrow, width)
        if span <= 1:
            continue
        line = panorama[..., row, :].double()
        summed = torch.cat([line, line, line], -1).cumsum(-1)
        summed = torch.nn.functional.pad(summed, (1, 0))
        middle = torch.arange(width, dtype=torch.float64, device=line.device) + width + 0.5
        ends = []
        for at in (middle - span / 2, middle + span / 2):
            left = at.floor().long()
            part = at - left
            ends.append(summed[..., left] * (1 - part) + summed[..., left + 1] * part)
        mean = (ends[1] - ends[0]) / span
        # A difference of sums may leave the row's own range by a rounding error.
        mean = mean.maximum(line.amin(-1, keepdim=True)).minimum(line.amax(-1, keepdim=True))
        light[..., row, :] = mean.to(panorama.dtype)
    return light


def _padded(panorama: Tensor) -> Tensor:
    """The panorama with one more pixel on each side: across the seam, and over the poles.

    Beyond a pole the sphere goes on at the opposite longitude.
    """
    half = panorama.shape[-1] // 2  # the width is even
    beyond = (panorama[..., :1, :].roll(half, -1), panorama[..., -1:, :].roll(half, -1))
    tall = torch.cat([beyond[0], panorama, beyond[1]], dim=-2)
    return torch.cat([tall[..., -1:], tall, tall[..., :1]], dim=-1)


def _lattice(finest: float) -> np.ndarray:
    """Places within a unit pixel (n, 2) that sample a panorama of `finest` pixels per pixel.

    Point k of a Fibonacci lattice lies at (k / n, frac(k m / n)): unlike a square grid's, its
    sums stay right for pixels that run along the view's rows and columns.
    """
    n, m = 5, 3  # neighbours of Fibonacci's sequence
    while n < SAMPLES_PER_PIXEL * finest**2:
        n, m = n + m, n
    k = np.arange(n)
    return np.stack([(k + 0.5) / n, (k * m % n + 0.5) / n], axis=-1)


def _sampled(padded: Tensor, rays: Tensor) -> Tensor:
    """Light (b, c, ...) of a padded panorama in the directions (..., 3), interpolated linearly."""
    height, width = padded.shape[-2] - 2, padded.shape[-1] - 2
    longitude = torch.atan2(rays[..., 0], rays[..., 2])
    latitude = torch.asin((-rays[..., 1]).clamp(-1, 1))
    # grid_sample's -1..1 runs over the padded picture from border to border.
    column = (longitude / math.pi) * width / (width + 2)
    row = (-latitude / (math.pi / 2)) * height / (height + 2)
    grid = torch.stack([column, row], -1).to(padded.dtype)
    flat = grid.reshape(1, 1, -1, 2).expand(padded.shape[0], -1, -1, -1)
    seen = torch.nn.functional.grid_sample(
        padded, flat, mode="bilinear", padding_mode="border", align_corners=False
    )
    return seen.reshape(*padded.shape[:2], *rays.shape[:-1])
