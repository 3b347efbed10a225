"""Look-up tables: a look, or any change of colours, as a curve per channel or a cube."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour, rgb_to_rgb
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.lut import Lut
from isp.core.stage import Stage
from isp.core.transfer import DECODERS, ENCODERS
from isp.files.lut import read_lut

INTERPOLATIONS = ("tetrahedral", "trilinear")
ENCODINGS = ("linear", "srgb")  # curves that go on below 0 and above 1


def look_up_curves(
    unit: Float[Tensor, "b 3 h w"], table: Float[Tensor, "n 3"]
) -> Float[Tensor, "b 3 h w"]:
    """Interpolate linearly in a curve for each channel; unit: 0..1 over the table."""
    last = table.shape[0] - 1
    place = unit * last
    below = place.floor().clamp(0, last - 1)
    planes = []
    for channel in range(3):
        index, curve = below[:, channel].long(), table[:, channel]
        low, high = curve[index], curve[index + 1]
        planes.append(low + (high - low) * (place - below)[:, channel])
    return torch.stack(planes, dim=1)


def look_up_cube(
    unit: Float[Tensor, "b 3 h w"],
    table: Float[Tensor, "n n n 3"],
    interpolation: str = "tetrahedral",
) -> Float[Tensor, "b 3 h w"]:
    """Interpolate in a cube indexed blue, green, red; unit: R, G, B, 0..1 over the table.

    interpolation: `tetrahedral` (four corners, greys exact where the table's greys are) or
        `trilinear` (eight).

    Source: Kasson et al., Tetrahedral interpolation technique for color space conversion, SPIE
    1909, 1993.
    """
    size = table.shape[0]
    place = unit * (size - 1)
    below = place.floor().clamp(0, size - 2)
    fraction = place - below  # (b, 3, h, w)
    red, green, blue = below.long().unbind(dim=1)
    corner = red + size * green + size * size * blue  # (b, h, w)
    rows = table.reshape(-1, 3)
    blend = _tetrahedral if interpolation == "tetrahedral" else _trilinear
    return blend(rows, corner, fraction, (1, size, size * size)).permute(0, 3, 1, 2)


def _tetrahedral(
    rows: Tensor, corner: Tensor, fraction: Tensor, steps: tuple[int, int, int]
) -> Tensor:
    """Walk from a cell's first corner to its last along the longest fraction first."""
    red, green, blue = fraction.unbind(dim=1)
    most, longest = fraction.max(dim=1)
    least, shortest = fraction.min(dim=1)
    middle = torch.maximum(
        torch.minimum(red, green), torch.minimum(torch.maximum(red, green), blue)
    )
    # Where two fractions are equal, either way round gives a weight of zero to the corner between.
    step = torch.tensor(steps, device=corner.device)
    far = corner + sum(steps)
    corners = (corner, corner + step[longest], far - step[shortest], far)
    weights = (1 - most, most - middle, middle - least, least)
    parts = [rows[index] * w[..., None] for index, w in zip(corners, weights, strict=True)]
    return parts[0] + parts[1] + parts[2] + parts[3]


def _trilinear(
    rows: Tensor, corner: Tensor, fraction: Tensor, steps: tuple[int, int, int]
) -> Tensor:
    """Blend along red, then green, then blue."""
    red, green, blue = (part[..., None] for part in fraction.unbind(dim=1))
    one, line, plane = steps

    def along_red(index: Tensor) -> Tensor:
        return torch.lerp(rows[index], rows[index + one], red)

    def along_green(index: Tensor) -> Tensor:
        return torch.lerp(along_red(index), along_red(index + line), green)

    return torch.lerp(along_green(corner), along_green(corner + plane), blue)


def apply_lut(
    values: Float[Tensor, "b 3 h w"],
    table: Float[Tensor, "..."],
    domain: Float[Tensor, "2 3"],
    interpolation: str = "tetrahedral",
) -> Float[Tensor, "b 3 h w"]:
    """Look colours up; what lies outside the table's domain keeps its excess.

    domain: R, G, B of the first and the last entry. A value beyond is looked up at the domain's
        edge and its distance from the edge is added: f(x) = table(edge) + (x - edge). So the
        result is continuous, an identity table is the identity everywhere, a highlight is never
        clipped and its excess never amplified.
    """
    low, high = domain.reshape(2, 1, 3, 1, 1)
    inside = torch.minimum(torch.maximum(values, low), high)
    unit = (inside - low) / (high - low)
    looked_up = (
        look_up_cube(unit, table, interpolation) if table.ndim == 4 else look_up_curves(unit, table)
    )
    return looked_up + (values - inside)


def hold_table(stage: Stage, file: str | None, interpolation: str) -> dict[str, Any]:
    """Give a stage the buffers `table` and `domain` of a .cube file; return its settings.

    file: None for the identity.

    Raises UsageError for another interpolation, FileError for a file that is no table.
    """
    _one_of("interpolation", interpolation, INTERPOLATIONS)
    lut = Lut.identity() if file is None else read_lut(file)
    stage.register_buffer("table", torch.from_numpy(lut.table.copy()))
    stage.register_buffer("domain", torch.tensor([lut.domain_min, lut.domain_max]))
    name = None if file is None else Path(file).name
    return {"file": name, "table_sha256": lut.sha256, "interpolation": interpolation}


class Lut3d(Stage):
    """`apply_lut` with a .cube file, in linear light or on codes; without a file, the identity.

    file: a .cube file, 1D or 3D. interpolation: `tetrahedral` or `trilinear`.
    encoding: what the table takes and gives: `linear` light, or `srgb` codes, for which light is
        encoded before (continued beyond 0..1, never clipped) and decoded after.
    space: primaries that the table was made for; None: the frame's own.

    Raises UsageError for another choice, FileError for a file that is no table.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR
    table: Tensor
    domain: Tensor

    def __init__(
        self,
        file: str | None = None,
        interpolation: str = "tetrahedral",
        encoding: str = "linear",
        space: str | None = None,
    ) -> None:
        super().__init__()
        _one_of("encoding", encoding, ENCODINGS)
        if space is not None:
            _one_of("space", space, tuple(PRIMARIES))
        self.encoding, self.space = encoding, space
        self.table_settings = hold_table(self, file, interpolation)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        own = (frame.colour or Colour()).primaries
        matrix = np.eye(3) if self.space is None else rgb_to_rgb(own, PRIMARIES[self.space])
        there, back = (
            torch.as_tensor(m, dtype=torch.float32, device=frame.data.device).expand(
                frame.data.shape[0], 3, 3
            )
            for m in (matrix, np.linalg.inv(matrix))
        )
        return frame.data, there, back

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        to_table: Float[Tensor, "b 3 3"],
        from_table: Float[Tensor, "b 3 3"],
    ) -> Float[Tensor, "b 3 h w"]:
        given = ENCODERS[self.encoding](torch.einsum("bij,bjhw->bihw", to_table, linear))
        looked_up = apply_lut(given, self.table, self.domain, self.table_settings["interpolation"])
        return torch.einsum("bij,bjhw->bihw", from_table, DECODERS[self.encoding](looked_up))

    def settings(self) -> dict[str, Any]:
        return self.table_settings | {"encoding": self.encoding, "space": self.space}


def _one_of(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise UsageError(f'{what} of a table is {", ".join(known)}, not "{name}"')
