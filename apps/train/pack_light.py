"""Pack pictures as clean raw light: `python -m apps.train.pack_light FILES -o DIR`."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from apps.train.clean_light import Mosaic, pack_light
from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import FileError, FullwellError, UsageError
from isp.core.frame import Frame, reopen
from isp.core.response import Response
from isp.core.rng import Draws, Effect, uniform
from isp.core.sensor import SensorProfile
from isp.files.open import read
from isp.files.profile import load_profile
from simulate.exposure import mosaic_of, rgb_to_relative_electrons

CAMERAS = ("SonyA7S2", "CanonEOS5D4", "CanonEOS70D")  # those that denoisers are trained on
NAMED_PARTS = 3  # of a path, from its end: two folders and the file
ILLUMINANTS = ("D50", "D65", "A")
WHITE_PERCENTILE = 99.9  # of a scene's light: what is brighter is cut, as in a photograph


def clean_mosaic(
    picture: Frame, profile: SensorProfile, illuminant: str, longest: int | None = None
) -> Tensor:
    """The RGGB mosaic of a picture, linear light (h, w), 1.0 = white; even sides.

    picture: SDR, taken to be encoded by sRGB, whose white becomes the sensor's white; or SCENE,
        whose 99.9th percentile does. illuminant: under which the camera's colours are taken, so
        that neutrals are as unbalanced as in its raw.
    longest: pixels to which a larger picture is brought down by whole areas, at least: that takes
        the traces of JPEG and of another demosaic away.

    Raises UsageError for a picture that is neither.
    """
    if picture.domain is Domain.SDR:
        picture = reopen(picture, Domain.SCENE, Response.srgb())
    elif picture.domain is not Domain.SCENE:
        raise UsageError(f"clean light is of pictures and scenes, not {picture.domain.name}")
    graded = any(name == "reopen" for name, _ in picture.history)
    light = picture.data
    times = 1 if longest is None else max(1, max(picture.size) // longest)
    light = F.avg_pool2d(light, times) if times > 1 else light
    to_camera, neutral = rgb_to_relative_electrons(profile, picture.colour or Colour(), illuminant)
    camera = torch.einsum("ij,bjhw->bihw", torch.from_numpy(to_camera).float(), light)
    white = float(max(neutral)) if graded else float(
        np.quantile(camera.amax(dim=1).numpy(), WHITE_PERCENTILE / 100)
    )  # fmt: skip
    height, width = (side - side % 2 for side in camera.shape[-2:])
    mosaic = mosaic_of((camera / white).clamp(0, 1)[..., :height, :width], Cfa.RGGB)
    return mosaic[0, 0].float()


def mosaics_of(paths: Sequence[Path], seed: int, longest: int | None) -> Iterator[Mosaic]:
    """Each file's mosaic, by one of the training cameras under one of the lights, drawn."""
    profiles = [load_profile(name) for name in CAMERAS]
    for number, path in enumerate(paths):
        item = torch.tensor([number])
        draws = Draws(seed=seed, effect=Effect.AUGMENTATION, sensor="clean light", item=item)
        camera, light = uniform(draws.words(1, 2))[0, 0, 0].tolist()
        profile = profiles[int(camera * len(profiles))]
        known = [name for name in ILLUMINANTS if name in profile.xyz_to_camera or name != "A"]
        try:
            mosaic = clean_mosaic(read(path), profile, known[int(light * len(known))], longest)
        except UsageError as error:
            raise FileError(path, str(error)) from error
        # With its folder: wallpapers of a dozen packages are called 2560x1600.jpg.
        name = "/".join(path.parts[-NAMED_PARTS:])
        yield Mosaic(name=name, light=mosaic.numpy())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a pack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="pictures and HDR scenes")
    parser.add_argument("-o", "--output", required=True, type=Path, help="folder of the pack")
    parser.add_argument("--longest", type=int, help="bring larger pictures down to about this side")
    parser.add_argument("--most-mb", type=float, help="refuse a larger pack")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)

    most = None if asked.most_mb is None else int(asked.most_mb * 1e6)
    try:
        size = pack_light(mosaics_of(asked.files, asked.seed, asked.longest), asked.output, most)
    except FullwellError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    print(f"{len(asked.files)} mosaics, {size / 1e6:.1f} MB: {asked.output}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
