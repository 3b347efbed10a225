"""Large frames through a network: tiles as large as the network's reach makes them worth."""

from collections.abc import Callable

from isp.core.frame import Frame
from isp.core.stage import Stage
from isp.core.tiles import TiledRun

LEAST_SIDE = 512
HALOS = 6  # sides of a tile in margins of it: at 6 the margins cost 78 % more pixels


def tile_side(stage: Stage) -> int:
    """Side of the tiles that a frame goes through a network in, pixels."""
    return max(LEAST_SIDE, HALOS * stage.halo)


def in_tiles(stage: Stage, frame: Frame, whole: Callable[[Frame], Frame]) -> Frame:
    """Develop a frame by tiles where it is larger than one; `whole` does one at a time.

    Tiled and whole give the same, but for the order in which a library adds up: within 1e-5 of
    white. A stage that no margin is enough for, and a tile itself, go through `whole`.
    """
    side = tile_side(stage)
    if not stage.tileable or frame.window is not None or max(frame.size) <= side + 2 * stage.halo:
        return whole(frame)
    return TiledRun([(stage.name, stage)], side).develop(frame)
