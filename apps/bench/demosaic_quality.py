"""How near demosaics come to photographs: `python -m apps.bench.demosaic_quality -o PAGE`."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from apps.bench.demosaic_page import page
from apps.bench.demosaic_rows import Picture, Row, one_thread, rows_for
from apps.bench.metrics.delta_e import delta_e_2000, linear_from_srgb
from apps.bench.metrics.psnr import psnr_db
from apps.bench.metrics.zipper import zipper_percent
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, FullwellError, MissingError, UsageError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.transfer import encode_srgb
from isp.files.picture import read_picture
from isp.files.safe_write import safe_write
from simulate.sensor import Sensor

FORMAT_VERSION = 1
KODAK = "sdr/kodim*.png"
SCIKIT_IMAGE = ("coffee", "astronaut", "chelsea", "rocket")
PATTERNS = (Cfa.RGGB, Cfa.XTRANS, Cfa.QUAD_RGGB)
BORDER = 8
ROUNDS = 3
FULL_SCALE_E, READ_NOISE_E, SEED = 1000.0, 3.0, 7
VERSIONS = ("torch", "numpy", "rawpy", "colour-demosaicing", "opencv-python-headless",
            "scikit-image")  # fmt: skip
Photograph = tuple[str, Picture]  # name, sRGB code values 0..1, (h, w, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A photograph as linear light (h, w, 3), and two mosaics of it (h, w), 1 = white."""

    name: str
    truth: Picture
    mosaic: Tensor
    noisy: Tensor


def photographs() -> list[Photograph]:
    """The Kodak photographs of FULLWELL_DATA and those that scikit-image carries, native pixels.

    Raises UsageError without FULLWELL_DATA, MissingError without scikit-image.
    """
    folder = os.environ.get("FULLWELL_DATA")
    if folder is None:
        raise UsageError("set FULLWELL_DATA to the folder of the real data")
    paths = sorted(Path(folder).glob(KODAK))
    if not paths:
        raise UsageError(f"no {KODAK} in the folder that FULLWELL_DATA names")
    kodak = [(p.stem, read_picture(p).data[0].permute(1, 2, 0).double().numpy()) for p in paths]
    try:
        from skimage import data
    except ImportError as error:
        raise MissingError("scikit-image is not installed; pip install fullwell[dev]") from error
    others = [(name, np.asarray(getattr(data, name)(), float) / 255) for name in SCIKIT_IMAGE]
    return kodak + others


def scene_of(name: str, encoded: Picture, cfa: Cfa) -> Scene:
    """What every row gets, and what it is judged by."""
    truth = linear_from_srgb(encoded)
    return Scene(
        name=name, truth=truth, mosaic=clean_mosaic(truth, cfa), noisy=noisy_mosaic(truth, cfa)
    )


def clean_mosaic(linear: Picture, cfa: Cfa) -> Tensor:
    """Linear light seen through the pattern, rounded to 16 bits: (h, w)."""
    height, width = linear.shape[:2]
    colours = cfa.colour_map(height, width)[..., None]
    seen = torch.from_numpy(linear).gather(2, colours)[..., 0]
    return (seen * 65535).round() / 65535


def noisy_mosaic(linear: Picture, cfa: Cfa) -> Tensor:
    """The same by a sensor of few electrons; noise above white and below black is kept."""
    sites = cfa.period[0] * cfa.period[1]
    black, gain = 4096.0, 50.0
    profile = SensorProfile(
        name="few electrons", cfa=cfa, bit_depth=16, black_level_dn=(black,) * sites,
        white_level_dn=65535.0,
        readings=(Reading(iso=100, system_gain_dn_per_e=gain, read_noise_e=READ_NOISE_E),),
    )  # fmt: skip
    expected = (FULL_SCALE_E * clean_mosaic(linear, cfa))[None, None].float()
    shot = Shot.single(iso=100, exposure_time_s=0.01)
    frame = Frame.start(expected, Domain.EXPECTED, shot=shot, profile=profile)
    dn = Sensor(profile).capture(frame, SEED).data[0, 0].double()
    return (dn - black) / (gain * FULL_SCALE_E)


def judge(picture: Picture, truth: Picture, *, in_colour: bool = True) -> dict[str, float]:
    """The metrics of one linear picture against the truth, border left out, clipped to 0..1.

    in_colour: whether to take ΔE00 and the zipper effect too, a second a megapixel.
    """
    inside = np.s_[BORDER:-BORDER, BORDER:-BORDER]
    shown, wanted = np.clip(picture, 0, 1)[inside], truth[inside]
    encoded, original = (encode_srgb(torch.from_numpy(p)).numpy() for p in (shown, wanted))
    figures = {
        "psnr_srgb_db": psnr_db(encoded, original),
        "psnr_linear_db": psnr_db(shown, wanted),
    }
    if in_colour:
        figures["delta_e_2000_mean"] = delta_e_2000(shown, wanted).mean
        figures["zipper_percent"] = zipper_percent(shown, wanted)
    return figures


def measure(row: Row, scenes: Sequence[Scene], rounds: int = ROUNDS) -> dict[str, Any]:
    """One row: metrics of each photograph, its noisy PSNR, and the time a megapixel takes."""
    seconds = pixels = 0.0
    each: dict[str, dict[str, float]] = {}
    for scene in scenes:
        picture, took = row.run(scene.mosaic, rounds)
        noisy, _ = row.run(scene.noisy, 1)
        after_noise = judge(noisy, scene.truth, in_colour=False)
        each[scene.name] = judge(picture, scene.truth) | {
            "noisy_psnr_srgb_db": after_noise["psnr_srgb_db"],
            "noisy_psnr_linear_db": after_noise["psnr_linear_db"],
        }
        seconds += took
        pixels += scene.mosaic.numel()
    return {
        "name": row.name, "ours": row.ours,
        "ms_per_megapixel": 1e9 * seconds / pixels, "photographs": each,
    }  # fmt: skip


def run(
    photos: Sequence[Photograph],
    patterns: Sequence[Cfa] = PATTERNS,
    rounds: int = ROUNDS,
    watch: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """The record of a whole run: what was compared, on what, and every figure."""
    tables: dict[str, list[dict[str, Any]]] = {}
    load = os.getloadavg()[0]
    for cfa in patterns:
        tables[cfa.name] = []
        scenes = [scene_of(name, encoded, cfa) for name, encoded in photos]
        for row in rows_for(cfa):
            watch(f"{cfa.name}: {row.name}")
            tables[cfa.name].append(measure(row, scenes, rounds))
    return {
        "format_version": FORMAT_VERSION,
        "date": date.today().isoformat(),
        "photographs": {name: list(photo.shape[:2]) for name, photo in photos},
        "border": BORDER,
        "rounds": rounds,
        "noise": {"full_scale_e": FULL_SCALE_E, "read_noise_e": READ_NOISE_E, "seed": SEED},
        "machine": {
            "python": platform.python_version(), "machine": platform.machine(), "threads": 1,
            "load_average_at_start": round(load, 2), "versions": _versions(),
        },
        "tables": tables,
    }  # fmt: skip


def _versions() -> dict[str, str]:
    found = {}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def read_record(path: Path) -> Mapping[str, Any]:
    """Read a record that `--keep` wrote.

    Raises FileError when it is something else.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        kept = record["format_version"]
    except (OSError, ValueError) as error:
        raise FileError(path, f"not a readable record ({error})") from error
    except (KeyError, TypeError) as error:
        raise FileError(path, "not a record of apps.bench.demosaic_quality") from error
    if kept != FORMAT_VERSION:
        raise FileError(path, f"record format {kept!r} is not {FORMAT_VERSION}")
    return dict(record)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure or read a record, write the page; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m apps.bench.demosaic_quality", description=__doc__
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="markdown page to write")
    parser.add_argument("--keep", type=Path, help="also write the record of the run as JSON")
    parser.add_argument(
        "--record", type=Path, help="write the page of this record; measure nothing"
    )
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    try:
        if asked.record is None:
            one_thread()
            record: Mapping[str, Any] = run(
                photographs(), watch=lambda name: print(name, file=sys.stderr)
            )
        else:
            record = read_record(asked.record)
        if asked.keep:
            with safe_write(asked.keep, force=asked.force) as place:
                place.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        with safe_write(asked.output, force=asked.force) as place:
            place.write_text(page(record), encoding="utf-8")
    except FullwellError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
