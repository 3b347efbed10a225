"""Measure what a development holds at once, whole and in tiles, and write the page of it.

`python -m apps.bench.tile_memory [-o docs/tiles.md]`; bytes of tensors, the same on every machine.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from apps.bench.tensor_memory import bytes_of, peak_bytes
from apps.recipes import DEMOSAICS, Recipe, Step
from apps.report.pages import write_page
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import raw_masks
from isp.core.pipeline import Pipeline
from isp.core.shot import Shot
from isp.core.tiles import SIDE, tiled
from isp.files.profile import load_profile

SIDES = (1024, 2048)
SHORT = ("black_level", "defects", "white_balance", "highlights", "malvar2004", "colour_matrix",
         "exposure", "reinhard2002", "encode")  # fmt: skip
LONG = ("black_level", "dynamic_defects", "lens_shading", "white_balance", "highlights",
        "gbtf_root", "colour_matrix", "chroma_denoise", "sharpen", "exposure", "agx",
        "encode")  # fmt: skip
HEAD = """# Tiles: memory that does not grow with the frame

Measured and written by

```
{command}
```

`fullwell develop --tile {side}` and `fullwell.tiled(pipeline)` develop a frame tile by tile,
through as many stages in a row as can be, and give the same bits as whole frames. The table has
what a development held at its peak beyond the raw frame that it took and the picture that it gave,
in megabytes of tensors (what a kernel takes for itself in between is not in it), from a raw of
noise. Tiles have {side} pixels a side and a margin as wide as their run of stages reaches.

| stages | megapixels | the picture, MB | beyond it: whole frames, MB | in tiles, MB |
|---|---|---|---|---|
"""
FOOT = """
A run of tiles ends before a stage that looks at the whole frame first (`grey_world`, automatic
exposure, `reinhard_devlin2005`) and around one that takes it whole (`rebuild_highlights`,
`durand2002`, `local_laplacian`, warps, opcode lists, functions and programs of yours); there the
frame in between is held too. How a stage of your own takes part:
[own-stage.md](own-stage.md).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one development held, bytes."""

    stages: tuple[str, ...]
    pixels: int
    picture: int
    whole: int
    tiles: int


def raw_of_noise(side: int) -> Frame:
    """Noise over the whole range of a phone's DN, some of it clipped."""
    profile = load_profile("GenericPhone")
    generator = torch.Generator().manual_seed(side)
    dn = torch.rand(1, 1, side, side, generator=generator).mul_(1000).round_().add_(40)
    dn = dn.clamp_(max=profile.white_level_dn)
    shot = Shot.single(iso=100, exposure_time_s=0.01, f_number=2.8, white_balance=(2.0, 1.0, 1.6))
    measured, clipped = raw_masks(dn, profile, shot.iso)
    return Frame.start(
        dn, Domain.RAW, shot=shot, profile=profile, measured=measured, clipped=clipped
    )


def measure(stages: tuple[str, ...], side: int) -> Row:
    """Develop a square frame whole and in tiles."""
    recipe = Recipe(steps=tuple(Step(name=name, stage=name) for name in stages))
    pipeline, frame = recipe.build(Cfa.RGGB), raw_of_noise(side)
    picture, whole = _held(pipeline, frame)
    _, tiles = _held(tiled(pipeline), frame)
    return Row(stages=stages, pixels=side * side, picture=picture, whole=whole, tiles=tiles)


def _held(pipeline: Pipeline, frame: Frame) -> tuple[int, int]:
    """Bytes of the picture, and beyond the frame and it at the peak."""
    results: list[Frame] = []
    ends = [frame.data, frame.measured, frame.clipped, frame.generated]
    peak = peak_bytes(lambda: results.append(pipeline.develop(frame)), known=ends)
    (result,) = results
    picture = bytes_of([result.data, result.measured, result.clipped, result.generated])
    return picture, peak - picture


def page(rows: Sequence[Row], command: str) -> str:
    """The rows as the page."""
    lines = [
        f"| {row.stages[0]} … {row.stages[-1]}, {len(row.stages)} stages with {_demosaic(row)} | "
        f"{row.pixels / 1e6:.1f} | {row.picture / 1e6:.0f} | {row.whole / 1e6:.0f} | "
        f"{row.tiles / 1e6:.0f} |\n"
        for row in rows
    ]
    return HEAD.format(command=command, side=SIDE) + "".join(lines) + FOOT


def _demosaic(row: Row) -> str:
    return next(name for name in row.stages if name in DEMOSAICS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or print the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.bench.tile_memory")
    parser.add_argument("-o", "--output", type=Path, help="markdown page to write")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    output = "" if asked.output is None else f" -o {asked.output}"
    command = f"python -m apps.bench.tile_memory{output}"

    def make() -> str:
        return page([measure(stages, side) for stages in (SHORT, LONG) for side in SIDES], command)

    return write_page(make, asked.output, force=asked.force)


if __name__ == "__main__":
    sys.exit(main())
