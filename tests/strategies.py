"""What hypothesis may draw: patterns, sizes, mosaics, rates; and lists for parametrize."""

import torch
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter
from torch import Tensor

from isp.core.cfa import Cfa

BAYER_PHASES = [Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR]
PATTERNS = [
    *BAYER_PHASES, Cfa.QUAD_RGGB, Cfa.NONA_RGGB, Cfa.RGBW, Cfa.RCCB, Cfa.XTRANS, Cfa.MONO,
]  # fmt: skip


def _print_name(cfa: Cfa, printer: RepresentationPrinter, cycle: bool) -> None:
    printer.text(f"Cfa.{cfa.name}")


# Hypothesis prints a failing pattern field by field, class variables too: RGGB within RGGB
# without end. So a pattern says its name.
Cfa._repr_pretty_ = _print_name  # type: ignore[attr-defined]

bayer_phases = st.sampled_from(BAYER_PHASES)
patterns = st.sampled_from(PATTERNS)
sizes = st.tuples(st.integers(1, 19), st.integers(1, 19))
corners = st.tuples(st.integers(0, 13), st.integers(0, 13))
seeds = st.integers(0, 2**64 - 1)
words = st.integers(0, 2**32 - 1)
rates = st.floats(0, 1e5, allow_nan=False, width=32)


def numbered(height: int, width: int, batch: int = 1) -> Tensor:
    """A mosaic whose photosites all differ: 0, 1, 2, ... in reading order, (b, 1, h, w)."""
    return torch.arange(batch * height * width, dtype=torch.float32).reshape(
        batch, 1, height, width
    )


@st.composite
def mosaics(draw: st.DrawFn, batch: int = 1) -> Tensor:
    """A numbered mosaic of any small size."""
    height, width = draw(sizes)
    return numbered(height, width, batch)
