"""A look-up table of colours: a curve per channel, or a cube."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FrameError

SIZES = {1: (2, 65536), 3: (2, 256)}  # Adobe, Cube LUT Specification 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lut:
    """Outputs at equally spaced inputs.

    table: (n, 3), a curve for each of R, G and B; or (n, n, n, 3), indexed blue, green, red, as
        .cube files run (red fastest).
    domain_min, domain_max: the inputs R, G, B of the first and the last entry.

    Raises FrameError for a table of another layout, size or without finite numbers, and for a
    domain that does not rise.
    """

    table: NDArray[np.float32]
    domain_min: tuple[float, float, float] = (0.0, 0.0, 0.0)
    domain_max: tuple[float, float, float] = (1.0, 1.0, 1.0)
    title: str = ""

    def __post_init__(self) -> None:
        """Check layout, size and domain."""
        shape = self.table.shape
        dimensions = len(shape) - 1
        if dimensions not in SIZES or shape[-1] != 3 or len(set(shape[:-1])) != 1:
            raise FrameError(f"a table is (n, 3) or (n, n, n, 3), but {shape} came")
        least, most = SIZES[dimensions]
        if not least <= shape[0] <= most:
            raise FrameError(f"a {dimensions}D table has {least} to {most} steps, not {shape[0]}")
        if not np.isfinite(self.table).all():
            raise FrameError("a table holds finite numbers")
        with np.errstate(over="ignore"):  # as they are used: in float32
            low, high = np.array((self.domain_min, self.domain_max), dtype=np.float32)
        ends = (*low, *high)
        rises = bool((low < high).all())
        if not (np.isfinite(ends).all() and rises):
            raise FrameError(f"a domain rises, not from {self.domain_min} to {self.domain_max}")

    @property
    def size(self) -> int:
        """Entries along an axis."""
        return int(self.table.shape[0])

    @property
    def is_cube(self) -> bool:
        """Whether the channels are looked up together."""
        return self.table.ndim == 4

    @property
    def sha256(self) -> str:
        """Of the table and its domain as they are used, in float32: not of the file's text."""
        ends = np.array((self.domain_min, self.domain_max), dtype=np.float32)
        parts = (np.ascontiguousarray(self.table, dtype=np.float32).tobytes(), ends.tobytes())
        return hashlib.sha256(b"".join(parts)).hexdigest()

    @staticmethod
    def identity(size: int = 2) -> "Lut":
        """The cube that changes nothing.

        >>> Lut.identity().table[0, 0, 1].tolist()
        [1.0, 0.0, 0.0]
        """
        steps = np.linspace(0, 1, size, dtype=np.float32)
        blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
        return Lut(table=np.stack([red, green, blue], axis=-1), title="identity")
