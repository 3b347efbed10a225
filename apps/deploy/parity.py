"""Proof that a graph gives what torch gives, in image terms."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.bench.metrics.delta_e import delta_e_2000, linear_from_srgb
from apps.deploy.cpu_session import Array
from apps.deploy.stage_graph import DATA, PlannedGraph, inputs_of
from isp.core.domain import Domain
from isp.core.errors import CheckError
from isp.core.frame import Frame

CODES = 4095  # a DN of 12 bits: 1.0 is white, or the display's
LIMIT = 1e-4  # of white, or of the largest value above it
PERFECT_DB = 200.0  # two pictures equal to the bit have no PSNR


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityRow:
    """How far a graph is from torch on one frame.

    largest: absolute difference, in parts of the larger of 1 and the picture's largest value.
    dn_max, dn_p999: of 12 bits. psnr_db: peak 1; equal pictures say 200. delta_e_2000_max: of SDR
    pictures. masks_equal: both masks, every pixel.
    """

    graph: str
    size: tuple[int, int]
    largest: float
    dn_max: float
    dn_p999: float
    psnr_db: float
    delta_e_2000_max: float | None
    masks_equal: bool

    def record(self) -> dict[str, Any]:
        """The row as plain values."""
        return asdict(self) | {"size": list(self.size)}


def decibels(picture: Array, true: NDArray[Any]) -> float:
    """PSNR with a peak of 1; 200 for equal pictures, which have none, so that JSON can hold it."""
    error = float(np.square(picture.astype(np.float64) - true).mean())
    return PERFECT_DB if error == 0 else -10 * float(np.log10(error))


def difference(graph: str, found: Sequence[Array], wanted: Frame) -> ParityRow:
    """Compare a graph's picture, measured and clipped with the frame that torch developed."""
    picture, measured, clipped = (np.asarray(a) for a in found)
    true = wanted.data.numpy().astype(np.float64)
    away = np.abs(picture.astype(np.float64) - true)
    scale = max(1.0, float(np.abs(true).max())) if true.size else 1.0
    colours = None
    if wanted.domain is Domain.SDR:
        pictures = (linear_from_srgb(np.moveaxis(p[0], 0, -1)) for p in (picture, true))
        colours = delta_e_2000(*pictures).max
    return ParityRow(
        graph=graph,
        size=wanted.size,
        largest=float(away.max()) / scale,
        dn_max=float(away.max()) * CODES,
        dn_p999=float(np.quantile(away, 0.999)) * CODES,
        psnr_db=decibels(picture, true),
        delta_e_2000_max=colours,
        masks_equal=bool(
            np.array_equal(measured > 0, wanted.measured.numpy())
            and np.array_equal(clipped > 0, wanted.clipped.numpy())
        ),
    )


def feeds(plan: PlannedGraph, frame: Frame) -> dict[str, Array]:
    """What a graph takes of a frame, by the names of its inputs."""
    data, measured, clipped, values = inputs_of(plan, frame)
    names = (*DATA, *(given.name for given in plan.inputs))
    tensors = (data, measured, clipped, *values)
    return {n: t.contiguous().numpy() for n, t in zip(names, tensors, strict=True)}


def check_fp32(rows: Sequence[ParityRow]) -> None:
    """Refuse graphs that are further from torch than a full-precision graph may be.

    Raises CheckError naming the graph and by how much.
    """
    for row in rows:
        if not row.largest <= LIMIT:
            raise CheckError(
                f"the graph {row.graph} is {row.largest:.2g} of white from torch at "
                f"{row.size[1]} x {row.size[0]}, more than {LIMIT:g}; nothing was written"
            )
        if not row.masks_equal:
            raise CheckError(
                f"the graph {row.graph} has other masks than torch at "
                f"{row.size[1]} x {row.size[0]}; nothing was written"
            )
