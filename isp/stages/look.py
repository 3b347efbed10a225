"""A look: a .cube table for a display's codes, the last thing that is done to a picture."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.stage import Stage
from isp.stages.lut3d import apply_lut, hold_table


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
        self.table_settings = hold_table(self, file, interpolation)

    def forward(self, code: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        return apply_look(code, self.table, self.domain, self.table_settings["interpolation"])

    def settings(self) -> dict[str, Any]:
        return dict(self.table_settings)
