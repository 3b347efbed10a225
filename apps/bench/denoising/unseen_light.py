"""Scenes that no network was trained on, as clean packed raw of a camera."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from apps.train.pack_light import clean_mosaic
from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import MissingError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.files.open import read

# HDR scenes of the data that training leaves alone, photographs, and pictures of scikit-image.
HDR = (
    "bonita_sun_sea.exr", "candle_glass.exr", "carrots_chart.exr", "desk_stained_glass.exr",
    "golden_gate_dusk.exr", "mt_tam_west.exr", "still_life_lamps.exr",
    "tree_white_luminance.exr", "city_pano.exr", "forest_pano.exr", "kerner_env_latlong.exr",
    "stage_env_latlong.exr", "park_sun_pano.hdr",
)  # fmt: skip
PHOTOGRAPHS = (
    "kodim03.png", "kodim07_crop.png", "kodim12_crop.png", "kodim16_crop.png", "kodim20.png",
    "kodim23.png",
)  # fmt: skip
SCIKIT_IMAGE = ("astronaut", "chelsea", "coffee", "rocket", "motorcycle_left")
SIDE = 256  # photosites of the crop from the middle
GRID = 32  # photosites that every network's sides are multiples of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Clean light, packed, 1.0 = white. kind: `hdr`, or `photograph`, whose highlights are cut."""

    name: str
    kind: str
    light: Float[Tensor, "1 4 h w"]


def unseen_scenes(data: Path, profile: SensorProfile) -> list[Scene]:
    """All of them, as a camera sees them in daylight.

    data: the folder of FULLWELL_DATA.

    Raises FileError for a missing file, MissingError without scikit-image.
    """
    try:
        import skimage.data
        from skimage.io import imread
    except ImportError as error:
        raise MissingError("scikit-image is not installed; pip install fullwell[dev]") from error
    found = [_scene(name, "hdr", read(data / "hdr" / name), profile) for name in HDR]
    found += [_scene(n, "photograph", read(data / "sdr" / n), profile) for n in PHOTOGRAPHS]
    folder = Path(skimage.data.__file__).parent
    for name in SCIKIT_IMAGE:
        codes = imread(folder / f"{name}.{'jpg' if name == 'rocket' else 'png'}")
        encoded = torch.from_numpy(np.asarray(codes)[..., :3].copy()).permute(2, 0, 1) / 255
        picture = Frame.start(encoded[None], Domain.SDR, colour=Colour(transfer="srgb"))
        found.append(_scene(name, "photograph", picture, profile))
    return found


def _scene(name: str, kind: str, picture: Frame, profile: SensorProfile) -> Scene:
    mosaic = clean_mosaic(picture, profile, "D65")
    height, width = (min(SIDE, side) // GRID * GRID for side in mosaic.shape)
    if not height or not width:
        raise UsageError(f"{name} is smaller than {GRID} photosites")
    top, left = ((a - b) // 4 * 2 for a, b in zip(mosaic.shape, (height, width), strict=True))
    crop = mosaic[top : top + height, left : left + width]
    return Scene(name=Path(name).stem, kind=kind, light=Cfa.RGGB.pack(crop[None, None]))
