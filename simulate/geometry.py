"""Geometry: where a scene falls on the sensor, and its light averaged over each photosite."""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from isp.core.errors import FrameError, UsageError

ROUND_OFF = 1e-9  # of a scene pixel: nearer than this is the same place


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A scene's image on the sensor: a magnification and a place.

    size: photosites, height and width. pitch_um: theirs.
    step: scene pixels per photosite along each axis.
    top, left: the sensor's upper left corner in scene pixels.
    focal_length_mm: None where nothing tells it.
    """

    size: tuple[int, int]
    pitch_um: float
    step: float
    top: float
    left: float
    focal_length_mm: float | None = None

    @property
    def sample_um(self) -> float:
        """Side of the image of one scene pixel on the sensor."""
        return self.pitch_um / self.step

    @property
    def fov_deg(self) -> float | None:
        """Horizontal field of view of the sensor: 2 atan(W p / 2 f)."""
        if self.focal_length_mm is None:
            return None
        return fov_of(self.size[1] * self.pitch_um / 1000, self.focal_length_mm)

    @property
    def half_diagonal_um(self) -> float:
        """From the optical axis to the sensor's corner."""
        return math.hypot(*self.size) * self.pitch_um / 2

    def magnified(self, scale: float) -> "Placement":
        """Return the placement with the image magnified about the optical axis."""
        if scale == 1:
            return self
        step = self.step / scale
        rows, columns = self.size
        return replace(
            self,
            step=step,
            top=self.top + rows * (self.step - step) / 2,
            left=self.left + columns * (self.step - step) / 2,
        )

    def centres_um(
        self, height: int, width: int, device: torch.device | None = None
    ) -> tuple[Float[Tensor, "h 1"], Float[Tensor, "1 w"]]:
        """Where the scene's pixels fall on the sensor, down and right of the optical axis."""
        axis_row = self.top + self.size[0] * self.step / 2
        axis_column = self.left + self.size[1] * self.step / 2
        rows = torch.arange(height, dtype=torch.float64, device=device) + 0.5 - axis_row
        columns = torch.arange(width, dtype=torch.float64, device=device) + 0.5 - axis_column
        return rows.reshape(-1, 1) * self.sample_um, columns.reshape(1, -1) * self.sample_um


def fov_of(width_mm: float, focal_length_mm: float) -> float:
    """Angle in degrees that a width on the sensor sees through a rectilinear lens.

    >>> round(fov_of(36, 50), 2)
    39.6
    """
    return math.degrees(2 * math.atan(width_mm / (2 * focal_length_mm)))


def place(
    scene_size: tuple[int, int],
    *,
    pitch_um: float,
    size: tuple[int, int] | None = None,
    fov_deg: float | None = None,
    focal_length_mm: float | None = None,
) -> Placement:
    """Place a scene on a sensor through a rectilinear lens.

    The scene is a flat chart, or a picture in perspective: its pixels are squares, and their
    images are squares of one size everywhere. Nothing is ever stretched.

    size: photosites, height and width. Without it one scene pixel is one photosite.
    fov_deg: the angle that the scene's whole width fills, seen from the lens.
    focal_length_mm: with fov_deg it fixes the scale: the scene's image is 2 f tan(fov / 2) wide,
        and the sensor sees the middle of it. With one of them, or none, the scene fills the
        sensor: the smallest scale at which it covers all photosites, what is left over being cut
        off equally on both sides (to a whole scene pixel); a focal length follows from fov_deg.

    Raises UsageError for numbers that cannot be, FrameError for a scene too small for the sensor.
    """
    _check(scene_size, pitch_um, size, fov_deg, focal_length_mm)
    height, width = scene_size
    rows, columns = size or scene_size
    if size is None:
        step = 1.0
    elif fov_deg is not None and focal_length_mm is not None:
        image_um = 2000 * focal_length_mm * math.tan(math.radians(fov_deg) / 2)
        step = pitch_um * width / image_um
        if abs(step - round(step)) < ROUND_OFF * step:
            step = float(round(step))
        _check_covers(scene_size, (rows, columns), step, fov_deg, focal_length_mm)
    else:
        step = min(height / rows, width / columns)
    if fov_deg is not None and focal_length_mm is None:
        image_mm = width / step * pitch_um / 1000
        focal_length_mm = image_mm / (2 * math.tan(math.radians(fov_deg) / 2))
    return Placement(
        size=(rows, columns),
        pitch_um=pitch_um,
        step=step,
        top=float(max(0, math.floor((height - rows * step) / 2 + ROUND_OFF))),
        left=float(max(0, math.floor((width - columns * step) / 2 + ROUND_OFF))),
        focal_length_mm=focal_length_mm,
    )


def integrate(
    scene: Float[Tensor, "b c h w"], placement: Placement, fill_factor: float = 1.0
) -> Float[Tensor, "b c rows columns"]:
    """Mean light on each photosite: every scene pixel counts by the area it shares with it.

    scene: light as its image on the sensor; a scene pixel is a uniform square. float64 keeps
        the sums exact. Where a photosite reaches past the scene, the scene is mirrored.
    fill_factor: share of the photosite that collects light, a square in its middle.
    """
    same = (placement.step, placement.top, placement.left) == (1, 0, 0)
    if same and scene.shape[-2:] == placement.size:
        return scene
    tall = _averaged(scene, -2, *_overlaps(placement, 0, scene.shape[-2], fill_factor))
    return _averaged(tall, -1, *_overlaps(placement, 1, scene.shape[-1], fill_factor))


def touches(
    mask: Bool[Tensor, "b m h w"], placement: Placement, fill_factor: float = 1.0
) -> Bool[Tensor, "b m rows columns"]:
    """Whether any of the scene pixels that a photosite averages is in the mask."""
    return integrate(mask.double(), placement, fill_factor) > 0


def mirrored(index: Int[Tensor, "*n"], size: int) -> Int[Tensor, "*n"]:
    """Bring indices back into 0..size-1 by mirrors at the outer edges of the first and last.

    >>> mirrored(torch.arange(-3, 6), 3).tolist()
    [2, 1, 0, 0, 1, 2, 2, 1, 0]
    """
    around = index % (2 * size)
    return torch.minimum(around, 2 * size - 1 - around)


def _averaged(light: Tensor, axis: int, index: Tensor, weights: Tensor) -> Tensor:
    index, weights = index.to(light.device), weights.to(light)
    shape = (-1, 1) if axis == -2 else (-1,)
    mean = light.index_select(axis, index[:, 0]) * weights[:, 0].reshape(shape)
    for k in range(1, index.shape[1]):
        mean = mean + light.index_select(axis, index[:, k]) * weights[:, k].reshape(shape)
    return mean


def _overlaps(
    placement: Placement, axis: int, size: int, fill_factor: float
) -> tuple[Int[Tensor, "n k"], Float[Tensor, "n k"]]:
    """Scene pixels that each photosite overlaps along an axis, and their shares of its length."""
    count = placement.size[axis]
    start = placement.top if axis == 0 else placement.left
    margin = (1 - math.sqrt(fill_factor)) / 2 * placement.step
    edges = start + torch.arange(count + 1, dtype=torch.float64) * placement.step
    low, high = edges[:-1] + margin, edges[1:] - margin
    first = torch.floor(low + ROUND_OFF).long()
    reach = int((torch.ceil(high - ROUND_OFF).long() - first).max())
    index = first.unsqueeze(1) + torch.arange(max(reach, 1))
    shared = torch.minimum(high.unsqueeze(1), index + 1) - torch.maximum(low.unsqueeze(1), index)
    # A pixel overlapped by round-off alone is not seen, so that its mask does not spread.
    shared = torch.where(shared > ROUND_OFF, shared, 0.0)
    return mirrored(index, size), shared / shared.sum(1, keepdim=True)


def _check(
    scene_size: tuple[int, int],
    pitch_um: float,
    size: tuple[int, int] | None,
    fov_deg: float | None,
    focal_length_mm: float | None,
) -> None:
    if not (math.isfinite(pitch_um) and pitch_um > 0):
        raise UsageError(f"a pixel pitch is positive, in um, but {pitch_um} came")
    if min(scene_size) < 1 or (size is not None and min(size) < 1):
        raise UsageError(f"sizes are at least 1 x 1 pixels, but scene {scene_size}, sensor {size}")
    if fov_deg is not None and not 0 < fov_deg < 180:
        raise UsageError(f"a field of view is between 0 and 180 degrees, but {fov_deg} came")
    if focal_length_mm is not None and not (math.isfinite(focal_length_mm) and focal_length_mm > 0):
        raise UsageError(f"a focal length is positive, in mm, but {focal_length_mm} came")
    if size is None and fov_deg is not None and focal_length_mm is not None:
        raise UsageError(
            "field of view and focal length together fix the scale, so the sensor needs a size in "
            "photosites; without one, one scene pixel is one photosite: give only one of the two"
        )


def _check_covers(
    scene_size: tuple[int, int],
    size: tuple[int, int],
    step: float,
    fov_deg: float,
    focal_length_mm: float,
) -> None:
    slack = 1 + ROUND_OFF
    if size[0] * step <= scene_size[0] * slack and size[1] * step <= scene_size[1] * slack:
        return
    height, width = (int(n / step + ROUND_OFF) for n in scene_size)
    raise FrameError(
        f"a scene of {fov_deg:g} degrees through {focal_length_mm:g} mm covers {width} x {height} "
        f"photosites, not the sensor's {size[1]} x {size[0]}; take a longer focal length, a wider "
        "scene or a smaller sensor"
    )
