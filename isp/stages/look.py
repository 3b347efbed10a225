"""A look: a .cube table for a display's codes, the last thing that is done to a picture."""

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.lut import Lut
from isp.core.stage import Stage
from isp.files.lut import read_lut
from isp.stages.lut3d import INTERPOLATIONS, apply_lut


def apply_look(
    code: Float[Tensor, "b 3 h w"],
    table: Float[Tensor, "..."],
    domain: Float[Tensor, "2 3"],
    interpolation: str = "tetrahedral",
) -> Float[Tensor, "b 3 h w"]:
    """Look codes up in a table, see `apply_lut`, and cut the result to 0..1, what codes hold.

    code: 0..1, encoded as the table was made for; most are made for BT.709 primaries with sRGB or
        BT.709 codes.
    """
    return apply_lut(code, table, domain, interpolation).clamp(0, 1)


class Look(Stage):
    """`apply_look` with a .cube file, 1D or 3D; without a file, the identity.

    The place of a look is after `encode`, where the programs that make tables show them: its
    codes are those of the picture that `encode` made, primaries and curve included. A table for
    light is `Lut3d`.

    file: a .cube file. interpolation: `tetrahedral` or `trilinear`.

    Raises UsageError for another interpolation, FileError for a file that is no table.
    """

    domain_in = Domain.SDR
    domain_out = Domain.SDR
    table: Tensor
    domain: Tensor

    def __init__(self, file: str | None = None, interpolation: str = "tetrahedral") -> None:
        super().__init__()
        if interpolation not in INTERPOLATIONS:
            raise UsageError(
                f'interpolation of a table is {", ".join(INTERPOLATIONS)}, not "{interpolation}"'
            )
        lut = Lut.identity() if file is None else read_lut(file)
        self.interpolation = interpolation
        self.digest = lut.sha256
        self.file = None if file is None else Path(file).name
        self.register_buffer("table", torch.from_numpy(lut.table.copy()))
        self.register_buffer("domain", torch.tensor([lut.domain_min, lut.domain_max]))

    def forward(self, code: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        return apply_look(code, self.table, self.domain, self.interpolation)

    def settings(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "table_sha256": self.digest,
            "interpolation": self.interpolation,
        }
