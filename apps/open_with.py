"""docs/open-with.md: every format we write, opened by the programs that are here."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from apps.report.pages import write_page
from apps.second_programs import PROGRAMS, NotOpened, Program
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FullwellError
from isp.core.frame import Frame
from isp.files.display_codes import code_frame
from isp.files.light import light_of
from isp.files.readback import LIBRARIES, library_version
from isp.files.save import write
from isp.stages.encode import Encode

SIZE = (48, 64)
NOT_TRIED = (
    "Adobe Photoshop, Lightroom and Camera Raw", "Affinity Photo", "Apple Photos, Preview and "
    "Safari", "Android's gallery and Google Photos", "Windows Photos", "Firefox", "GIMP", "Krita",
    "Blender", "DaVinci Resolve", "Nuke",
)  # fmt: skip
START = """# Opening what fullwell writes

Made by `python -m apps.open_with -o docs/open-with.md --force`; every line is what the program
or library in its first column did with a picture of {width} x {height} pixels, on one Linux
machine. "Largest difference" is between the numbers that came back and those that were written:
for codes in units of the file's own code, for light relative to the largest. Pillow gives 8 bits
of whatever it opens; ffmpeg gives 16-bit codes of what is not floating point, which cut light at
1.0.

Linear 1.0 stands for 203 cd/m2 in the HDR samples (`--white` sets another luminance).
"""
END = """
## Not tried here

{names}. None of these is on the machine that made this page, so nothing is claimed about them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """file: its name. what: in words. frame: sdr or light. options: of `write`. bits: of a code."""

    file: str
    what: str
    frame: str
    options: dict[str, Any] = field(default_factory=dict)
    bits: int | None = None


SAMPLES = (
    Sample(file="sdr.png", what="PNG, sRGB", frame="sdr", bits=8),
    Sample(file="pq.png", what="PNG, PQ", frame="light", options={"hdr": "pq"}, bits=16),
    Sample(file="hlg.png", what="PNG, HLG", frame="light", options={"hdr": "hlg"}, bits=16),
    Sample(file="p3.jpg", what="JPEG, Display P3", frame="p3", options={"quality": 100}, bits=8),
    Sample(file="ultra.jpg", what="JPEG, Ultra HDR", frame="light", options={"hdr": "gain_map"}),
    Sample(file="sdr.avif", what="AVIF, sRGB", frame="sdr", bits=10),
    Sample(file="pq.avif", what="AVIF, PQ", frame="light", bits=10),
    Sample(
        file="hlg.avif", what="AVIF, HLG", frame="light", options={"hdr": "hlg", "bit_depth": 12},
        bits=12,
    ),
    Sample(file="pq.heic", what="HEIC, PQ", frame="light", bits=10),
    Sample(file="pq.jxl", what="JPEG XL, PQ", frame="light", options={"hdr": "pq"}, bits=16),
    Sample(file="light.jxl", what="JPEG XL, linear light in half floats", frame="light"),
    Sample(
        file="light32.jxl", what="JPEG XL, linear light in float32", frame="light",
        options={"bit_depth": 32},
    ),
    Sample(file="light.exr", what="OpenEXR", frame="light", options={"space": "bt2020"}),
    Sample(file="light.hdr", what="Radiance", frame="light"),
)  # fmt: skip


def frames() -> dict[str, Frame]:
    """Smooth light of 1/16 to 4 times white in BT.2020, and SDR pictures of it."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    grey = np.exp2(6 * columns / (SIZE[1] - 1) - 4)
    tint = 0.1 * np.sin(rows / 8)
    planes = np.stack([grey * (1 + tint), grey, grey * (1 - tint)])[None].astype(np.float32)
    light = Frame.start(
        torch.from_numpy(planes), Domain.LINEAR, colour=Colour(primaries=PRIMARIES["bt2020"])
    )
    return {
        "light": light,
        "sdr": Encode().develop(light),
        "p3": Encode("p3").develop(light),
    }


def written(sample: Sample, frame: Frame, path: Path) -> NDArray[np.float64]:
    """The numbers that the file holds: codes as 0..1, or light."""
    if sample.bits is None:
        space = "bt709" if path.suffix in (".hdr", ".jpg") else "bt2020"
        return light_of(frame, space, str(path))
    transfer = sample.options.get("hdr", "pq") if frame.domain is Domain.LINEAR else None
    coded = code_frame(path, frame, sample.bits, transfer=transfer)
    return np.asarray(coded.code / (2**sample.bits - 1), dtype=np.float64)


def difference(
    sample: Sample, wanted: NDArray[np.float64], seen: NDArray[np.float64] | None
) -> str:
    """How far what came back is from what was written, in words."""
    if seen is None:
        return ""
    if seen.shape != wanted.shape:
        return f"; it came as {seen.shape[1]} x {seen.shape[0]}"
    if sample.options.get("hdr") == "gain_map" and seen.max() <= 1:
        return "; the SDR base"
    most = float(np.abs(seen - wanted).max())
    if sample.bits is None:
        return f"; largest difference {most / float(np.abs(wanted).max()):.1e}"
    return f"; largest difference {most * (2**sample.bits - 1):.2g} codes"


def rows(
    sample: Sample, path: Path, wanted: NDArray[np.float64], programs: Sequence[Program],
    scratch: Path,
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    """Name, version and what was seen, of each library and program that is asked."""
    for name, read in LIBRARIES.items():
        try:
            seen = read(path)
            said = f"opens it ({seen.facts}){difference(sample, wanted, seen.pixels)}"
        except ValueError as error:
            said = f"does not open it: {error}".replace(str(path), "it")
        yield name, library_version(name), said
    for program in programs:
        if path.suffix not in program.suffixes:
            continue
        version = program.version()
        if version is None:
            yield program.name, "-", "not installed here: not tried"
            continue
        try:
            answer = program.ask(path, scratch)
            said = f"{answer.said}{difference(sample, wanted, answer.pixels)}"
        except (NotOpened, ValueError) as error:
            said = f"does not open it: {error}".replace(str(path), "it")
        yield program.name, version, said


def page(programs: Sequence[Program] = PROGRAMS, samples: Sequence[Sample] = SAMPLES) -> str:
    """The whole page as Markdown."""
    parts = [START.format(width=SIZE[1], height=SIZE[0])]
    made = frames()
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples:
            path, frame = Path(folder) / sample.file, made[sample.frame]
            parts.append(f"\n## {sample.what} (`{sample.file}`)\n")
            try:
                write(path, frame, **sample.options)
            except FullwellError as error:
                parts.append(f"Not written here: {str(error).replace(folder, '.')}.\n")
                continue
            parts.append("| program | version | seen |\n|---|---|---|")
            wanted = written(sample, frame, path)
            for name, version, said in rows(sample, path, wanted, programs, Path(folder)):
                parts.append(f"| {name} | {version} | {said.replace('|', '/')} |")
            parts.append("")
    return "\n".join(parts) + END.format(names=", ".join(NOT_TRIED))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", required=True, type=Path, help="OUT.md")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    return write_page(page, asked.output, force=asked.force)


if __name__ == "__main__":
    sys.exit(main())
