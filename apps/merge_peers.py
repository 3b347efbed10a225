"""A second program's merge of the same pictures: pfstools, run as it is."""

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from isp.core.errors import FileError, MissingError
from isp.core.response import Response

PROGRAMS = ("pfsinhdrgen", "pfshdrcalibrate", "pfsoutpfm")
SECONDS = 300
CHANNELS = ("IR", "IG", "IB")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeerMerge:
    """What the other program made: light (h, w, 3), the response it found, each curve's top.

    tops: response at the largest code of R, G and B, by which the curves were divided.
    """

    light: NDArray[np.float64]
    response: Response
    tops: tuple[float, ...]


def merged_by_pfstools(files: Sequence[Path], times_s: Sequence[float]) -> PeerMerge:
    """Merge pictures by `pfshdrcalibrate`, which finds the response itself (Robertson 2003).

    Raises MissingError where pfstools is not installed, FileError when it fails.
    """
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise MissingError(f"{', '.join(missing)} not found; install pfstools")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = []
        for number, (file, time) in enumerate(zip(files, times_s, strict=True)):
            link = folder / f"{number}{file.suffix}"  # its script holds no blanks in names
            link.symlink_to(file.resolve())
            rows.append(f"{link} {1 / time} 8 100 0")
        (folder / "a.hdrgen").write_text("\n".join(rows) + "\n", encoding="utf-8")
        chain = "pfsinhdrgen a.hdrgen | pfshdrcalibrate -s a.m | pfsoutpfm a.pfm"
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", chain], cwd=folder, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        if ran.returncode or not (folder / "a.pfm").is_file():
            raise FileError(files[0], f"pfstools failed on its bracket: {shlex.quote(ran.stderr)}")
        response, tops = read_pfs_response(folder / "a.m")
        return PeerMerge(light=read_pfm(folder / "a.pfm"), response=response, tops=tops)


def read_pfs_response(path: Path) -> tuple[Response, tuple[float, ...]]:
    """The curves of R, G and B that pfstools saved, and what each reaches at its largest code.

    A block is "# name: IR", more comments, and lines of log10 response, code, response.

    Raises FileError.
    """
    blocks: dict[str, list[list[float]]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            name = line.partition("name:")[2].strip() or name
        elif line.split() and name in CHANNELS:
            blocks.setdefault(name, []).append([float(field) for field in line.split()])
    if set(blocks) != set(CHANNELS):
        raise FileError(path, f"it holds curves of {sorted(blocks)}, not of {', '.join(CHANNELS)}")
    tables = [np.array(blocks[name]) for name in CHANNELS]
    return response_of_codes([table[:, 2] for table in tables], "pfshdrcalibrate")


def response_of_codes(
    curves: Sequence[NDArray[np.float64]], name: str
) -> tuple[Response, tuple[float, ...]]:
    """Exposure of each code, R, G, B, as one response from 0 to 1; and the tops it was divided by.

    A curve that falls in places is taken to stay level there.
    """
    exposures = []
    for curve in curves:
        rising = np.maximum.accumulate(np.nan_to_num(np.asarray(curve, dtype=np.float64)))
        rising[0] = 0.0
        # A slope that nobody sees keeps the knots strictly rising.
        rising = rising / rising[-1] + 1e-9 * np.arange(len(rising))
        exposures.append(rising / rising[-1])
    codes = np.linspace(0, 1, len(exposures[0]))
    response = Response(
        torch.from_numpy(np.stack([codes] * len(curves))),
        name,
        exposure=torch.from_numpy(np.stack(exposures)),
    )
    return response, tuple(float(np.nanmax(curve)) for curve in curves)


def read_pfm(path: Path) -> NDArray[np.float64]:
    """(h, w, 3) of a portable float map in colour, whose rows run from the bottom up.

    Raises FileError.
    """
    content = path.read_bytes()
    try:
        kind, size, scale, rest = content.split(b"\n", 3)
        width, height = (int(part) for part in size.split())
        order = "<f4" if float(scale) < 0 else ">f4"
        pixels = np.frombuffer(rest, dtype=order).reshape(height, width, 3)
    except ValueError as error:
        raise FileError(path, f"it is no portable float map in colour ({error})") from error
    if kind != b"PF":
        raise FileError(path, f"it begins with {kind[:8]!r}, not with PF")
    return pixels[::-1].astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How two merges agree on the pixels that both measured.

    channel_ratios: median of R and of B, each over that of G (1, 1 when the colours agree).
    rms_stops, worst_stops: of log2 of the ratio, its median removed; 99th percentile for worst.
    """

    name: str
    pixels: int
    compared_percent: float
    median_ratio: float
    channel_ratios: tuple[float, float]
    rms_stops: float
    worst_stops: float


def agreement(
    name: str,
    ours: NDArray[np.float64],
    theirs: NDArray[np.float64],
    measured: NDArray[np.bool_],
) -> Agreement:
    """Compare light (h, w, 3) where it was measured and both are above 0."""
    both = measured & (ours > 0).all(axis=-1) & (theirs > 0).all(axis=-1)
    logs = np.log2(ours[both] / theirs[both])
    middle = np.median(logs)
    channels = np.median(logs, axis=0)
    return Agreement(
        name=name,
        pixels=both.size,
        compared_percent=100 * float(both.mean()),
        median_ratio=float(2**middle),
        channel_ratios=(
            float(2 ** (channels[0] - channels[1])), float(2 ** (channels[2] - channels[1])),
        ),
        rms_stops=float(np.sqrt(np.mean((logs - middle) ** 2))),
        worst_stops=float(np.percentile(np.abs(logs - middle), 99)),
    )  # fmt: skip
