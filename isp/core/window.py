"""Where a tile lies in its frame, and which part of it is its own."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A tile: a part of a frame with a margin around it, cut off at the frame's borders.

    top, left: row and column in the frame of the tile's first pixel.
    height, width: of the tile. frame_height, frame_width: of the whole frame.
    own_top, own_left, own_height, own_width: the part in the tile that counts; the rest is margin,
        which lends its pixels to it and belongs to other tiles.
    """

    top: int
    left: int
    height: int
    width: int
    frame_height: int
    frame_width: int
    own_top: int
    own_left: int
    own_height: int
    own_width: int

    def cut(self, picture: Tensor) -> Tensor:
        """The tile's part of a picture of the whole frame, (..., height, width), a view."""
        rows = slice(self.top, self.top + self.height)
        return picture[..., rows, self.left : self.left + self.width]

    def own(self, picture: Tensor) -> Tensor:
        """What of a picture of the tile is its own, (..., own_height, own_width), a view."""
        rows = slice(self.own_top, self.own_top + self.own_height)
        return picture[..., rows, self.own_left : self.own_left + self.own_width]

    def own_place(self, picture: Tensor) -> Tensor:
        """The place in a picture of the whole frame that the tile's own part takes, a view."""
        top, left = self.top + self.own_top, self.left + self.own_left
        return picture[..., top : top + self.own_height, left : left + self.own_width]


def windows(size: tuple[int, int], side: int, margin: int, step: int) -> list[Window]:
    """Tiles that cover a frame, row by row; their own parts meet and do not overlap.

    size: of the frame, height and width. side: of a tile's own part, brought down to a multiple of
        `step`, and up to one step at least.
    margin: pixels around it, brought up to a multiple of `step`.
    step: what tiles are aligned to in the frame: the pattern's period, the stages' multiples.

    >>> [(w.top, w.height, w.own_top, w.own_height) for w in windows((10, 4), 4, 1, 2)]
    [(0, 6, 0, 4), (2, 8, 2, 4), (6, 4, 2, 2)]
    """
    height, width = size
    return [
        Window(
            top=top, left=left, height=bottom - top, width=right - left,
            frame_height=height, frame_width=width,
            own_top=row - top, own_left=column - left, own_height=end_row - row,
            own_width=end_column - column,
        )
        for top, row, end_row, bottom in _cuts(height, side, margin, step)
        for left, column, end_column, right in _cuts(width, side, margin, step)
    ]  # fmt: skip


def _cuts(length: int, side: int, margin: int, step: int) -> list[tuple[int, int, int, int]]:
    """First of the tile, first and end of its own part, end of the tile, along one axis."""
    side = max(side // step, 1) * step
    margin = -(-margin // step) * step
    return [
        (max(at - margin, 0), at, min(at + side, length), min(at + side + margin, length))
        for at in range(0, length, side)
    ]
