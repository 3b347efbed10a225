"""Programs outside Python that open pictures: how each is asked, and what it answers."""

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isp.files.readback import by_openimageio

TIME_LIMIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """said: in a few words. pixels: what it decoded, codes as 0..1; None where it only told."""

    said: str
    pixels: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """name: of the executable. suffixes: that it is asked about. ask: (path, scratch folder)."""

    name: str
    version_arguments: Sequence[str]
    suffixes: Sequence[str]
    ask: Callable[[Path, Path], Answer]

    def version(self) -> str | None:
        """First number in what it says of itself, or None where it is not installed."""
        if shutil.which(self.name) is None:
            return None
        done = _run([self.name, *self.version_arguments])
        found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
        return found.group() if found else "unknown"


class NotOpened(Exception):
    """A program did not open a picture; the message says what it said."""


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False,
            timeout=TIME_LIMIT_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NotOpened(f"no answer in {TIME_LIMIT_S} s") from error


def _said(command: Sequence[str], path: Path) -> str:
    done = _run(command)
    text = done.stdout + done.stderr
    if done.returncode:
        lines = [re.sub(r"\[[^]]*\]|0x[0-9a-f]+", "", line).strip() for line in text.splitlines()]
        words = [line.replace(str(path), "it") for line in lines if line]
        raise NotOpened(re.sub(r"/\S+/", "", words[0])[:100] if words else "it failed")
    return text


def _field(text: str, name: str) -> str:
    found = re.search(rf"{re.escape(name)}\s*: *(.+)", text)
    return found.group(1).strip() if found else "?"


def ask_avifdec(path: Path, scratch: Path) -> Answer:
    """Signal from --info, codes through a PNG of 16 bits."""
    text = _said(["avifdec", "--info", str(path)], path)
    out = scratch / f"{path.stem}.avifdec.png"
    _said(["avifdec", "--depth", "16", str(path), str(out)], path)
    codes = "/".join(
        _field(text, f"* {n}") for n in ("Color Primaries", "Transfer Char.", "Matrix Coeffs.")
    )
    return Answer(
        said=f"{_field(text, '* Bit Depth')} bit, {codes}, {_field(text, '* Range').lower()} range",
        pixels=by_openimageio(out).pixels,
    )


def ask_heif_info(path: Path, scratch: Path) -> Answer:
    """What heif-info lists."""
    text = _said(["heif-info", str(path)], path)
    level = re.search(r"max content light level: (\d+)\s+max pic average light level: (\d+)", text)
    said = f"profile {_field(text, 'color profile')}"
    return Answer(said=said + (f", MaxCLL {level[1]}, MaxFALL {level[2]}" if level else ""))


def ask_heif_convert(path: Path, scratch: Path) -> Answer:
    """Codes through a PNG."""
    out = scratch / f"{path.stem}.heif.png"
    _said(["heif-convert", str(path), str(out)], path)
    seen = by_openimageio(out)
    return Answer(said=f"converted to a PNG of {seen.facts.split(',')[0]}", pixels=seen.pixels)


def ask_djxl(path: Path, scratch: Path) -> Answer:
    """Codes through a PNG of 16 bits, light through a PFM."""
    for suffix in (".pfm", ".png"):
        out = scratch / f"{path.stem}.djxl{suffix}"
        try:
            _said(["djxl", str(path), str(out)], path)
            pixels = by_openimageio(out).pixels
        except (NotOpened, ValueError):
            continue
        if suffix == ".pfm":  # the two do not agree which row of a PFM comes first
            pixels = pixels[::-1]
        return Answer(said=f"decoded to {suffix[1:].upper()}", pixels=pixels)
    raise NotOpened("neither PFM nor PNG came out")


def ask_jxlinfo(path: Path, scratch: Path) -> Answer:
    """What jxlinfo lists."""
    text = _said(["jxlinfo", "-v", str(path)], path)
    return Answer(said=_field(text, "Color space").partition(", rendering")[0])


def ask_exiftool(path: Path, scratch: Path) -> Answer:
    """What exiftool finds of colour and structure."""
    tags = ("ColorPrimaries", "TransferCharacteristics", "ProfileDescription", "NumberOfImages",
            "Chromaticities", "WhiteLuminance", "ImageDescription")  # fmt: skip
    text = _said(["exiftool", "-s", *(f"-{tag}" for tag in tags), str(path)], path)
    found = (f"{tag} {_field(text, tag)}" for tag in tags if _field(text, tag) != "?")
    return Answer(said="; ".join(found) or "the file's type, nothing of colour")


def ask_ffmpeg(path: Path, scratch: Path) -> Answer:
    """Signal by ffprobe, codes as 16-bit RGB."""
    entries = "stream=width,height,pix_fmt,color_primaries,color_transfer"
    text = _said(
        ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "default=nk=1:nw=1", str(path)],
        path,
    ).split()
    if len(text) < 3:
        raise NotOpened("no picture found in it")
    width, height, *facts = text[:5]
    out = scratch / f"{path.stem}.{path.suffix[1:]}.ffmpeg.rgb"
    is_float = "f32" in facts[0]
    _said(["ffmpeg", "-v", "error", "-y", "-i", str(path), "-frames:v", "1", "-pix_fmt",
           "gbrpf32le" if is_float else "rgb48le", "-f", "rawvideo", str(out)], path)  # fmt: skip
    if is_float:
        planes = np.fromfile(out, dtype="<f4").reshape(3, int(height), int(width))
        return Answer(said=", ".join(facts), pixels=np.moveaxis(planes[[2, 0, 1]], 0, -1))
    codes = np.fromfile(out, dtype="<u2").reshape(int(height), int(width), 3)
    return Answer(said=", ".join(facts), pixels=codes / 65535)


def ask_chromium(path: Path, scratch: Path) -> Answer:
    """Whether a page shows it, and how large."""
    page = scratch / f"{path.stem}.{path.suffix[1:]}.html"
    page.write_text(
        f'<body><img src="{path.as_uri()}" '
        "onload=\"document.body.id='shown '+this.naturalWidth+' x '+this.naturalHeight\" "
        "onerror=\"document.body.id='not shown'\"></body>"
    )
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]
    profile = f"--user-data-dir={scratch / 'chromium'}"
    text = _said(["chromium", *flags, profile, "--dump-dom", page.as_uri()], path)
    found = re.search(r'<body id="([^"]+)"', text)
    if found is None or found[1] == "not shown":
        raise NotOpened("a page does not show it")
    return Answer(said=f"{found[1]} in a page")


def ask_darktable(path: Path, scratch: Path) -> Answer:
    """Whether darktable develops it to a PNG."""
    out = scratch / f"{path.stem}.{path.suffix[1:]}.darktable.png"
    settings = ["--core", "--configdir", str(scratch / "darktable"), "--library", ":memory:"]
    _said(["darktable-cli", str(path), str(out), *settings], path)
    if not out.is_file():
        raise NotOpened("nothing came out")
    height, width = by_openimageio(out).pixels.shape[:2]
    return Answer(said=f"developed to {width} x {height}, through its own tone curve")


HEIF = (".avif", ".heic")
EVERY = (".png", ".jpg", ".avif", ".heic", ".jxl", ".exr", ".hdr")
PROGRAMS = (
    Program(name="avifdec", version_arguments=["--version"], suffixes=(".avif",), ask=ask_avifdec),
    Program(name="heif-info", version_arguments=["-h"], suffixes=HEIF, ask=ask_heif_info),
    Program(name="heif-convert", version_arguments=["-h"], suffixes=HEIF, ask=ask_heif_convert),
    Program(name="djxl", version_arguments=["--version"], suffixes=(".jxl",), ask=ask_djxl),
    Program(name="jxlinfo", version_arguments=["--version"], suffixes=(".jxl",), ask=ask_jxlinfo),
    Program(name="exiftool", version_arguments=["-ver"], suffixes=EVERY, ask=ask_exiftool),
    Program(name="ffmpeg", version_arguments=["-version"], suffixes=EVERY, ask=ask_ffmpeg),
    Program(name="chromium", version_arguments=["--version"], suffixes=EVERY, ask=ask_chromium),
    Program(
        name="darktable-cli", version_arguments=["--version"], suffixes=EVERY, ask=ask_darktable
    ),
)
