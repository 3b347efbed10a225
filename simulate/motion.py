"""Motion: a hand that shakes and things that pass, in scene light before the exposure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.rng import LINE, Draws, Effect, normal
from isp.core.shot import Shot


@dataclass(frozen=True, slots=True, kw_only=True)
class HandShake:
    """How far the camera wanders from one frame to the next, a random walk.

    shift_px: standard deviation of a step along each axis.
    rotation_deg: standard deviation of a step of the angle about the picture's centre.
    """

    shift_px: float = 0.0
    rotation_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovingObject:
    """Something flat that passes in front of the scene.

    light: its scene light, in the scene's channels and scale.
    coverage: share of each of its pixels that it hides, 0..1 (the A of RGBA).
    row, column: of its first pixel at time 0; fractions and places outside are allowed.
    """

    light: Float[Tensor, "c h w"]
    coverage: Float[Tensor, "1 h w"]
    row: float
    column: float
    down_px_per_frame: float = 0.0
    right_px_per_frame: float = 0.0

    def __post_init__(self) -> None:
        """Check that it neither takes light away nor hides more than all."""
        if bool((self.light < 0).any()) or not bool(torch.isfinite(self.light).all()):
            raise FrameError("a moving object's light is finite and not below 0")
        if not bool(((self.coverage >= 0) & (self.coverage <= 1)).all()):
            raise FrameError("a moving object's coverage is a share in 0..1")

    @staticmethod
    def copied_from(
        scene: Frame, top: int, left: int, height: int, width: int, *,
        down_px_per_frame: float = 0.0, right_px_per_frame: float = 0.0,
    ) -> "MovingObject":  # fmt: skip
        """Take a patch of the (first) scene, which sets out from where it was cut.

        Raises FrameError for a patch that is not inside the scene.
        """
        rows, columns = scene.size
        if not (0 <= top < top + height <= rows and 0 <= left < left + width <= columns):
            raise FrameError(
                f"a patch of {height} x {width} at {(top, left)} is not inside {rows} x {columns}"
            )
        light = scene.data[0, :, top : top + height, left : left + width]
        return MovingObject(
            light=light, coverage=torch.ones_like(light[:1]), row=float(top), column=float(left),
            down_px_per_frame=down_px_per_frame, right_px_per_frame=right_px_per_frame,
        )  # fmt: skip


def wander(
    shake: HandShake, frames: int, seed: int, sensor: str, shot: Shot
) -> Float[Tensor, "n b 3"]:
    """Pose of each frame of each item: down and right in px, counter-clockwise in degrees.

    The first pose is 0. Each step is normal, keyed by Effect.HAND_SHAKE with the frame's number,
    so that a longer burst begins with a shorter one.
    """
    size = torch.tensor([shake.shift_px, shake.shift_px, shake.rotation_deg], dtype=torch.float64)
    poses = [torch.zeros(shot.item.shape[0], 3, dtype=torch.float64)]
    for k in range(1, frames):
        draws = Draws(
            seed=seed, effect=Effect.HAND_SHAKE, sensor=sensor,
            frame=shot.frame_number.cpu() + k, item=shot.item.cpu(), origin=(LINE, LINE),
        )  # fmt: skip
        step = [normal(draws.words(1, 1, block=axis)).reshape(-1) for axis in range(3)]
        poses.append(poses[-1] + size * torch.stack(step, dim=-1))
    return torch.stack(poses)


def moved(
    scene: Frame, marks: Bool[Tensor, "b 1 h w"], pose: Float[Tensor, "b 3"]
) -> tuple[Frame, Bool[Tensor, "b 1 h w"]]:
    """The scene, its masks and some marks as a camera of that pose sees them.

    Light is taken by area: with a pure shift, each pixel is the mean over the unit square that it
    covers, so light stays >= 0 and is conserved, and a whole shift is exact. (Bicubic weights
    would make negative light.) A turned pixel takes the upright square about its centre. The price
    is blur, most at half a pixel; a scene with several pixels to a photosite has less of it.
    From outside the scene comes its mirror image, marked unmeasured.

    Raises DomainError for a frame that is not SCENE.
    """
    if scene.domain is not Domain.SCENE:
        raise DomainError(f"motion acts on SCENE, but the frame is {scene.domain.name}")
    if not bool(pose.any()):
        return scene, marks
    masks = (~scene.measured[:, :1], scene.clipped[:, :1], scene.generated[:, :1], marks)
    light, spread, inside = resample(scene.data, torch.cat(masks, dim=1), pose)
    lost, clipped, generated, seen = spread.split(1, dim=1)
    frame = replace(
        scene, data=light, measured=inside & ~lost, clipped=clipped, generated=generated
    )
    return frame, seen


def resample(
    light: Float[Tensor, "b c h w"], flags: Bool[Tensor, "b m h w"], pose: Float[Tensor, "b 3"]
) -> tuple[Float[Tensor, "b c h w"], Bool[Tensor, "b m h w"], Bool[Tensor, "b 1 h w"]]:
    """Shift and turn light and flags; also, where no light came from outside.

    A flag is set where any of the pixels that gave light has it.
    """
    height, width = light.shape[-2:]
    y, x = _sources(height, width, pose.to(light.device).double())
    top, left = y.floor(), x.floor()
    total = torch.zeros(light.shape, dtype=torch.float64, device=light.device)
    spread = torch.zeros_like(flags)
    inside = torch.ones_like(y, dtype=torch.bool)
    for down in (0, 1):
        for right in (0, 1):
            rows, columns = (top + down).long(), (left + right).long()
            weight = (1 - (y - rows).abs()) * (1 - (x - columns).abs())  # (b, 1, h, w)
            given = weight > 0
            place = _mirrored(rows, height) * width + _mirrored(columns, width)
            total += weight * _picked(light, place)
            spread |= given & _picked(flags, place)
            outside = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
            inside &= ~(given & outside)
    return total.to(light.dtype), spread, inside


def with_objects(
    scene: Frame,
    objects: Sequence[MovingObject],
    start_frames: Float[Tensor, "b"],
    duration_frames: Float[Tensor, "b"],
    blur_samples: int = 1,
) -> tuple[Frame, Bool[Tensor, "b 1 h w"]]:
    """The scene with objects where they are during an exposure, and where they hide any of it.

    start_frames, duration_frames: of the exposure, in frame periods.
    blur_samples: places that a moving object takes during the exposure, their mean is seen; 1 is
        the place at the start, without motion blur.

    Raises FrameError for an object of other channels.
    """
    moving = torch.zeros_like(scene.measured[:, :1])
    if not objects:
        return scene, moving
    for thing in objects:
        if thing.light.shape[0] != scene.data.shape[1]:
            raise FrameError(
                f"the scene has {scene.data.shape[1]} channels, "
                f"but a moving object has {thing.light.shape[0]}"
            )
    pictures = []
    for i, (start, duration) in enumerate(
        zip(start_frames.tolist(), duration_frames.tolist(), strict=True)
    ):
        mean = torch.zeros(scene.data.shape[1:], dtype=torch.float64, device=scene.data.device)
        for sample in range(blur_samples):
            offset = 0.0 if blur_samples == 1 else (sample + 0.5) / blur_samples * duration
            picture = scene.data[i].double()
            for thing in objects:
                picture, hidden = _placed(picture, thing, start + offset)
                moving[i] |= hidden
            mean += picture / blur_samples
        pictures.append(mean.to(scene.data.dtype))
    return replace(scene, data=torch.stack(pictures)), moving


def _placed(
    picture: Float[Tensor, "c h w"], thing: MovingObject, time: float
) -> tuple[Tensor, Tensor]:
    """The picture with an object over it, and where it hides any part."""
    device, (height, width) = picture.device, picture.shape[-2:]
    y = thing.row + time * thing.down_px_per_frame
    x = thing.column + time * thing.right_px_per_frame
    top, left = math.floor(y), math.floor(x)
    fy, fx = y - top, x - left
    cover = thing.coverage.to(device).double()
    layer = torch.cat([thing.light.to(device).double() * cover, cover])
    shifted = (1 - fy) * (1 - fx) * F.pad(layer, (0, 1, 0, 1))
    shifted += (1 - fy) * fx * F.pad(layer, (1, 0, 0, 1))
    shifted += fy * (1 - fx) * F.pad(layer, (0, 1, 1, 0)) + fy * fx * F.pad(layer, (1, 0, 1, 0))
    whole = torch.zeros(layer.shape[0], height, width, dtype=torch.float64, device=device)
    y0, y1 = max(top, 0), min(top + shifted.shape[-2], height)
    x0, x1 = max(left, 0), min(left + shifted.shape[-1], width)
    if y0 < y1 and x0 < x1:
        whole[:, y0:y1, x0:x1] = shifted[:, y0 - top : y1 - top, x0 - left : x1 - left]
    return picture * (1 - whole[-1:]) + whole[:-1], whole[-1:] > 0


def _sources(height: int, width: int, pose: Float[Tensor, "b 3"]) -> tuple[Tensor, Tensor]:
    """Where in the scene each pixel looks, rows and columns, (b, 1, h, w)."""
    down, right, degrees = (pose[:, i].reshape(-1, 1, 1, 1) for i in range(3))
    angle = torch.deg2rad(degrees)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    lines = torch.arange(height, device=pose.device, dtype=torch.float64).reshape(1, 1, -1, 1)
    across = torch.arange(width, device=pose.device, dtype=torch.float64).reshape(1, 1, 1, -1)
    v, u = lines - down - middle_y, across - right - middle_x
    # Rows count downwards: a picture turned counter-clockwise looks back clockwise.
    y = torch.cos(angle) * v + torch.sin(angle) * u + middle_y
    x = torch.cos(angle) * u - torch.sin(angle) * v + middle_x
    return y, x


def _mirrored(index: Int[Tensor, "..."], size: int) -> Int[Tensor, "..."]:
    """Indices reflected at the edges, border repeated: -1 is 0, size is size - 1."""
    within = index % (2 * size)
    return torch.where(within < size, within, 2 * size - 1 - within)


def _picked(planes: Tensor, place: Int[Tensor, "b 1 h w"]) -> Tensor:
    """Values of each plane at flat places, (b, c, h, w)."""
    batch, channels = planes.shape[:2]
    index = place.reshape(batch, 1, -1).expand(-1, channels, -1)
    return planes.reshape(batch, channels, -1).gather(2, index).reshape(planes.shape)
