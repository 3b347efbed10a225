"""Colour-filter arrays as data: a pattern of channel names of any period."""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from isp.core.errors import ProfileError

ORDER = "RGBYWC"  # canonical order of channels; Y is a monochrome sensor's only one


@dataclass(frozen=True, slots=True)
class Cfa:
    """A repeating pattern of colour filters, row by row from the top-left photosite.

    Values compare and hash by their pattern.

    >>> Cfa.RGGB.crop(0, 1) == Cfa.GRBG
    True
    >>> Cfa.GRBG.name, Cfa.GRBG.period
    ('GRBG', (2, 2))
    >>> Cfa.RGGB.spread(torch.tensor([[2.0, 1.0, 3.0]]), 3, 3)[0, 0].tolist()
    [[2.0, 1.0, 2.0], [1.0, 3.0, 1.0], [2.0, 1.0, 2.0]]
    """

    pattern: tuple[tuple[str, ...], ...]

    RGGB: ClassVar["Cfa"]
    GRBG: ClassVar["Cfa"]
    GBRG: ClassVar["Cfa"]
    BGGR: ClassVar["Cfa"]
    QUAD_RGGB: ClassVar["Cfa"]
    NONA_RGGB: ClassVar["Cfa"]
    RGBW: ClassVar["Cfa"]
    RCCB: ClassVar["Cfa"]
    XTRANS: ClassVar["Cfa"]
    MONO: ClassVar["Cfa"]

    def __post_init__(self) -> None:
        """Check that the pattern is a filled rectangle of known channels."""
        widths = {len(row) for row in self.pattern}
        if not self.pattern or len(widths) != 1 or 0 in widths:
            raise ProfileError(f"a CFA pattern is a filled rectangle, but rows are {self.pattern}")
        unknown = {c for row in self.pattern for c in row} - set(ORDER)
        if unknown:
            raise ProfileError(f"CFA channels are among {ORDER}, but found {sorted(unknown)}")

    @classmethod
    def named(cls, name: str) -> "Cfa":
        """Return a pattern by its name, as `RGGB`, `XTRANS`, `MONO` or rows as `RG/GB`.

        Raises ProfileError for a name that is neither.
        """
        known = {label: pattern for pattern, label in _NAMES.items()}
        upper = name.upper()
        if upper in known:
            return cls(known[upper])
        if "/" in upper:
            return cls(tuple(tuple(row) for row in upper.split("/")))
        raise ProfileError(f'no CFA is named "{name}"; known: {", ".join(sorted(known))}')

    @property
    def name(self) -> str:
        """The pattern's common name, or its rows joined by slashes."""
        return _NAMES.get(self.pattern) or "/".join("".join(row) for row in self.pattern)

    @property
    def period(self) -> tuple[int, int]:
        """Rows and columns after which the pattern repeats."""
        return len(self.pattern), len(self.pattern[0])

    @property
    def channels(self) -> tuple[str, ...]:
        """The names that occur, in canonical order; the order of every per-channel tensor."""
        return tuple(c for c in ORDER if any(c in row for row in self.pattern))

    @property
    def is_bayer(self) -> bool:
        """Whether this is one of the four phases of the 2x2 Bayer pattern."""
        return self in (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)

    def crop(self, y: int, x: int) -> "Cfa":
        """Return the pattern seen from row y, column x."""
        rows, columns = self.period
        return Cfa(
            tuple(
                tuple(self.pattern[(y + i) % rows][(x + j) % columns] for j in range(columns))
                for i in range(rows)
            )
        )

    def sites(self, device: torch.device | None = None) -> Int[Tensor, "p q"]:
        """Channel index of each site of one period."""
        index = [[self.channels.index(c) for c in row] for row in self.pattern]
        return torch.tensor(index, device=device)

    def colour_map(
        self, height: int, width: int, device: torch.device | None = None
    ) -> Int[Tensor, "h w"]:
        """Channel index of each photosite of a height x width mosaic."""
        return _cover(self.sites(device), height, width)

    def spread(self, values: Float[Tensor, "b c"], height: int, width: int) -> Tensor:
        """Lay one value per channel over the mosaic: (b, c) -> (b, 1, h, w).

        Exports with dynamic height and width and is exact in ONNX Runtime.
        """
        cell = values[:, self.sites(values.device)].unsqueeze(1)  # (b, 1, p, q)
        return _cover(cell, height, width)

    def spread_sites(self, values: Shaped[Tensor, "b s"], height: int, width: int) -> Tensor:
        """Lay one value per site of the period (row-major) over the mosaic: -> (b, 1, h, w)."""
        rows, columns = self.period
        if values.shape[-1] != rows * columns:
            raise ProfileError(
                f"{self.name} has {rows * columns} sites, but {values.shape[-1]} values came"
            )
        return _cover(values.reshape(-1, 1, rows, columns), height, width)

    def pack(self, mosaic: Tensor) -> Tensor:
        """Split a mosaic into the planes of its sites: (b, 1, h, w) -> (b, p*q, ceil, ceil).

        A size that is not a whole number of periods is padded by reflection, which keeps the
        phase because the distance mirrored is even for even periods.
        """
        rows, columns = self.period
        height, width = mosaic.shape[-2:]
        down, right = -height % rows, -width % columns
        if down or right:
            mosaic = reflect_whole_periods(mosaic, self.period, (0, right, 0, down))
        b, _, h, w = mosaic.shape
        planes = mosaic.reshape(b, h // rows, rows, w // columns, columns)
        return planes.permute(0, 2, 4, 1, 3).reshape(b, rows * columns, h // rows, w // columns)

    def unpack(self, packed: Tensor, height: int, width: int) -> Tensor:
        """Undo `pack` and cut to height x width."""
        rows, columns = self.period
        b, _, h, w = packed.shape
        planes = packed.reshape(b, rows, columns, h, w).permute(0, 3, 1, 4, 2)
        return planes.reshape(b, 1, h * rows, w * columns)[..., :height, :width]


def reflect_whole_periods(
    mosaic: Tensor, period: tuple[int, int], pad: tuple[int, int, int, int]
) -> Tensor:
    """Pad (left, right, top, bottom) from inside the mosaic without breaking the CFA phase.

    For an even period a mirror that does not repeat the border lands on photosites of the same
    colour along each axis; for other periods (X-Trans 6x6 is even) the mosaic is continued by
    whole periods instead. A mosaic too small to mirror is continued too.
    """
    left, right, top, bottom = pad
    height, width = mosaic.shape[-2:]
    mirrors = period == (2, 2) or period == (1, 1)
    if mirrors and max(left, right) < width and max(top, bottom) < height:
        return F.pad(mosaic, pad, mode="reflect")
    rows = _periodic(height, period[0], top, bottom, mosaic.device)
    columns = _periodic(width, period[1], left, right, mosaic.device)
    return mosaic[..., rows, :][..., columns]


def _periodic(size: int, period: int, before: int, after: int, device: torch.device) -> Tensor:
    """Indices that continue 0..size-1 by whole periods on both sides."""
    positions = torch.arange(-before, size + after, device=device)
    step = period if size >= period else size
    low = torch.where(positions < 0, positions % step, positions)
    last = size - step
    return torch.where(low >= size, last + (low - last) % step, low)


def _cover(cell: Tensor, height: int, width: int) -> Tensor:
    """Repeat the last two dimensions until they cover height x width, then cut."""
    rows, columns = cell.shape[-2:]
    # (h + p - 1) // p: the negated floor division exports wrong (ONNX truncates toward zero).
    down = (height + rows - 1) // rows
    right = (width + columns - 1) // columns
    repeats = [1] * (cell.ndim - 2) + [down, right]
    return cell.repeat(*repeats)[..., :height, :width]


def _rows(*rows: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)


_NAMES = {
    _rows("RG", "GB"): "RGGB",
    _rows("GR", "BG"): "GRBG",
    _rows("GB", "RG"): "GBRG",
    _rows("BG", "GR"): "BGGR",
    _rows("RRGG", "RRGG", "GGBB", "GGBB"): "QUAD_RGGB",
    _rows(*["RRRGGG"] * 3, *["GGGBBB"] * 3): "NONA_RGGB",
    _rows("RW", "GB"): "RGBW",
    _rows("RC", "CB"): "RCCB",
    _rows("GBGGRG", "RGRBGB", "GBGGRG", "GRGGBG", "BGBRGR", "GRGGBG"): "XTRANS",
    _rows("Y"): "MONO",
}

for _pattern, _label in _NAMES.items():
    setattr(Cfa, _label, Cfa(_pattern))
