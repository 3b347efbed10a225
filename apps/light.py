"""The light on a sensor: a scene by name or file, from where it is seen, through a lens."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from apps.scenes import PREFIX, scene
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.files.limits import Limits
from isp.files.open import read
from simulate.camera_view import view
from simulate.geometry import place
from simulate.optics import Lens
from simulate.scenes.panorama import panorama_view, random_directions

OWN_SIZE = 4  # pixels of a scene to a photosite, where it can be had at any size and a lens acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """From where and through what a scene is seen; None and empty leave it as it is.

    size: height and width in photosites. fov_deg: horizontal field of view.
    focal_length_mm: says it with the pixel pitch.
    direction: yaw and pitch in degrees of a view cut from a panorama; `random` draws it.
    """

    size: tuple[int, int] | None = None
    fov_deg: float | None = None
    focal_length_mm: float | None = None
    lens: Lens | None = None
    direction: tuple[float, float] | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aimed:
    """A scene before a camera.

    scene: SCENE light, before the lens. onto: the scene, or one like it, to light with one value
    for each photosite. per_photosite: scene pixels along a photosite.
    """

    scene: Frame
    onto: Callable[[Frame], Frame]
    per_photosite: float


def light_on_sensor(
    name: str, seen: Seen, profile: SensorProfile, f_number: float, seed: int = 0
) -> Frame:
    """SCENE light with one value for each photosite; see `aim`."""
    aimed = aim(name, seen, profile, f_number, seed)
    return aimed.onto(aimed.scene)


def aim(
    name: str,
    seen: Seen,
    profile: SensorProfile,
    f_number: float,
    seed: int = 0,
    *,
    moves: bool = False,
) -> Aimed:
    """Open a scene, and say how it falls on the sensor.

    name: a scene file, or `scene:NAME`. Where nothing of `seen` is given, one scene pixel is one
    photosite. A built-in scene, or a view from a panorama, is made at the size asked for, and
    OWN_SIZE times finer where a lens, an angle or a motion acts on it: what it counts in pixels
    stays in photosites. A file's scene fills the sensor, see `simulate.geometry.place`.
    moves: the scene will be shifted before it falls on the sensor.

    Raises FileError, UsageError for a lens and a sensor of no known pitch, or a size of more scene
    pixels than a file may have.
    """
    acts = seen.lens is not None or seen.fov_deg is not None or seen.focal_length_mm is not None
    if seen.direction is not None:
        acts = seen.lens is not None or moves
    elif not name.startswith(PREFIX):
        acts = acts or seen.size is not None
    else:
        acts = acts or (moves and seen.size is not None)
    has_any_size = seen.direction is not None or name.startswith(PREFIX)
    finer = OWN_SIZE if acts and has_any_size and seen.size is not None else 1
    if seen.size is not None:
        _refuse_large(seen.size, finer)
    if seen.direction is not None:
        light = _from_panorama(name, seen, finer, seed)
    elif has_any_size:
        light = open_scene(name, seen.size, finer)
    else:
        light = open_scene(name)
    if not acts:
        return Aimed(scene=light, onto=lambda frame: frame, per_photosite=1.0)
    pitch, focal = _pitch(profile), _focal_length(seen)
    _refuse_wide_blur(seen, light.size, pitch)
    placement = place(
        light.size, pitch_um=pitch, size=seen.size, fov_deg=seen.fov_deg, focal_length_mm=focal
    )

    def onto(frame: Frame) -> Frame:
        return view(
            frame, pitch_um=pitch, lens=seen.lens, size=seen.size, fov_deg=seen.fov_deg,
            focal_length_mm=focal, f_number=f_number, fill_factor=profile.fill_factor,
        )  # fmt: skip

    return Aimed(scene=light, onto=onto, per_photosite=placement.step)


def open_scene(name: str, size: tuple[int, int] | None = None, finer: int = 1) -> Frame:
    """Return a scene file, or a built-in scene by `scene:NAME`.

    size: of a built-in scene in photosites, each of finer x finer of its pixels.

    Raises FileError, UsageError.
    """
    if name.startswith(PREFIX):
        height, width = (None, None) if size is None else (finer * size[0], finer * size[1])
        return scene(name.removeprefix(PREFIX), height, width, finer=finer)
    frame = read(name)
    if frame.domain is not Domain.SCENE:
        raise FileError(
            name, f"a scene is linear light (EXR or HDR), but this is {frame.domain.name}"
        )
    return frame


def direction_of(frame: Frame) -> tuple[float, float] | None:
    """Yaw and pitch in degrees of the view that a frame was made of; None where it is no view."""
    for name, parameters in frame.history:
        if name == "panorama_view":
            return parameters["yaw_deg"], parameters["pitch_deg"]
    return None


def _from_panorama(name: str, seen: Seen, finer: int, seed: int) -> Frame:
    if seen.fov_deg is None or seen.size is None:
        raise UsageError("a view from a panorama needs --fov and --size")
    if seen.focal_length_mm or (seen.lens and seen.lens.focal_length_mm):
        raise UsageError(
            "the focal length of a view from a panorama follows from --fov, --size and the pixel "
            "pitch; leave it away"
        )
    if isinstance(seen.direction, tuple):
        yaw, pitch = seen.direction
    else:
        drawn = random_directions(1, seed)[0]
        yaw, pitch = drawn.yaw_deg, drawn.pitch_deg
    size = (finer * seen.size[0], finer * seen.size[1])
    return panorama_view(open_scene(name), yaw, pitch, seen.fov_deg, size)


def _focal_length(seen: Seen) -> float | None:
    """The option's, else the lens's, unless an angle alone is to decide."""
    if seen.focal_length_mm is not None or (seen.size is None and seen.fov_deg is not None):
        return seen.focal_length_mm
    return None if seen.lens is None else seen.lens.focal_length_mm


def _refuse_large(size: tuple[int, int], finer: int) -> None:
    pixels, limit = finer**2 * size[0] * size[1], Limits().pixels
    if pixels > limit:
        why = f", {finer} x {finer} scene pixels to a photosite," if finer > 1 else ""
        raise UsageError(
            f"--size {size[1]}x{size[0]}{why} is {pixels / 1e6:.1f} megapixels of scene, but the "
            f"limit is {limit / 1e6:g}"
        )


def _refuse_wide_blur(seen: Seen, scene_size: tuple[int, int], pitch_um: float) -> None:
    """A blur wider than the sensor is a slip of the unit, and takes memory without end."""
    if seen.lens is None:
        return
    diagonal_um = math.hypot(*(seen.size or scene_size)) * pitch_um
    for name in ("gaussian_psf_um", "defocus_um"):
        if getattr(seen.lens, name) > diagonal_um:
            raise UsageError(
                f"--lens {name}={getattr(seen.lens, name):g} is wider than the sensor's diagonal "
                f"of {diagonal_um:g} um"
            )


def _pitch(profile: SensorProfile) -> float:
    if profile.pixel_pitch_um is None:
        raise UsageError(
            f'sensor "{profile.name}" has no pixel_pitch_um; --set pixel_pitch_um=… gives it one'
        )
    return profile.pixel_pitch_um
