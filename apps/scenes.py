"""Built-in scenes by name, as frames."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame

PREFIX = "scene:"


def _interior(height: int, width: int) -> NDArray[np.float32]:
    from simulate.scenes.interior import interior

    return interior(height, width)


SCENES: dict[str, Callable[[int, int], NDArray[np.float32]]] = {"interior": _interior}


def scene(name: str = "interior", height: int = 640, width: int = 960) -> Frame:
    """Render a built-in scene as a SCENE frame: linear BT.709, 1.0 = 100 cd/m2.

    Raises UsageError for an unknown name.
    """
    if name not in SCENES:
        raise UsageError(f'no built-in scene "{name}"; scenes: {", ".join(SCENES)}')
    pixels = np.ascontiguousarray(np.moveaxis(SCENES[name](height, width), -1, 0))
    colour = Colour(primaries=PRIMARIES["bt709"], anchor_cd_m2=100.0)
    step = ("scene", {"name": name, "height": height, "width": width})
    return Frame.start(torch.from_numpy(pixels)[None], Domain.SCENE, colour=colour, history=(step,))
