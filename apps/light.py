"""The light on a sensor: a scene by name or file, from where it is seen, through a lens."""

from dataclasses import dataclass, replace

from apps.scenes import PREFIX, scene
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.files.open import read
from simulate.camera_view import view
from simulate.optics import Lens
from simulate.scenes.panorama import panorama_view, random_directions

OWN_SIZE = 4  # pixels of a built-in scene to a photosite, where a lens or an angle is asked for


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


def light_on_sensor(
    name: str, seen: Seen, profile: SensorProfile, f_number: float, seed: int = 0
) -> Frame:
    """SCENE light with one value for each photosite.

    name: a scene file, or `scene:NAME`. Where nothing of `seen` is given, one scene pixel is one
    photosite. A built-in scene is rendered at the size asked for, and OWN_SIZE times finer where
    a lens acts on it. A file's scene fills the sensor, see `simulate.geometry.place`.

    Raises FileError, UsageError for a lens and a sensor of no known pitch.
    """
    if seen.direction is not None:
        return _from_panorama(name, seen, profile, f_number, seed)
    acts = seen.lens is not None or seen.fov_deg is not None or seen.focal_length_mm is not None
    if name.startswith(PREFIX):
        fine = OWN_SIZE if acts and seen.size is not None else 1
        light = open_scene(name, seen.size and (fine * seen.size[0], fine * seen.size[1]))
    else:
        light = open_scene(name)
        acts = acts or seen.size is not None
    return _view(light, seen, profile, f_number) if acts else light


def open_scene(name: str, size: tuple[int, int] | None = None) -> Frame:
    """Return a scene file, or a built-in scene by `scene:NAME`, rendered at `size`."""
    if name.startswith(PREFIX):
        height, width = size or (None, None)
        return scene(name.removeprefix(PREFIX), height, width)
    frame = read(name)
    if frame.domain is not Domain.SCENE:
        raise FileError(
            name, f"a scene is linear light (EXR or HDR), but this is {frame.domain.name}"
        )
    return frame


def _from_panorama(
    name: str, seen: Seen, profile: SensorProfile, f_number: float, seed: int
) -> Frame:
    if seen.fov_deg is None or seen.size is None:
        raise UsageError("a view from a panorama needs --fov and --size")
    if isinstance(seen.direction, tuple):
        yaw, pitch = seen.direction
    else:
        drawn = random_directions(1, seed)[0]
        yaw, pitch = drawn.yaw_deg, drawn.pitch_deg
    fine = OWN_SIZE if seen.lens is not None else 1
    size = (fine * seen.size[0], fine * seen.size[1])
    light = panorama_view(open_scene(name), yaw, pitch, seen.fov_deg, size)
    if seen.lens is None:
        return light
    # The view is the whole sensor already: the lens only blurs and dims it.
    return _view(light, replace(seen, focal_length_mm=None), profile, f_number)


def _view(light: Frame, seen: Seen, profile: SensorProfile, f_number: float) -> Frame:
    return view(
        light, pitch_um=_pitch(profile), lens=seen.lens, size=seen.size, fov_deg=seen.fov_deg,
        focal_length_mm=seen.focal_length_mm, f_number=f_number, fill_factor=profile.fill_factor,
    )  # fmt: skip


def _pitch(profile: SensorProfile) -> float:
    if profile.pixel_pitch_um is None:
        raise UsageError(
            f'sensor "{profile.name}" has no pixel_pitch_um; --set pixel_pitch_um=… gives it one'
        )
    return profile.pixel_pitch_um
