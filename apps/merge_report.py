"""Measure merging, and hold real brackets beside another program's merge.

`FULLWELL_DATA=DATA python -m apps.merge_report -o docs/merge.md` writes the page and its pictures.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from apps.merge_measures import (
    clean,
    false_rejections,
    flat_field,
    limit_e,
    lying_shutter,
    moving_square,
)
from apps.merge_pages import page_of_measures, page_of_pictures
from apps.merge_peers import (
    Agreement,
    PeerMerge,
    agreement,
    merged_by_pfstools,
    response_of_codes,
)
from apps.report.pages import write_page
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame, reopen
from isp.core.response import Response
from isp.files.bracket_list import with_noted_exposures
from isp.files.open import read
from isp.files.picture import write_picture
from isp.files.profile import load_profile
from isp.merge.bracket import Merged, merge
from isp.merge.mertens2007 import fuse_pictures
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.tone.reinhard2002 import ReinhardTone

CAMERA = "EMVA-CCD"
BRACKETS = ((-2, 0), (-4, -2, 0), (-6, -3, 0))
LEVELS = (1.0, 10.0, 100.0, 1000.0, 8000.0)
FAR_APART = ((-4, 0), (-8, 0))
NEAR_LIMIT = (-6, -4, -3, -2, -1, 0, 1, 2, 3, 4)
SEED = 1
BORDER = (0, 0, 255)  # of memorial's registered scans: no data


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the page and its pictures; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.merge_report")
    parser.add_argument("-o", "--output", type=Path, required=True, help="markdown page to write")
    parser.add_argument("--side", type=int, default=400, help="photosites of a simulated side")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)

    def text() -> str:
        pictures = asked.output.parent / "images/merge"
        return measures(asked.side) + real(pictures, force=asked.force)

    return write_page(text, asked.output, force=asked.force)


def measures(side: int) -> str:
    """The simulated half of the page."""
    profile = clean(load_profile(CAMERA))
    top = limit_e(profile)
    near = [top + k * top**0.5 for k in NEAR_LIMIT]
    evs = BRACKETS[1]
    return page_of_measures(
        camera=profile.name,
        side=side,
        flats={
            e: [flat_field(profile, level, e, side, SEED) for level in LEVELS] for e in BRACKETS
        },
        switch={
            e: [
                (k, flat_field(profile, level, e, side, SEED))
                for k, level in zip(NEAR_LIMIT, near, strict=True)
            ]
            for e in (*BRACKETS, *FAR_APART)
        },
        rejections=[
            (level, asked, false_rejections(profile, level, evs, side, SEED, asked))
            for level in LEVELS
            for asked in (1e-2, 1e-3)
        ],
        lies=[lying_shutter(profile, j, evs, side, SEED + i) for i, j in enumerate((2, 10, 40))],
        ghosts=[moving_square(profile, c, (-2, 0, 2), side, SEED) for c in (0.5, 1, 2, 4, 16)],
    )


def real(folder: Path, *, force: bool) -> str:
    """The half of the page about photographs; writes their pictures into the folder."""
    data = os.environ.get("FULLWELL_DATA")
    if data is None:
        raise UsageError("set FULLWELL_DATA to the folder of the real data")
    rows: list[Agreement] = []
    files, frames = pictures_of(Path(data) / "sdr/bracket_frobisher")
    room = by_pfstools(files, frames)
    rows += compared("frobisher", frames, room)
    show(folder, "frobisher_srgb", frames, Response.srgb(), force=force, assumed=True)
    show(folder, "frobisher", frames, room.response, force=force, tops=room.tops)
    show_fused(folder, "frobisher", frames, force=force)
    # Memorial's pictures are not ours to show.
    files, frames = pictures_of(Path(data) / "sdr/bracket_memorial")
    rows += compared("memorial", frames, by_pfstools(files, frames))
    rows.append(beside_opencv(Path(data) / "hdr/opencv_reference", frames))
    _, frames = pictures_of(Path(data) / "sdr/bracket_house")
    show(folder, "house", frames, Response.srgb(), force=force, assumed=True)
    show_fused(folder, "house", frames, force=force)
    return page_of_pictures(rows, folder.name)


def pictures_of(folder: Path) -> tuple[list[Path], list[Frame]]:
    """The files of a bracket in their list's order, and what they hold; borders unmeasured."""
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".png"))
    frames = with_noted_exposures(files, [read(file) for file in files])
    border = torch.tensor(BORDER).reshape(1, 3, 1, 1) / 255
    empty = torch.stack([(f.data == border).all(dim=1, keepdim=True) for f in frames]).any(dim=0)
    return files, [replace(f, measured=f.measured & ~empty) for f in frames]


def by_pfstools(files: Sequence[Path], frames: Sequence[Frame]) -> PeerMerge:
    """The other program's merge, at the times that the frames note."""
    return merged_by_pfstools(files, [float(f.shot.need("exposure_time_s")[0]) for f in frames])


def compared(name: str, frames: Sequence[Frame], peer: PeerMerge) -> list[Agreement]:
    """Our merge beside that of pfstools, with the response that it found."""
    rows = []
    for deghost in (False, True):
        merged = by_response(frames, peer.response, deghost=deghost)
        label = f"{name}, pfshdrcalibrate" + (", ours deghosted" if deghost else "")
        ours = light_of(merged) * np.array(peer.tops)
        rows.append(agreement(label, ours, peer.light, merged.frame.measured[0, 0].numpy()))
    return rows


def beside_opencv(folder: Path, frames: Sequence[Frame]) -> Agreement:
    """Our merge of memorial beside OpenCV's stored one, with OpenCV's response (B, G, R)."""
    table = np.loadtxt(folder / "run_calibrate_debevec.csv", delimiter=",")
    response, tops = response_of_codes([table[:, c] for c in (2, 1, 0)], "OpenCV Debevec")
    merged = by_response(frames, response, deghost=False)
    theirs = read(folder / "run_merge_debevec.hdr").data[0].permute(1, 2, 0).double().numpy()
    ours = light_of(merged) * np.array(tops)
    return agreement(
        "memorial, OpenCV MergeDebevec", ours, theirs, merged.frame.measured[0, 0].numpy()
    )


def by_response(
    frames: Sequence[Frame], response: Response, *, deghost: bool, assumed: bool = False
) -> Merged:
    """Merge pictures by a response that is at hand, on the scale of 1 s.

    assumed: nobody measured the response; exposures are then left to the frames.
    """
    light = [reopen(frame, Domain.LINEAR, response) for frame in frames]
    measure = None if assumed else False
    return merge(light, response=response, deghost=deghost, measure_exposures=measure)


def light_of(merged: Merged) -> NDArray[np.float64]:
    """(h, w, 3) linear light."""
    return merged.frame.data[0].permute(1, 2, 0).double().numpy()


def show(
    folder: Path, name: str, frames: Sequence[Frame], response: Response, *, force: bool,
    tops: Sequence[float] = (1.0, 1.0, 1.0), assumed: bool = False,
) -> None:  # fmt: skip
    """Write the merged light of pictures, tone-mapped.

    tops: of the response's channels, for their balance. assumed: see `by_response`.
    """
    light = by_response(frames, response, deghost=True, assumed=assumed).frame
    light = replace(light, data=light.data * light.data.new_tensor(tops).reshape(1, 3, 1, 1))
    toned = ReinhardTone(white=8.0).develop(Exposure("auto").develop(light))
    folder.mkdir(parents=True, exist_ok=True)
    write_picture(folder / f"{name}.jpg", Encode().develop(toned), quality=80, force=force)


def show_fused(folder: Path, name: str, frames: Sequence[Frame], *, force: bool) -> None:
    """Write the fusion of the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    write_picture(folder / f"{name}_fused.jpg", fuse_pictures(frames), quality=80, force=force)


if __name__ == "__main__":
    sys.exit(main())
