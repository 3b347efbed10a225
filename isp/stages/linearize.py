"""Linearize: DN of a converter that is not linear, through a table of linear DN."""

from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage


def linearize(
    dn: Float[Tensor, "b 1 h w"], table_dn: Float[Tensor, "b n"]
) -> Float[Tensor, "b 1 h w"]:
    """Look each DN up in a table: entry i is the linear DN of stored DN i.

    Between two entries linearly, for DN that are no integers; below the first and beyond the
    last entry the table's end, as a DNG's LinearizationTable has it.

    Source: DNG 1.7.1, LinearizationTable.

    >>> dn = torch.tensor([[[[0.0, 1.0, 1.5, 9.0]]]])
    >>> linearize(dn, torch.tensor([[0.0, 10.0, 30.0]])).flatten().tolist()
    [0.0, 10.0, 20.0, 30.0]
    """
    last = table_dn.shape[1] - 1
    place = dn.flatten(1).clamp(0, last)
    below = place.floor()
    index = below.long()
    low = torch.gather(table_dn, 1, index)
    high = torch.gather(table_dn, 1, (index + 1).clamp(max=last))
    share = place - below
    return (low + share * (high - low)).reshape(dn.shape)


class Linearize(Stage):
    """`linearize` with a measured table; without one every DN stays.

    table_dn: linear DN of stored DN 0, 1, 2, ...; never falling. Black and white level of the
        profile are on the table's linear side. A DNG's own LinearizationTable is applied when the
        file is read, so this is for dumps of codes and for a converter's measured error.
    """

    domain_in = Domain.RAW
    domain_out = Domain.RAW

    def __init__(self, table_dn: tuple[float, ...] = ()) -> None:
        super().__init__()
        if any(b < a for a, b in pairwise(table_dn)):
            raise UsageError("table_dn falls somewhere; a linearization table never does")
        self.table_dn = tuple(float(v) for v in table_dn)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        if not self.table_dn:
            return (frame.data,)
        table = frame.data.new_tensor([self.table_dn])
        return frame.data, table.expand(frame.data.shape[0], -1)

    def forward(
        self, dn: Float[Tensor, "b 1 h w"], table_dn: Float[Tensor, "b n"] | None = None
    ) -> Float[Tensor, "b 1 h w"]:
        return dn * 1.0 if table_dn is None else linearize(dn, table_dn)

    def settings(self) -> dict[str, Any]:
        ends = [self.table_dn[0], self.table_dn[-1]] if self.table_dn else []
        return {"entries": len(self.table_dn), "first_and_last_dn": ends}
