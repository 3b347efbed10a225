"""A stage's output in a few bits: what an integer pipe loses, seen stage by stage."""

import copy
import math
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.stage import Masks, Run, Stage

MOST_BITS = 16  # of which float32 still leaves 8 for the place between two codes


def quantise(values: Float[Tensor, "*s"], bits: int, top: float = 1.0) -> Float[Tensor, "*s"]:
    """Round to the nearest of 2^bits codes over 0..top, half to even; values outside are clipped.

    The codes come back as values: code / (2^bits - 1) * top.

    Source: CONVENTIONS section 2 (rounding).

    >>> quantise(torch.tensor([-0.2, 0.4, 0.5, 1.3]), 1).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    last = 2**bits - 1
    per_unit = last / top
    codes: Tensor = torch.round((values * per_unit).clamp(0, last))
    return codes.div(per_unit)


class Quantised(Stage):
    """Another stage, whose output is rounded and clipped to a number of bits.

    bits: 1 to 16. The codes cover 0..2^bits - 1 in RAW, 0..1 in SDR, and 0..headroom in MOSAIC,
        CAMERA, LINEAR and HDR.
    headroom: what the largest code means there; above 1 leaves room for balanced highlights.

    Masks stay the inner stage's. They tell what the sensor saw: `measured` that a photosite was
    inside its range, `clipped` what is to be invented anew; light that only the pipe's codes could
    not hold was seen, and a generative stage must not invent it. What the clip costs is counted
    in the history, values `below` and `above` the range, and the report says it.

    Source: the masks' contract (Frame), CONVENTIONS section 2 (each clip returns its count).

    Raises UsageError for bits or a headroom out of range, or a domain that has no codes.
    """

    def __init__(self, inner: Stage, bits: int, headroom: float = 1.0) -> None:
        super().__init__()
        if not 1 <= bits <= MOST_BITS:
            raise UsageError(f"bits of {inner.name} are 1 to {MOST_BITS}, not {bits}")
        if not (math.isfinite(headroom) and headroom > 0):
            raise UsageError(f"headroom of {inner.name} is above 0, not {headroom}")
        domain = inner.domain_out
        if domain < Domain.RAW:
            raise UsageError(f"{inner.name} gives {domain.name}, which is not stored in bits")
        if headroom != 1 and domain in (Domain.RAW, Domain.SDR):
            raise UsageError(f"{inner.name} gives {domain.name}, whose codes have no headroom")
        self.inner = inner
        self.whole_frame = inner.whole_frame  # type: ignore[misc]  # the inner stage's own
        self.tileable = inner.tileable  # type: ignore[misc]
        self.place_input = inner.place_input  # type: ignore[misc]
        self.surveys = inner.surveys
        self.counts = (*inner.counts, "below", "above")  # type: ignore[misc]
        self.bits = bits
        self.headroom = float(headroom)
        self.top = float(2**bits - 1) if domain is Domain.RAW else self.headroom
        self.domain_in, self.domain_out = inner.domain_in, domain  # type: ignore[misc]  # the inner stage's
        self.halo, self.multiple, self.aligned = inner.halo, inner.multiple, inner.aligned
        self.mask_support = inner.mask_support
        self.exportable = inner.exportable  # type: ignore[misc]  # the inner stage's

    @property
    def name(self) -> str:
        return self.inner.name

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return self.inner.inputs(frame)

    # The exporter takes no *inputs, and inner stages have one to eight.
    def forward(
        self,
        data: Tensor,
        second: Tensor | None = None,
        third: Tensor | None = None,
        fourth: Tensor | None = None,
        fifth: Tensor | None = None,
        sixth: Tensor | None = None,
        seventh: Tensor | None = None,
        eighth: Tensor | None = None,
    ) -> Tensor:
        more = (second, third, fourth, fifth, sixth, seventh, eighth)
        output: Tensor = self.inner(data, *(tensor for tensor in more if tensor is not None))
        return quantise(output, self.bits, self.top)

    def carry_masks(self, frame: Frame) -> Masks:
        return self.inner.carry_masks(frame)

    def spoilt(self, mask: Tensor) -> Tensor:
        return self.inner.spoilt(mask)

    def masks_after(self, measured: Tensor, clipped: Tensor, run: Run) -> tuple[Tensor, Tensor]:
        return self.inner.masks_after(measured, clipped, run)

    def settled(self, frame: Frame) -> Stage:
        stage = copy.copy(self)
        stage._modules = {"inner": self.inner.settled(frame)}
        stage.surveys = False
        return stage

    def develop(self, frame: Frame) -> Frame:
        """Run the inner stage as it runs alone, then round its picture."""
        done = self.inner.develop(frame)
        *before, (name, parameters) = done.history
        note: dict[str, Any] = {
            "bits": self.bits,
            "top": self.top,
            "below": int((frame.own(done.data) < 0).sum()),
            "above": int((frame.own(done.data) > self.top).sum()),
        }
        return replace(
            done,
            data=quantise(done.data, self.bits, self.top),
            history=(*before, (name, parameters | {"quantised": note})),
        )
